/** `npm run dashboard:soak`: whether the page keeps its memory and its figures while tickets are sold for a long time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium as playwright, type Browser, type CDPSession, type Page } from 'playwright-core';
import { startChromium } from '../test/browser/chromium.js';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { Agency } from './agency.js';
import { memoryOf } from './cpu.js';
import { Serving } from './serving.js';

const HELP = `Holds the overview and an event's page open in a real Chromium while vivenu sells and delivers.

  npm run dashboard:soak -- [options]

  --minutes N     from 2 (30)
  --docs          writes the figures into docs/dashboard.md
  --help          this

Exits with 1 when memory grows, a figure is not that of the database at the end, or the console has an error.
`;

const SIZE = { regions: 5, events: 4, tickets: 40_000 };
const SELL_EVERY_MS = 500;
const LOOK_EVERY_MS = 60_000;
/** What is sold is shown some seconds later. */
const [SETTLE_MS, MOST_LOOKS] = [1000, 60];
/** Between the middle third and the last one. */
const MOST_GROWTH = 1.1;

/** A page that is held open. */
interface Held {
  readonly page: Page;
  readonly session: CDPSession;
}

async function hold(browser: Browser, url: string, errors: string[]): Promise<Held> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  await page.locator('table').first().waitFor();
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  return { page, session };
}

/** Bytes of a page's script after its garbage is collected, and nodes of its document. */
async function memoryOfPage({ session }: Held): Promise<{ heap: number; nodes: number }> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { heap: usedSize, nodes };
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

const isSteady = (values: readonly number[]) => {
  const third = Math.max(1, Math.floor(values.length / 3));
  return mean(values.slice(-third)) <= MOST_GROWTH * mean(values.slice(-2 * third, -third));
};

/** Sells until the signal, and returns how many. */
async function sell(agency: Agency, over: AbortSignal): Promise<number> {
  let sold = 0;
  while (!over.aborted) {
    sold += await agency.sell();
    await sleep(SELL_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return sold;
}

/** Whether both pages show what is stored, once everything that was sold is. */
async function areEqual(agency: Agency, pages: readonly Held[], sold: number): Promise<boolean> {
  const shown = async ({ page }: Held) =>
    Number((await page.locator('dd').first().innerText()).replaceAll(',', ''));
  for (let n = 0; n < MOST_LOOKS; n++) {
    const { everywhere, event, delivered } = await agency.standing();
    const [overview, detail] = await Promise.all(pages.map(shown));
    if (delivered === sold && overview === everywhere && detail === event) return true;
    say(`${delivered} of ${sold} stored; of ${everywhere} and ${event}, ${overview} and ${detail} are shown`);
    await sleep(SETTLE_MS);
  }
  return false;
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const HEAD = ['after', 'overview', 'its nodes', "event's page", "event's nodes", '`serve`'];
const SHOWN_ROWS = 6;

async function main(minutes: number, docs: boolean): Promise<void> {
  await using server = await PostgresServer.start();
  await using agency = await Agency.open(server, SIZE);
  await using serving = await Serving.start(agency.env);
  await agency.listen(serving.url);
  await using chromium = await startChromium();
  const browser = await playwright.connect(chromium.endpoint);
  const errors: string[] = [];
  const { region, event } = agency.lively;
  const overview = await hold(browser, serving.url, errors);
  const detail = await hold(browser, `${serving.url}/event/${region}/${event}`, errors);
  const over = new AbortController();
  const selling = sell(agency, over.signal);
  const series: number[][] = [];
  const rows: string[][] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(LOOK_EVERY_MS);
    const [one, other] = [await memoryOfPage(overview), await memoryOfPage(detail)];
    const held = (await memoryOf(serving.pid, 'VmRSS')) ?? NaN;
    series.push([one.heap, one.nodes, other.heap, other.nodes, held]);
    const cells = [mb(one.heap), String(one.nodes), mb(other.heap), String(other.nodes), mb(held)];
    rows.push([`${minute} min`, ...cells]);
    say(rows.at(-1)?.join('  ') ?? '');
  }
  over.abort();
  const sold = await selling;
  const isEqual = await areEqual(agency, [overview, detail], sold);
  await browser.close();
  const growing = HEAD.slice(1).filter((_, n) => !isSteady(series.map((values) => values[n] ?? NaN)));
  const step = Math.max(1, Math.floor(minutes / SHOWN_ROWS));
  const text = [
    table(
      HEAD,
      rows.filter((_, n) => (n + 1) % step === 0),
    ),
    '',
    `The heap of each page after its garbage was collected, and what \`serve\` held. ${sold.toLocaleString('en')} tickets were sold and delivered in ${minutes} minutes.`,
    `From the middle third to the last, ${growing.length === 0 ? 'nothing grows by more than a tenth' : `**${growing.join(', ')} grows**`}; at the end both pages ${isEqual ? 'show' : '**do not show**'} what the database has; ${errors.length} errors in the console.`,
    `${SIZE.regions} regions × ${SIZE.events} events. ${conditions(server.version)}. \`npm run dashboard:soak\``,
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (docs) await writePart('docs/dashboard.md', 'soak', text);
  for (const error of new Set(errors)) say(error);
  process.exitCode = isEqual && errors.length === 0 && growing.length === 0 ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
if (values.help) process.stdout.write(HELP);
else if (!Number.isSafeInteger(minutes) || minutes < 2)
  throw new Error(`--minutes ${values.minutes}: expected a whole number from 2`);
else await main(minutes, values.docs);
