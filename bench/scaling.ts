/** `npm run scaling`: measures what a ticket and a run cost here, and works out what more of them need. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { loadAverage } from './cpu.js';
import { measure, type Measurement, type TableSize } from './scaling-measure.js';
import { BUDGET, budgetHours, keysOfACore, needsOf, planned, SCENES, type Costs } from './scaling-model.js';
import { measureParts, type PartsMeasured } from './scaling-parts.js';
import { startServer } from './server.js';

const HELP = `Measures what a ticket and a run cost, and prints what one seller, an agency and all of vivenu would need.

  npm run scaling -- [options]

  --tickets N   tickets to load (100000)
  --docs        writes the figures into docs/scaling.md
  --help        this

Works on Linux, whose /proc tells the CPU of processes. Takes two or three minutes and about 1 GB of disk for 100,000 tickets.
`;

const PAGE = 'docs/scaling.md';
/** Seconds within which a run should begin. */
const WITHIN = 10;

const say = (what: string) =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);

async function main(tickets: number, docs: boolean): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-scaling-'));
  try {
    // As root the server runs as another user, who has to get in.
    await chmod(folder, 0o755);
    const work = path.join(folder, 'work');
    await mkdir(work);
    const load = await loadAverage();
    await using server = await startServer(folder);
    const measured = await measure({ cli: path.resolve('dist/cli.js'), folder: work, server, tickets, say });
    say('a table in parts');
    const parts = await measureParts(server);
    const text = await markdown(textOf(measured, parts, headOf(server.version, tickets, load)));
    process.stdout.write(`\n${text}`);
    if (docs) await intoPage(text);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const headOf = (postgres: string, tickets: number, load: number) =>
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
  `${Math.round(totalmem() / 1e9)} GB, load ${load} at the start, Node ${process.version.slice(1)}, PostgreSQL ${postgres}; ` +
  `${count(tickets)} tickets of one event, profile hyrox.`;

async function intoPage(text: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const parts = /^([^]*<!-- measured -->\n)[^]*(<!-- \/measured -->[^]*)$/.exec(page);
  if (!parts) throw new Error(`${PAGE} has no place for the figures`);
  await writeFile(PAGE, `${parts[1]}\n${text}\n${parts[2]}`);
}

const markdown = (text: string) => format(text, { parser: 'markdown', printWidth: 110, singleQuote: true });

const textOf = ({ costs, tables }: Measurement, parts: PartsMeasured, head: string) =>
  [
    head,
    '### Disk',
    diskTable(tables, costs.tickets),
    '### Work',
    workTable(costs),
    '### What it comes to',
    sceneTable(costs),
    '### A table of 100 million tickets',
    largeTable(costs, tables),
    partsTable(parts),
  ].join('\n\n');

const count = (value: number) => Math.round(value).toLocaleString('en');
const micros = (seconds: number) => `${count(seconds * 1e6)} µs`;
const whole = ({ heap, toast, indexes }: TableSize) => heap + toast + indexes;

function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** step).toPrecision(3).replace(/\.?0+$/, (end) => (end.startsWith('.') ? '' : end))} ${units[step]}`;
}

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const heading = (...cells: readonly string[]) => [row(...cells), row(...cells.map(() => '---'))];

/** Tables smaller than a byte a ticket say nothing. */
function diskTable(tables: readonly TableSize[], tickets: number): string {
  const each = (bytes: number) => count(bytes / tickets);
  const shown = tables.filter((table) => whole(table) / tickets >= 1);
  const sum = (part: (table: TableSize) => number) =>
    each(tables.reduce((total, table) => total + part(table), 0));
  return [
    ...heading(
      'table',
      'rows',
      'table, bytes a ticket',
      'of these the rows',
      'moved out (TOAST)',
      'indexes',
      'all',
    ),
    ...shown.map((table) =>
      row(
        `\`${table.name}\``,
        count(table.rows),
        each(table.heap),
        each(table.live),
        each(table.toast),
        each(table.indexes),
        each(whole(table)),
      ),
    ),
    row(
      '**everything**',
      '',
      sum(({ heap }) => heap),
      sum(({ live }) => live),
      sum(({ toast }) => toast),
      sum(({ indexes }) => indexes),
      `**${sum(whole)}**`,
    ),
  ].join('\n');
}

