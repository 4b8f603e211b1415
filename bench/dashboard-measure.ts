/** What is measured of a dashboard: each address at the start, later, and after a sale; and the pages in a real Chromium. */
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright } from 'playwright-core';
import { REPORTS } from '../src/reports/export-list.js';
import type { Overview } from '../src/server/api/types.js';
import { startChromium } from '../test/browser/chromium.js';
import { say } from '../test/faults/page.js';
import type { PostgresServer } from '../test/faults/server.js';
import { listen } from '../test/integration/dashboard-world.js';
import type { Agency } from './agency.js';
import { ask, askOften, type Heard } from './asking.js';
import { memoryOf } from './cpu.js';
import { paint, type Painted } from './painting.js';
import { POLL, Serving, until } from './serving.js';

/** How often something is asked for: what is held against the target, all else, and the pages in Chromium. */
export const TIMES = { bound: 20, other: 5, painted: 5 };
/** Longer than figures are kept. */
const KEPT_MS = 91_000;

/** Answers to one question. */
export interface Line {
  readonly what: string;
  readonly when: string;
  /** Whether it is held against the target. */
  readonly isBound: boolean;
  readonly heard: readonly Heard[];
}

/** Everything that was measured. */
export interface Measured {
  readonly lines: readonly Line[];
  /** By page. */
  readonly painted: Readonly<Record<string, readonly Painted[]>>;
  /** Seconds from each sale until the overview told of it. */
  readonly toAnswer: readonly number[];
  /** The most that `serve` held, bytes. */
  readonly memory: number;
}

/** Names and paths, those of the pages first. */
function addressesOf({ lively: { region, event } }: Agency) {
  const own = `/events/${region}/${event}`;
  const reports = REPORTS.filter(({ personal }) => !personal).flatMap(({ name }) => [
    [`rows of ${name}, all regions`, `/rows/${name}`],
    [`rows of ${name}, one region`, `/rows/${name}?region=${region}`],
  ]);
  const today = new Date().toISOString().slice(0, 10);
  const others: Record<string, string> = {
    'sales of an event by day': `${own}/sales?by=day&from=2020-01-01&to=2039-12-31`,
    'sales of an event by hour': `${own}/sales?by=hour&from=${today.slice(0, 7)}-01&to=${today}`,
    'data quality, all regions': '/quality',
    'data quality, one region': `/quality?region=${region}`,
    'data quality, an id in all regions': '/quality?search=0000',
    runs: '/runs',
    ...(Object.fromEntries(reports) as Record<string, string>),
    'rows of sales-summary, all regions, the most sold first': '/rows/sales-summary?sort=-sold',
    'rows of data-quality, all regions, the latest first': '/rows/data-quality?sort=-created_at',
  };
  return { pages: { overview: '/overview', "event's page": own } as Record<string, string>, others };
}

/** Measures all of it. */
export async function measure(server: PostgresServer, agency: Agency): Promise<Measured> {
  const { pages, others } = addressesOf(agency);
  const lines: Line[] = [];
  const note = (line: Line) => {
    lines.push(line);
    const times = line.heard.map(({ status, ms }) => `${status}: ${ms.toFixed(0)}`);
    say(`${line.what}, ${line.when}: ${times.join(', ')}`);
  };
  for (const [what, path] of Object.entries(pages))
    for (const isBoth of [false, true]) {
      if (isBoth) await server.restart(0);
      await using serving = await Serving.start(agency.env);
      const when = `${isBoth ? 'PostgreSQL and `serve`' : '`serve`'} just started`;
      // Reported, not held against the target: regions are only being asked ahead then.
      note({ what, when, isBound: false, heard: [await ask(`${serving.url}/api/v1${path}`)] });
    }
  await using serving = await Serving.start(agency.env);
  const api = `${serving.url}/api/v1`;
  for (const [what, path] of Object.entries(pages)) {
    await ask(api + path);
    note({ what, when: 'again', isBound: true, heard: await askOften(api + path, TIMES.bound) });
  }
  await sleep(KEPT_MS);
  for (const [what, path] of Object.entries(pages))
    note({ what, when: 'nobody has looked for 91 s', isBound: true, heard: [await ask(api + path)] });
  const { heard, toAnswer } = await afterSales(agency, serving.url, Object.values(pages));
  for (const [n, what] of Object.keys(pages).entries())
    note({ what, when: 'a region has just changed', isBound: true, heard: heard.map((all) => all[n]!) });
  for (const [what, path] of Object.entries(others))
    note({ what, when: 'again', isBound: false, heard: await askOften(api + path, TIMES.other) });
  const painted = await inChromium(agency, serving.url);
  return { lines, painted, toAnswer, memory: (await memoryOf(serving.pid, 'VmHWM')) ?? NaN };
}

/** Asks as a live page does, whenever the server says that something was sold; the overview first. */
async function afterSales(agency: Agency, url: string, paths: readonly string[]) {
  await agency.listen(url);
  using live = await listen(url);
  const heard: Heard[][] = [];
  const askAll = async () => {
    const all: Heard[] = [];
    for (const path of paths) all.push(await ask(`${url}/api/v1${path}`));
    return all;
  };
  const soldIn = ([overview]: readonly Heard[]) =>
    (JSON.parse(String(overview?.body)) as Overview).regions.find(
      ({ region }) => region === agency.lively.region,
    )?.sold ?? 0;
  let sold = soldIn(await askAll());
  const toAnswer: number[] = [];
  for (let n = 0; n < TIMES.bound; n++) {
    const began = performance.now();
    let from = live.heard.length;
    await agency.sell();
    const told = async () => {
      const hasMoved = live.heard.slice(from).some(({ sales }) => sales.length > 0);
      from = live.heard.length;
      if (!hasMoved) return undefined;
      const all = await askAll();
      heard.push(all);
      return soldIn(all) > sold ? soldIn(all) : undefined;
    };
    sold = await until(told, { every: POLL.soon, otherwise: () => 'the overview does not tell of the sale' });
    toAnswer.push((performance.now() - began) / 1000);
  }
  return { heard, toAnswer };
}

async function inChromium(agency: Agency, url: string): Promise<Measured['painted']> {
  await using chromium = await startChromium();
  const browser = await playwright.connect(chromium.endpoint);
  const { region, event } = agency.lively;
  const painted: Record<string, Painted[]> = {};
  for (const [what, path] of [
    ['overview', '/'],
    ["event's page", `/event/${region}/${event}`],
  ] as const) {
    painted[what] = [];
    for (let n = 0; n < TIMES.painted; n++) painted[what].push(await paint(browser, url + path));
    say(`${what} in Chromium: ${JSON.stringify(painted[what])}`);
  }
  await browser.close();
  return painted;
}
