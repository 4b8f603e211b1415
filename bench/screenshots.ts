/** `npm run screenshots`: every page of the dashboard as it is, of made-up races. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { hashPassword } from '../src/server/api/password.js';
import { startChromium } from '../test/browser/chromium.js';
import { say } from '../test/faults/page.js';
import { Pictured } from './pictured.js';
import { Serving } from './serving.js';

const FOLDER = 'docs/screenshots';
const QUALITY = 75;
/** A picture is no longer than that. */
const LONGEST = 1350;
/** Pixels above the block that stands at the top. */
const GAP = 12;
/** Summaries follow deliveries within that time. */
const SETTLED_MS = 12_000;

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Waits until it is there, and brings it into the state that is to be seen. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** The block that stands at the top, where it is not the top of the page. */
  readonly at?: string;
  /** Down to its end, not only what a screen shows. */
  readonly isWhole?: true;
}

const text = (words: string | RegExp) => (page: Page) => page.getByText(words).first().waitFor();

const OVERVIEW: Shot = { name: 'overview', path: '/', ready: text('Needs attention'), isWhole: true };
const EVENT: Shot = {
  ...{ name: 'event', path: '/event/manchester/race-manchester', isWhole: true },
  ready: text('Places left by division and day'),
};
const SHOTS: readonly Shot[] = [
  OVERVIEW,
  EVENT,
  {
    ...{ name: 'compare', path: `${EVENT.path}?compare=berlin/race-berlin`, at: 'Sales over time' },
    ready: text(/; Race Berlin/),
  },
  { name: 'details', path: EVENT.path, at: 'Groups', ready: text('Missing details') },
  { name: 'quality', path: '/quality', ready: text('vivenu ticket id') },
  { name: 'rows', path: '/rows/sales-summary?region=berlin', ready: text('Sales summary') },
];
const RUNS: Shot = {
  name: 'runs',
  path: '/runs',
  ready: text(/^tickets of warsaw.* [1-9][\d,]* of/),
  isWhole: true,
};
const LOGIN: Shot = { name: 'login', path: '/login', ready: (page) => page.getByLabel('Password').waitFor() };

const LOOKS = [
  { theme: 'light', width: 1280, height: 800 },
  { theme: 'dark', width: 1280, height: 800 },
  { theme: 'light', width: 390, height: 844 },
  { theme: 'dark', width: 390, height: 844 },
] as const;
const WALL = { theme: 'light', width: 2560, height: 1440 } as const;

type Look = (typeof LOOKS)[number] | typeof WALL;

async function shoot(browser: Browser, base: string, shot: Shot, look: Look): Promise<void> {
  const { theme, width, height } = look;
  const context = await browser.newContext({
    ...{ locale: 'en-GB', timezoneId: 'Europe/Berlin', colorScheme: theme, viewport: { width, height } },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(base + shot.path);
  await shot.ready(page);
  await page.evaluate('document.fonts.ready.then(() => true)');
  const isPhone = width < height;
  if (shot.at !== undefined) {
    const bar = (await page.locator('header.top').boundingBox())?.height ?? 0;
    const top = (await page.getByRole('region', { name: shot.at }).first().boundingBox())?.y ?? 0;
    await page.mouse.wheel(0, top - bar - GAP);
  }
  if (shot.isWhole && !isPhone) {
    const whole = await page.evaluate<number>('document.documentElement.scrollHeight');
    await page.setViewportSize({ width, height: Math.min(whole, Math.max(LONGEST, height)) });
  }
  // A chart is drawn in the frame after its data.
  await sleep(300);
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  const file = path.join(FOLDER, `${shot.name}-${theme}-${width}.webp`);
  const bytes = Buffer.from(data, 'base64');
  await writeFile(file, bytes);
  say(`${file} ${Math.round(bytes.length / 1000)} KB`);
  await context.close();
}

await mkdir(FOLDER, { recursive: true });
await using pictured = await Pictured.open();
await using chromium = await startChromium();
const browser = await playwright.connect(chromium.endpoint);
await using serving = await Serving.start(pictured.env);
await pictured.deliver(serving.url);
await sleep(SETTLED_MS);
for (const shot of SHOTS) for (const look of LOOKS) await shoot(browser, serving.url, shot, look);
for (const shot of [OVERVIEW, EVENT]) await shoot(browser, serving.url, shot, WALL);
await using locked = await Serving.start({
  ...pictured.env,
  SERVE_VIEWER_PASSWORD_HASH: await hashPassword('only for a picture'),
});
for (const look of LOOKS) await shoot(browser, locked.url, LOGIN, look);
await pictured.whileReading(async () => {
  for (const look of LOOKS) await shoot(browser, serving.url, RUNS, look);
});
await browser.close();
