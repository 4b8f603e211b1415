/** What dividing the tickets by event changes, tried with the engine's own statements on its own tables and indexes. */
import { accountedFor } from '../src/load/counts.js';
import { DatabaseManager, type Database as Db } from '../src/load/database.js';
import { markEvents } from '../src/load/marks.js';
import type { Table } from '../src/load/table.js';
import { upsert } from '../src/load/upsert.js';
import { refreshWithin } from '../src/reports/refresh.js';
import { openBackend, type Backend } from './scaling-backend.js';
import { databaseOf } from './scaling-database.js';
import { eventName, fill, KINDS, makeKind, OF_AN_EVENT, type Kept, type Kind } from './scaling-tables.js';
import type { Database } from './server.js';

/** What was measured of one way to keep tickets: seconds of CPU of PostgreSQL, bytes. */
export interface Kinds {
  readonly kind: Kind;
  /** A page that holds what is stored. */
  readonly unchanged: number;
  /** A page of tickets that are all new. */
  readonly added: number;
  /** A page of tickets that have all changed. */
  readonly changed: number;
  /** Summaries of one event, half of whose tickets had changed. */
  readonly summary: number;
  /** The proof's count of one event, and of all. */
  readonly proofOfOne: number;
  readonly proofOfAll: number;
  /** Vacuum and analyze of the table, or of the part, after changes to one event. */
  readonly vacuum: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
}

export const PAGE = 1000;
/** Events that are asked about in turn; the first one fills the caches of the connection. */
const ASKED = Array.from({ length: 13 }, (_, index) => 5 + index);
const COUNTED = 7;

/** Fills the tables from tickets of a schema and asks them. Takes some minutes and 3 GB of disk for 200 events. */
export async function measureParts(
  database: Database,
  { from, events, say }: { from: string; events: number; say: (what: string) => void },
): Promise<Kinds[]> {
  await using db = await DatabaseManager.connect(databaseOf(database.url));
  const kept: Kept[] = [];
  for (const kind of KINDS) {
    say(`${(events * OF_AN_EVENT).toLocaleString('en')} tickets, ${kind}`);
    const made = await makeKind(db, kind, events);
    await fill(db, made, from);
    await database.query(`vacuum (analyze) ${kind}.tickets`);
    kept.push(made);
  }
  await using backend = await openBackend(database.url);
  const measured: Kinds[] = [];
  for (const one of kept) measured.push(await measureKind(backend, one));
  return measured;
}

async function measureKind(backend: Backend, kept: Kept): Promise<Kinds> {
  const { db, cpu } = backend;
  const { kind, table } = kept;
  const part = { from: null, to: Date.now() };
  const [size] = await db.query<{ heap: number; indexes: number }>(
    `select sum(pg_table_size(relid))::float8 as heap, sum(pg_indexes_size(relid))::float8 as indexes
     from (select '${kind}.tickets'::regclass as relid union select relid from pg_partition_tree('${kind}.tickets')) as part`,
  );
  const counted = (events: readonly string[] | null) =>
    cpu(() => accountedFor(db as Db, table, { ...part, events }));
  return {
    kind,
    unchanged: await mean(ASKED, (event) => page(backend, table, event, 'unchanged')),
    added: await mean(ASKED, (event) => page(backend, table, event, 'added')),
    changed: await mean(ASKED, (event) => page(backend, table, event, 'changed')),
    proofOfOne: await mean(ASKED, (event) => counted([eventName(event)])),
    proofOfAll: await mean(ASKED.slice(0, COUNTED), () => counted(null)),
    summary: await mean(ASKED.slice(0, COUNTED), (event) => summarise(backend, kept, event)),
    vacuum: await vacuumed(backend, table, ASKED[0] ?? 0),
    heapBytes: size?.heap ?? 0,
    indexBytes: size?.indexes ?? 0,
  };
}

/** Of the table, or of the part that holds an event. */
async function vacuumed({ db, cpu }: Backend, { sql }: Table, event: number): Promise<number> {
  const [found] = await db.query<{ part: string }>(
    `select tableoid::regclass::text as part from ${sql} where event_id = '${eventName(event)}' limit 1`,
  );
  return await cpu(() => db.query(`vacuum (analyze) ${found?.part}`));
}

async function mean(events: readonly number[], work: (event: number) => Promise<number>): Promise<number> {
  const costs: number[] = [];
  for (const event of events) costs.push(await work(event));
  const [, ...counted] = costs;
  return counted.reduce((sum, cost) => sum + cost, 0) / counted.length;
}

type PageKind = 'unchanged' | 'added' | 'changed';

/** Stores a page of one event by the engine's own statements, and takes it back, so that all find the same table. */
async function page(backend: Backend, table: Table, event: number, what: PageKind): Promise<number> {
  const rows = await pageOf(backend, table, event, what);
  const origin = { runId: '00000000-0000-4000-8000-000000000000', requestedAt: Date.now(), full: false };
  return await backend.undone(() => backend.cpu(() => upsert(backend.client, table, rows, origin)));
}

async function pageOf({ db }: Backend, table: Table, event: number, what: PageKind) {
  const columns = table.shape.columns.map(([name]) => name);
  const stored = await db.query<Record<string, string | null> & { hash: Buffer }>(
    `select ${columns.map((name) => `"${name}"::text`).join(', ')}, content_hash as hash
     from ${table.sql} where event_id = '${eventName(event)}' order by md5(id) limit ${PAGE}`,
  );
  return stored.map(({ hash, ...row }) => {
    const id = `${row['id']}${what === 'added' ? '+' : ''}`;
    const cells = columns.map((name) => (name === 'id' ? id : (row[name] ?? null)));
    return { id, cells, raw: '{}', hash: what === 'unchanged' ? hash : Buffer.alloc(16, 1) };
  });
}

/** Half of an event's tickets are not sold any more, and its summaries follow; taken back too. */
async function summarise(backend: Backend, { kind, facts }: Kept, event: number): Promise<number> {
  const { client } = backend;
  return await backend.undone(async () => {
    await client.query(
      `update ${kind}.tickets set status = 'INVALID' where event_id = '${eventName(event)}' and id < '8'`,
    );
    await markEvents(client, kind, [eventName(event)]);
    return await backend.cpu(() => refreshWithin(client, facts, { all: false, codes: null }));
  });
}
