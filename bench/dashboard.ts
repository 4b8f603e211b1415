/** `npm run bench:dashboard`: how long people wait for the dashboard of a large agency. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium as playwright } from 'playwright-core';
import { REPORTS } from '../src/reports/export-list.js';
import type { Overview } from '../src/server/api/types.js';
import { startChromium } from '../test/browser/chromium.js';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { Agency, type AgencyOptions } from './agency.js';
import { loadAverage, peakMemory } from './cpu.js';
import { Serving, until } from './serving.js';

const HELP = `Fills a database through the real command, serves it, and asks for what people look at.

  npm run bench:dashboard -- [options]

  --regions N     (100)
  --events N      of each region (20)
  --tickets N     of all regions together (2000000)
  --hold          goes on serving until Ctrl-C, to look at it
  --docs          writes the figures into docs/dashboard.md
  --help          this

Exits with 1 when the overview, an event's page or the first paint takes a second or more. Let the machine be quiet.
`;

const TARGET_MS = 1000;
const TIMES = 10;
/** Figures of the overview are kept for 90 s at most. */
const KEPT_MS = 91_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      regions: { type: 'string', default: '100' },
      events: { type: 'string', default: '20' },
      tickets: { type: 'string', default: '2000000' },
      hold: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'regions' | 'events' | 'tickets') => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`--${name} ${values[name]}: expected a whole number from 1`);
    return value;
  };
  return {
    ...{ docs: values.docs, help: values.help, hold: values.hold },
    ...{ regions: whole('regions'), events: whole('events'), tickets: whole('tickets') },
  };
}

interface Heard {
  readonly ms: number;
  /** As it came, compressed. */
  readonly bytes: number;
}

/** Asks as a browser does. Throws for another answer than 200. */
async function ask(url: string): Promise<Heard> {
  const began = performance.now();
  const request = get(url, { headers: { 'accept-encoding': 'gzip, br' } });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const piece of answer) bytes += (piece as Buffer).length;
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  return { ms: performance.now() - began, bytes };
}

/** The median and the most of several times. */
async function askOften(url: string): Promise<Heard & { readonly most: number }> {
  const heard: Heard[] = [];
  for (let n = 0; n < TIMES; n++) heard.push(await ask(url));
  const sorted = heard.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    ms: sorted[Math.floor(TIMES / 2)] ?? NaN,
    most: sorted.at(-1) ?? NaN,
    bytes: heard.at(-1)?.bytes ?? 0,
  };
}

/** Milliseconds until something is painted, and until the overview's or event's figures are there. */
async function paint(url: string): Promise<{ first: number; whole: number }> {
  await using chromium = await startChromium();
  const browser = await playwright.connect(chromium.endpoint);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // What a browser does once in its life is not the page's.
  await page.goto('about:blank');
  const began = Date.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator('table').first().waitFor();
  const whole = Date.now() - began;
  const first = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  );
  await browser.close();
  return { first, whole };
}

const ms = (value: number) => `${Math.round(value).toLocaleString('en')} ms`;
const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

/** What was measured: a line of the table, and whether it is held against the target. */
interface Line {
  readonly cells: readonly string[];
  readonly ms: number;
  readonly isBound: boolean;
}

/** Seconds until the overview tells of a sale. */
async function saleToAnswer(agency: Agency, api: string): Promise<number> {
  const sold = async () => {
    const answer = (await (await fetch(`${api}/overview`)).json()) as Overview;
    return answer.regions.find(({ region }) => region === agency.lively.region)?.sold ?? 0;
  };
  const before = await sold();
  const began = performance.now();
  agency.sell();
  await until(async () => ((await sold()) > before ? true : undefined), {
    every: 100,
    otherwise: () => 'the overview does not tell of the sale',
  });
  return (performance.now() - began) / 1000;
}