function workTable(costs: Costs): string {
  const idle = costs.idleNode - costs.start;
  return [
    ...heading('work', 'Node, CPU', 'PostgreSQL, CPU', 'clock'),
    row(
      'first load, a ticket',
      micros(costs.loadNode),
      micros(costs.loadPostgres),
      `${count(1 / costs.loadWall)} a second`,
    ),
    row(
      'a run in which nothing changed',
      `${costs.idleNode.toFixed(2)} s, of them ${costs.start.toFixed(2)} s start`,
      `${costs.idlePostgres.toFixed(2)} s`,
      `${costs.idleWall.toFixed(2)} s`,
    ),
    row('summaries of an event anew, a ticket of the event', '', micros(costs.refreshPostgres), ''),
    row('vacuum and analyze, a million tickets', '', '', `${count(costs.vacuum * 1e6)} s`),
    '',
    `Requests: ${costs.loadRequests} for the load, ${costs.idleRequests} a run in which nothing changed. Write-ahead log of the load: ` +
      `${size(costs.walBytes)} a ticket. Books: ${size(costs.bookBytes)} a run. History: ` +
      `${size(costs.historyBytes)} a run and event that is not over.`,
    '',
    `A first load by the budget of ${count(BUDGET)} requests an hour: ${[1, 2, 5, 10].map((millions) => `${millions} M tickets ${hours(budgetHours(millions * 1e6))}`).join(', ')}.`,
    '',
    `In a simulation of runs that come every five minutes, one core of Node serves ${count(keysOfACore(costs.idleNode, WITHIN))} keys with 99 of 100 ` +
      `runs begun within ${WITHIN} s (${count(keysOfACore(Math.max(idle, 0.01), WITHIN))} where the process stays up), one core of PostgreSQL ` +
      `${count(keysOfACore(costs.idlePostgres, WITHIN))} while nothing changes.`,
  ].join('\n');
}

function sceneTable(costs: Costs): string {
  const needs = SCENES.map((scene) => ({ ...scene, ...needsOf(scene, costs) }));
  const line = (name: string, cell: (need: (typeof needs)[number]) => string) =>
    row(name, ...needs.map(cell));
  return [
    ...heading('', ...needs.map(({ name }) => name)),
    line('keys', ({ keys }) => count(keys)),
    line('tickets', ({ tickets }) => count(tickets)),
    line('requests an hour and key, nothing changed', ({ requests }) => count(requests)),
    line('first load of all keys with one core each for Node and PostgreSQL', ({ coreHours }) =>
      hours(coreHours),
    ),
    line('disk', ({ diskBytes }) => size(diskBytes)),
    line('books, a year', ({ booksBytesYear }) => size(booksBytesYear)),
    line('history, a year', ({ historyBytesYear }) => size(historyBytesYear)),
    line('Node, cores busy (to buy)', ({ nodeCores }) => `${nodeCores.toFixed(2)} (${planned(nodeCores)})`),
    line(
      'PostgreSQL, cores busy (to buy)',
      ({ postgresCores }) => `${postgresCores.toFixed(2)} (${planned(postgresCores)})`,
    ),
  ].join('\n');
}

const hours = (value: number) =>
  value === 0 ? 'not at all' : value < 1 ? `${Math.ceil(value * 60)} min` : `${value.toFixed(1)} h`;

/** Estimated in proportion from what was measured. */
function largeTable(costs: Costs, tables: readonly TableSize[]): string {
  const all = 100_000_000;
  const tickets = tables.find(({ name }) => name === 'tickets');
  const bytes = tickets === undefined ? 0 : whole(tickets) / costs.tickets;
  const parts = 2000;
  return [
    ...heading(
      'estimated in proportion',
      'one table',
      `a part of ${count(all / parts)} (${count(parts)} parts)`,
    ),
    row('`tickets` with its indexes', size(bytes * all), size((bytes * all) / parts)),
    row('its indexes alone', size(costs.keyBytes * all), size((costs.keyBytes * all) / parts)),
    row(
      'vacuum and analyze',
      hours((costs.vacuum * all) / 3600),
      `${((costs.vacuum * all) / parts).toFixed(1)} s`,
    ),
  ].join('\n');
}

const partsTable = ({ rows, parts, page, one, byId, byBoth, vacuumOne, vacuumPart }: PartsMeasured) =>
  [
    `Tried with ${count(rows)} small rows, once in one table and once in ${count(parts)} parts by event:`,
    '',
    ...heading(`the stored versions of a page of ${count(page)} tickets`, 'clock'),
    row('one table, by id', milliseconds(one)),
    row('in parts, by id, as it is asked now', milliseconds(byId)),
    row('in parts, by event and id', milliseconds(byBoth)),
    row('vacuum of the one table', milliseconds(vacuumOne)),
    row('vacuum of one part', milliseconds(vacuumPart)),
  ].join('\n');

const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms`;

const { values } = parseArgs({
  options: {
    tickets: { type: 'string', default: '100000' },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else {
  const tickets = Number(values.tickets.replaceAll(/[_,]/g, ''));
  if (!Number.isSafeInteger(tickets) || tickets < 1)
    throw new Error(`--tickets ${values.tickets}: expected a whole number from 1 up`);
  await main(tickets, values.docs);
}
