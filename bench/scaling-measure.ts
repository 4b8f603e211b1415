/** What a ticket and a run cost, measured with the real command on a real table. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand, type Ran, type Setting } from './command.js';
import { openBackend } from './scaling-backend.js';
import type { Costs } from './scaling-model.js';
import { measureParts, type Kinds } from './scaling-parts.js';
import type { Database, Server } from './server.js';
import { startVivenu } from './vivenu.js';

/** Bytes of one table, by where they lie. */
export interface TableSize {
  readonly name: string;
  readonly rows: number;
  readonly heap: number;
  /** Of these, what the rows themselves need; the rest is room that older versions left and later rows take. */
  readonly live: number;
  /** Values that were moved out of the row, such as large `raw`. */
  readonly toast: number;
  readonly indexes: number;
}

export interface Measurement {
  readonly costs: Costs;
  readonly tables: readonly TableSize[];
  readonly kinds: readonly Kinds[];
  readonly events: number;
}

export interface Bench {
  readonly cli: string;
  readonly folder: string;
  readonly server: Server;
  readonly tickets: number;
  /** Events of the tables on which dividing is tried. */
  readonly events: number;
  readonly say: (what: string) => void;
}

const SCHEMA = 'demo';
const REPEATS = 3;
const STAYING = 10;
/** As this process runs TypeScript itself, but from another folder. */
const TYPESCRIPT = ['--import', pathToFileURL(path.resolve('test/faults/typescript.mjs')).href];

/** Every table of the region with its rows and what they take. */
export const SIZES = `
select c.relname as name,
  (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %s', c.oid::regclass), false, true, '')))[1]::text::float8 as rows,
  pg_relation_size(c.oid)::float8 as heap,
  coalesce((xpath('/row/n/text()', query_to_xml(format('select sum(pg_column_size(t.*)) + 4 * count(*) as n from %s as t', c.oid::regclass), false, true, '')))[1]::text::float8, 0) as live,
  coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)::float8 as toast,
  pg_indexes_size(c.oid)::float8 as indexes
from pg_class as c
where c.relkind = 'r' and c.relnamespace = to_regnamespace('${SCHEMA}')
order by pg_total_relation_size(c.oid) desc`;

/** Bytes that the books of one run hold. */
const BOOKS = `
select (sum(pg_column_size(runs)) / count(*)
  + (select sum(pg_column_size(run_streams)) from vivenu_ingest.run_streams) / count(*))::float8 as bytes
from vivenu_ingest.runs`;

/** Bytes of the history of one event that a run adds. */
const HISTORY = `
select (sum(pg_column_size(summary_report.*)) / count(distinct created_at))::float8 as bytes
from ${SCHEMA}.summary_report`;

/** Loads tickets into a fresh database and measures. Throws when a run is not complete and proven. */
export async function measure(bench: Bench): Promise<Measurement> {
  const { server, tickets, say } = bench;
  await using vivenu = await startVivenu(bench.cli, { tickets });
  const environment = { ...vivenu.environment, EVENT_CONFIGS__demo__profile: 'hyrox' };
  const database = await server.create('scaling');
  const setting: Setting = { ...bench, database, vivenu: { ...vivenu, environment } };
  say(`first load of ${tickets.toLocaleString('en')} tickets`);
  const wal = await walAt(database);
  const load = await runCommand(setting);
  const walBytes = (await walAt(database)) - wal;
  const vacuum = await vacuumed(database);
  const tables = await database.query<TableSize>(SIZES);
  say('runs in which nothing changed');
  const idle = await repeat(() => runCommand(setting));
  const stay = await staying(setting);
  say('summaries of everything');
  const refresh = await repeat(() => runCommand(setting, ['--skip-fetch']));
  const [books] = await database.query<{ bytes: number }>(BOOKS);
  const [history] = await database.query<{ bytes: number }>(HISTORY);
  const kinds = await measureParts(database, { from: SCHEMA, events: bench.events, say });
  await database.drop();
  const middle = middleOf(idle);
  return {
    ...{ tables, kinds, events: bench.events },
    costs: {
      tickets,
      ticketBytes:
        tables.reduce((sum, { heap, toast, indexes }) => sum + heap + toast + indexes, 0) / tickets,
      keyBytes: indexesOf(tables) / tickets,
      walBytes: walBytes / tickets,
      loadNode: load.node / tickets,
      loadPostgres: load.postgres / tickets,
      loadWall: load.wall / tickets,
      loadRequests: load.report.requests,
      vacuum: vacuum / tickets,
      idleRequests: middle.report.requests,
      idleNode: middle.node,
      idlePostgres: middle.postgres,
      idleWall: middle.wall,
      stayNode: stay.node,
      stayPostgres: stay.postgres,
      refreshPostgres: Math.max(0, middleOf(refresh).postgres - middle.postgres) / tickets,
      bookBytes: books?.bytes ?? 0,
      historyBytes: history?.bytes ?? 0,
    },
  };
}

const indexesOf = (tables: readonly TableSize[]) =>
  tables.find(({ name }) => name === 'tickets')?.indexes ?? 0;

async function repeat(work: () => Promise<Ran>): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (let time = 1; time <= REPEATS; time += 1) ran.push(await work());
  return ran;
}

const middleOf = (runs: readonly Ran[]) =>
  runs.toSorted((a, b) => a.node + a.postgres - b.node - b.postgres)[Math.floor(runs.length / 2)]!;

async function walAt(database: Database): Promise<number> {
  const [row] = await database.query<{ at: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as at`,
  );
  return row?.at ?? 0;
}

async function vacuumed(database: Database): Promise<number> {
  await using backend = await openBackend(database.url);
  return await backend.cpu(() => backend.db.query(`vacuum (analyze) ${SCHEMA}.tickets`));
}

/** CPU of a run in which nothing changed, of a process that has run before. */
async function staying({
  folder,
  database,
  server,
  vivenu,
}: Setting): Promise<{ node: number; postgres: number }> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: folder, DATABASE_URL: database.url, ...vivenu.environment };
  const child = fork(path.join(import.meta.dirname, 'scaling-stay.ts'), {
    cwd: folder,
    env,
    execArgv: TYPESCRIPT,
  });
  const ended = once(child, 'exit').then(() =>
    Promise.reject(new Error('the process that was to stay is gone')),
  );
  // It ends in the end.
  ended.catch(() => undefined);
  const runs = async (times: number) => {
    child.send(times);
    const [seconds] = (await Promise.race([once(child, 'message'), ended])) as [number];
    return seconds / times;
  };
  try {
    await runs(REPEATS);
    const before = await server.cpu();
    const node = await runs(STAYING);
    return { node, postgres: ((await server.cpu()) - before) / STAYING };
  } finally {
    child.kill();
  }
}
