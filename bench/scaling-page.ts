/** The tables of docs/scaling.md, in Markdown. */
import type { Measurement, TableSize } from './scaling-measure.js';
import {
  BUDGET,
  budgetHours,
  INTERVAL,
  needsOf,
  ON_SALE,
  planned,
  SCENES,
  type Costs,
} from './scaling-model.js';
import { PAGE as ROWS_OF_A_PAGE, type Kinds } from './scaling-parts.js';
import { mostKeys } from './scaling-queue.js';
import { HASHED, OF_AN_EVENT } from './scaling-tables.js';

/** Seconds that a run may wait for a core. */
const WITHIN = 10;

/** Everything that was measured and what it comes to, under a head that says where. */
export const textOf = ({ costs, tables, kinds, events }: Measurement, head: string) =>
  [
    head,
    '### Disk',
    diskTable(tables, costs.tickets),
    '### Work',
    workTable(costs),
    '### What it comes to',
    sceneTable(costs),
    '### How many keys a worker, and when PostgreSQL is the limit',
    workersTable(costs),
    '### A table of 100 million tickets, whole and in parts',
    kindsTable(kinds, events),
    largeTable(costs, tables, indexesOf(kinds, events)),
  ].join('\n\n');

/** A whole number with its thousands apart. */
export const count = (value: number) => Math.round(value).toLocaleString('en');
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
  return [
    ...heading('work', 'Node, CPU', 'PostgreSQL, CPU', 'clock'),
    row(
      'first load, a ticket',
      micros(costs.loadNode),
      micros(costs.loadPostgres),
      `${count(1 / costs.loadWall)} a second`,
    ),
    row(
      'a run in which nothing changed, by a process of its own',
      `${costs.idleNode.toFixed(2)} s`,
      `${costs.idlePostgres.toFixed(2)} s`,
      `${costs.idleWall.toFixed(2)} s`,
    ),
    row(
      'the same by a process that stays up',
      `${costs.stayNode.toFixed(2)} s`,
      `${costs.stayPostgres.toFixed(2)} s`,
      '',
    ),
    row('summaries of an event anew, a ticket of the event', '', micros(costs.refreshPostgres), ''),
    row('vacuum and analyze, a million tickets', '', `${count(costs.vacuum * 1e6)} s`, ''),
    '',
    `Requests: ${costs.loadRequests} for the load, ${costs.idleRequests} a run in which nothing changed. Write-ahead log of the load: ` +
      `${size(costs.walBytes)} a ticket. Books: ${size(costs.bookBytes)} a run. History: ` +
      `${size(costs.historyBytes)} a run and event that is not over.`,
    '',
    `A first load by the budget of ${count(BUDGET)} requests an hour: ${[1, 2, 5, 10].map((millions) => `${millions} M tickets ${hours(budgetHours(millions * 1e6))}`).join(', ')}.`,
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

const WORKERS = [1, 2, 4, 8, 16];
const CORES = [2, 8, 16];
/** Of all of vivenu, as assumed. */
const TICKETS_OF_A_KEY = 25_000;

function workersTable(costs: Costs): string {
  const sale = { postgres: TICKETS_OF_A_KEY * costs.refreshPostgres, share: ON_SALE };
  const cell = (workers: number, cores: number) => {
    const load = {
      interval: INTERVAL,
      workers,
      cores,
      node: costs.stayNode,
      postgres: costs.stayPostgres,
      sale,
    };
    const { keys, workersBusy, postgresBusy } = mostKeys(load, WITHIN);
    const limit = postgresBusy > workersBusy ? '**PostgreSQL**' : 'workers';
    return `${count(keys)} (${limit} ${Math.round(100 * Math.max(postgresBusy, workersBusy))} %)`;
  };
  return [
    `Keys of ${count(TICKETS_OF_A_KEY)} tickets, of which 99 runs in 100 wait ${WITHIN} s or less for a core, and what is busier then:`,
    '',
    ...heading('workers, a core each', ...CORES.map((cores) => `PostgreSQL with ${cores} cores`)),
    ...WORKERS.map((workers) => row(count(workers), ...CORES.map((cores) => cell(workers, cores)))),
  ].join('\n');
}

const namesOf = (events: number) => ({
  plain: 'one table',
  listed: `a part for each of ${count(events)} events`,
  hashed: `${HASHED} parts by the event's hash`,
});

/** Bytes of the indexes of a ticket in one table of so many that their trees are as deep as in a large one. */
const indexesOf = (kinds: readonly Kinds[], events: number) =>
  (kinds.find(({ kind }) => kind === 'plain')?.indexBytes ?? 0) / (events * OF_AN_EVENT);

function kindsTable(kinds: readonly Kinds[], events: number): string {
  const names = namesOf(events);
  const line = (name: string, cell: (kind: Kinds) => string) => row(name, ...kinds.map(cell));
  const page = `a page of ${count(ROWS_OF_A_PAGE)} tickets of one event`;
  return [
    `Measured with ${count(events * OF_AN_EVENT)} tickets without \`raw\` of ${count(events)} events, the project's own indexes and statements:`,
    '',
    ...heading('measured, CPU of PostgreSQL', ...kinds.map(({ kind }) => names[kind])),
    line(`${page}, unchanged`, ({ unchanged }) => milliseconds(unchanged)),
    line(`${page}, all new`, ({ added }) => milliseconds(added)),
    line(`${page}, all changed`, ({ changed }) => milliseconds(changed)),
    line("the proof's count of one event", ({ proofOfOne }) => milliseconds(proofOfOne)),
    line("the proof's count of all events", ({ proofOfAll }) => milliseconds(proofOfAll)),
    line('the summaries of one event', ({ summary }) => milliseconds(summary)),
    line('vacuum and analyze of the table, or of the part, after changes to one event', ({ vacuum }) =>
      milliseconds(vacuum),
    ),
    line('rows on disk', ({ heapBytes }) => size(heapBytes)),
    line('indexes on disk', ({ indexBytes }) => size(indexBytes)),
  ].join('\n');
}

/** In proportion from what was measured; vacuum reads the whole table, rows with `raw` too. */
function largeTable(costs: Costs, tables: readonly TableSize[], indexes: number): string {
  const all = 100_000_000;
  const tickets = tables.find(({ name }) => name === 'tickets');
  const bytes = tickets === undefined ? 0 : whole(tickets) / costs.tickets;
  return [
    ...heading('worked out in proportion', 'one table', `one of ${HASHED} parts`),
    row('`tickets` with its indexes', size(bytes * all), size((bytes * all) / HASHED)),
    row('its indexes alone', size(indexes * all), size((indexes * all) / HASHED)),
    row(
      'vacuum and analyze, CPU',
      hours((costs.vacuum * all) / 3600),
      `${((costs.vacuum * all) / HASHED).toFixed(1)} s`,
    ),
  ].join('\n');
}

const milliseconds = (seconds: number) =>
  seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`;
