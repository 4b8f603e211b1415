/** `npm run screenshots`: every page of the dashboard as it is, of made-up races. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { startSimulator, type SellerOptions, type Simulator } from '../src/simulator/simulator.js';
import { hashPassword } from '../src/server/api/password.js';
import { startChromium } from '../test/browser/chromium.js';
import { Command } from '../test/faults/command.js';
import { say } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { Serving, succeed } from './serving.js';

const FOLDER = 'docs/screenshots';
const QUALITY = 82;

type Settings = Readonly<Record<string, string>>;

interface City {
  readonly name: string;
  readonly seller: Omit<SellerOptions, 'token'>;
  readonly settings?: Settings;
}

const race = (
  name: string,
  country: string,
  tickets: number,
  more: Partial<SellerOptions['events'][number]> = {},
) => ({
  ...{ name: `Race ${name}`, id: `race-${name.toLowerCase().replaceAll(' ', '-')}`, country, tickets },
  ...{ shape: 'waves' as const, underShops: 6, days: 60 },
  ...more,
});

const CITIES: readonly City[] = [
  {
    name: 'manchester',
    seller: { events: [race('Manchester', 'GB', 3800, { underShops: 8 })], coupons: 320, series: 4 },
    settings: { max_capacity: '4200', price_tier: 'L2', price_trigger: '3600', locality: 'GB' },
  },
  {
    name: 'berlin',
    seller: {
      events: [race('Berlin', 'DE', 5200), race('Berlin Winter', 'DE', 1400, { shape: 'even', days: 30 })],
      ...{ coupons: 240, series: 5, odd: ['text-price', 'nul'] },
    },
    settings: { max_capacity: '5500', locality: 'DE' },
  },
  {
    name: 'athens',
    seller: { events: [race('Athens', 'GR', 2900, { shape: 'even' })], coupons: 120, series: 3 },
    settings: { max_capacity: '6000', price_tier: 'L1', price_trigger: '2000', locality: 'GR' },
  },
  { name: 'warsaw', seller: { events: [race('Warsaw', 'PL', 4100, { shape: 'even' })], coupons: 80 } },
  {
    name: 'hamburg',
    seller: { events: [race('Hamburg', 'DE', 4700, { shape: 'even', days: 90 })], coupons: 90 },
    settings: { max_capacity: '3900', locality: 'DE' },
  },
  { name: 'london', seller: { events: [race('London', 'GB', 1700)], coupons: 40 } },
  { name: 'krakow', seller: { events: [race('Kraków', 'PL', 300)] } },
];
/** Its key is taken back after the first run. */
const LOCKED_OUT = 'london';
const NEVER_READ = 'krakow';

const tokenOf = (name: string) => `key_of_${name}`;

function variablesOf(cities: readonly City[], baseUrl: string): Settings {
  const all = cities.flatMap(({ name, settings = {} }) =>
    Object.entries({
      ...{ token: tokenOf(name), event_id: '*', base_url: baseUrl, profile: 'hyrox' },
      ...{ webhook_key: 'hmac_of_the_pictures', ...settings },
    }).map(([key, value]) => [`EVENT_CONFIGS__${name}__${key}`, value]),
  );
  return Object.fromEntries(all) as Settings;
}

/** Reads it as it would be over some days: a first read, changes, a key that is taken back. */
async function prepare(url: string, vivenu: Simulator): Promise<Settings> {
  const common = { DATABASE_URL: url, HTTP_REQUESTS_PER_HOUR: '1000000', SERVE_PORT: '0' };
  const known = CITIES.filter(({ name }) => name !== NEVER_READ);
  await succeed(['run'], { ...common, ...variablesOf(known, vivenu.url) });
  const rest = known.filter(({ name }) => name !== LOCKED_OUT);
  for (let n = 0; n < 3; n++) {
    for (const { name } of known) {
      vivenu.sell(tokenOf(name), 4 + 3 * n);
      vivenu.cancel(tokenOf(name), 1);
      vivenu.redeem(tokenOf(name), 2);
    }
    await succeed(['run'], { ...common, ...variablesOf(rest, vivenu.url) });
  }
  const lost = {
    ...variablesOf(known, vivenu.url),
    [`EVENT_CONFIGS__${LOCKED_OUT}__token`]: 'key_taken_back',
  };
  await using last = await Command.start(['run'], { ...common, ...lost });
  await last.ended;
  return { ...common, ...variablesOf(CITIES, vivenu.url) };
}

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Waits until it is there, and brings it into the state that is to be seen. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** Down to its end, not only what a screen shows. */
  readonly isWhole?: true;
}

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '/', ready: text('Needs attention'), isWhole: true },
  {
    name: 'event',
    path: '/event/manchester/race-manchester',
    ready: text('Places left by division and day'),
    isWhole: true,
  },
  {
    name: 'compare',
    path: '/event/manchester/race-manchester?compare=berlin/race-berlin',
    ready: (page) => page.getByText(/; Race Berlin/).waitFor(),
  },
  { name: 'quality', path: '/quality', ready: text('vivenu ticket id') },
  { name: 'rows', path: '/rows/sales-summary?region=berlin', ready: text('Sales summary') },
  { name: 'runs', path: '/runs', ready: text('Set aside (2)'), isWhole: true },
];

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
  // A chart is drawn in the frame after its data.
  await sleep(300);
  const session = await context.newCDPSession(page);
  const { cssContentSize } = await session.send('Page.getLayoutMetrics');
  const { data } = await session.send('Page.captureScreenshot', {
    ...{ format: 'webp', quality: QUALITY, captureBeyondViewport: true },
    // A phone has its bar at the bottom of the screen, wherever the page is.
    clip: {
      x: 0,
      y: 0,
      width,
      height: shot.isWhole && width > height ? cssContentSize.height : height,
      scale: 1,
    },
  });
  const file = path.join(FOLDER, `${shot.name}-${theme}-${width}.webp`);
  const bytes = Buffer.from(data, 'base64');
  await writeFile(file, bytes);
  say(`${file} ${Math.round(bytes.length / 1000)} KB`);
  await context.close();
}

await mkdir(FOLDER, { recursive: true });
await using server = await PostgresServer.start();
await using database = await server.createDatabase();
await using vivenu = await startSimulator({
  seed: 7,
  requestsPerHour: null,
  sellers: CITIES.map(({ name, seller }) => ({ token: tokenOf(name), ...seller })),
});
const env = await prepare(database.url, vivenu);
await using chromium = await startChromium();
const browser = await playwright.connect(chromium.endpoint);
await using serving = await Serving.start(env);
for (const shot of SHOTS) for (const look of LOOKS) await shoot(browser, serving.url, shot, look);
for (const shot of SHOTS.slice(0, 2)) await shoot(browser, serving.url, shot, WALL);
await using locked = await Serving.start({
  ...env,
  SERVE_VIEWER_PASSWORD_HASH: await hashPassword('only for a picture'),
});
const login: Shot = { name: 'login', path: '/login', ready: (page) => page.getByLabel('Password').waitFor() };
for (const look of LOOKS) await shoot(browser, locked.url, login, look);
await browser.close();
