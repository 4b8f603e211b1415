/** `npm run bench:dashboard`: how long people wait for the dashboard of a large agency. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { Agency } from './agency.js';
import { median } from './asking.js';
import { loadAverage } from './cpu.js';
import { measure, TIMES, type Line, type Measured } from './dashboard-measure.js';
import { Serving } from './serving.js';

const HELP = `Fills a database through the real command, serves it, and asks for what people look at.

  npm run bench:dashboard -- [options]

  --regions N     (100)
  --events N      of each region (20)
  --tickets N     of all regions together (2000000)
  --hold          goes on serving afterwards until Ctrl-C, while tickets are sold, to look at it
  --docs          writes the figures into docs/dashboard.md
  --help          this

Exits with 1 when the overview, an event's page or the first paint takes a second or more. Let the machine be quiet.
`;

const TARGET_MS = 1000;

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

const count = (n: number) => n.toLocaleString('en');
const ms = (value: number) => `${count(Math.round(value))} ms`;
const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

const HEAD = ['what', 'when', 'median', 'most', 'JSON', 'compressed'];

function cellsOf({ what, when, heard }: Line): string[] {
  const times = heard.map((one) => one.ms);
  const refused = heard.find(({ status }) => status !== 200);
  const last = heard.at(-1);
  const sizes = refused === undefined ? [kb(last?.body.length ?? NaN), kb(last?.compressed ?? NaN)] : [];
  const size = refused === undefined ? sizes : [`**${refused.status}**`, '–'];
  return [what, when, heard.length === 1 ? '–' : ms(median(times)), ms(Math.max(...times)), ...size];
}

function paintedSays(what: string, painted: Measured['painted'][string]): string {
  const [first, whole] = [painted.map((one) => one.first), painted.map((one) => one.whole)];
  return `${what}: painted after ${ms(median(first))} (most ${ms(Math.max(...first))}), its figures after ${ms(median(whole))} (most ${ms(Math.max(...whole))})`;
}

/** What takes too long or is refused. */
function faultsOf({ lines, painted }: Measured): string[] {
  const asked = lines.flatMap(({ what, when, isBound, heard }) => {
    const isFine = heard.every((one) => one.status === 200 && one.ms < TARGET_MS);
    return isBound && !isFine ? [`${what}, ${when}: a second or more`] : [];
  });
  const late = Object.entries(painted).flatMap(([what, all]) =>
    all.every(({ first }) => first < TARGET_MS) ? [] : [`${what}: painted after a second or more`],
  );
  return [...asked, ...late];
}

async function main({ docs, hold, ...size }: ReturnType<typeof readOptions>): Promise<void> {
  await using server = await PostgresServer.start();
  const began = performance.now();
  await using agency = await Agency.open(server, size);
  const { tickets, problems } = await agency.counts();
  const seconds = Math.round((performance.now() - began) / 1000);
  say(`${count(tickets)} tickets, read in ${seconds} s`);
  const before = await loadAverage();
  const measured = await measure(server, agency);
  const { lines, painted, toAnswer, memory } = measured;
  const inBrowser = Object.entries(painted).map(([what, all]) => paintedSays(what, all));
  const text = [
    table(HEAD, lines.map(cellsOf)),
    '',
    `${size.regions} regions × ${size.events} events, ${count(tickets)} tickets, ${count(problems)} problems of tickets, profile hyrox; server, PostgreSQL, simulator and browser share the machine.`,
    `Overview and event's page \`again\` ${TIMES.bound} times, after ${TIMES.bound} sales, all else ${TIMES.other} times; where there is no median, once.`,
    `Chromium, nothing in its cache, ${TIMES.painted} times: ${inBrowser.join('; ')}.`,
    `From a sale until the overview tells of it: ${median(toAnswer).toFixed(1)} s (most ${Math.max(...toAnswer).toFixed(1)} s). \`serve\` held ${Math.round(memory / 1e6)} MB at most.`,
    `${conditions(server.version)}; load of the machine before ${before}. \`npm run bench:dashboard\``,
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (docs) await writePart('docs/dashboard.md', 'measured', text);
  const faults = faultsOf(measured);
  faults.forEach(say);
  process.exitCode = faults.length > 0 ? 1 : 0;
  if (hold) await goOn(agency);
}

async function goOn(agency: Agency): Promise<void> {
  await using serving = await Serving.start(agency.env);
  await agency.listen(serving.url);
  say(`${serving.url}  ${agency.env['DATABASE_URL'] ?? ''}  until Ctrl-C`);
  const selling = setInterval(() => void agency.sell(), 2000);
  await once(process, 'SIGINT');
  clearInterval(selling);
}

const given = readOptions();
if (given.help) process.stdout.write(HELP);
else await main(given);