async function measure(server: PostgresServer, agency: Agency) {
  const { region, event } = agency.lively;
  const pages = { overview: '/overview', 'event page': `/events/${region}/${event}` };
  const lines: Line[] = [];
  const note = (name: string, when: string, isBound: boolean, one: Heard & { readonly most?: number }) => {
    const most = one.most ?? one.ms;
    lines.push({ cells: [name, when, ms(one.ms), ms(most), kb(one.bytes)], ms: most, isBound });
    say(lines.at(-1)?.cells.join('  ') ?? '');
  };
  for (const [name, path] of Object.entries(pages)) {
    await server.restart(0);
    await using serving = await Serving.start(agency.env);
    note(name, 'PostgreSQL and serve started just now', false, await ask(`${serving.url}/api/v1${path}`));
  }
  await using serving = await Serving.start(agency.env);
  const api = `${serving.url}/api/v1`;
  const often = async (name: string, path: string, isBound: boolean) => {
    note(name, 'again', isBound, await askOften(api + path));
  };
  for (const [name, path] of Object.entries(pages)) {
    await ask(api + path);
    await sleep(KEPT_MS);
    note(name, 'when nobody has looked for 91 s', true, await ask(api + path));
    await often(name, path, true);
  }
  await agency.listen(serving.url);
  const seconds: number[] = [];
  for (let n = 0; n < TIMES; n++) seconds.push(await saleToAnswer(agency, api));
  seconds.sort((a, b) => a - b);
  await often('data quality of all regions', '/quality', false);
  await often('runs', '/runs', false);
  for (const { name } of REPORTS.filter(({ personal }) => !personal)) {
    await often(`rows of ${name}, all regions`, `/rows/${name}`, false);
    await often(`rows of ${name}, one region`, `/rows/${name}?region=${region}`, false);
  }
  const painted = {
    overview: await paint(serving.url),
    event: await paint(`${serving.url}/event/${region}/${event}`),
  };
  const memory = (await peakMemory(serving.pid)) ?? 0;
  return { lines, seconds, painted, memory };
}

const HEAD = ['what', 'when', 'median', 'most', 'compressed'];

async function main(options: ReturnType<typeof readOptions>): Promise<void> {
  await using server = await PostgresServer.start();
  const began = performance.now();
  await using agency = await Agency.open(server, options satisfies AgencyOptions);
  const counts = await agency.counts();
  const count = (n: number) => n.toLocaleString('en');
  say(`${count(counts.tickets)} tickets, read in ${Math.round((performance.now() - began) / 1000)} s`);
  const before = await loadAverage();
  if (options.hold) {
    await hold(agency);
    return;
  }
  const { lines, seconds, painted, memory } = await measure(server, agency);
  const text = [
    table(
      HEAD,
      lines.map(({ cells }) => cells),
    ),
    '',
    `${options.regions} regions × ${options.events} events, ${count(counts.tickets)} tickets, ${count(counts.problems)} problems of tickets, profile hyrox; server, PostgreSQL and browser share the machine.`,
    `Each address ${TIMES} times. In Chromium, something is painted after ${ms(painted.overview.first)} and the overview is there after ${ms(painted.overview.whole)}; an event's page ${ms(painted.event.first)} and ${ms(painted.event.whole)}.`,
    `From a sale until the overview tells of it: ${seconds[Math.floor(TIMES / 2)]?.toFixed(1)} s (median of ${TIMES}; most ${seconds.at(-1)?.toFixed(1)} s). \`serve\` held ${Math.round(memory / 1e6)} MB at most.`,
    `${conditions(server.version)}; load of the machine before ${before}. \`npm run bench:dashboard\``,
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (options.docs) await writePart('docs/dashboard.md', 'measured', text);
  const slow = [
    ...lines.filter(({ isBound }) => isBound).map((line) => line.ms),
    painted.overview.first,
    painted.event.first,
  ].filter((one) => !(one < TARGET_MS));
  process.exitCode = slow.length > 0 ? 1 : 0;
}

async function hold(agency: Agency): Promise<void> {
  await using serving = await Serving.start(agency.env);
  await agency.listen(serving.url);
  say(`${serving.url}  ${agency.env['DATABASE_URL'] ?? ''}  until Ctrl-C`);
  const selling = setInterval(() => agency.sell(), 2000);
  await once(process, 'SIGINT');
  clearInterval(selling);
}

const given = readOptions();
if (given.help) process.stdout.write(HELP);
else await main(given);
