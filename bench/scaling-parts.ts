/** What dividing the tickets by event changes, tried with the engine's own statements on its own tables and indexes. */
import { performance } from 'node:perf_hooks';
import { accountedFor } from '../src/load/counts.js';
import { DatabaseManager } from '../src/load/database.js';
import type { Client, Database as Db } from '../src/load/client.js';
import { markEvents } from '../src/load/marks.js';
import type { Table } from '../src/load/table.js';
import { upsert } from '../src/load/upsert.js';
import { refreshWithin } from '../src/reports/refresh.js';
import { databaseOf } from './scaling-database.js';
import {
  eventName,
  fill,
  KINDS,
  makeKind,
  OF_AN_EVENT,
  partOf,
  type Kept,
  type Kind,
} from './scaling-tables.js';
import type { Database } from './server.js';

/** What was measured of one way to keep tickets: seconds of the clock, bytes. */
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
  /** Vacuum and analyze of the table, or of the part, with these tickets. */
  readonly vacuum: number;
  readonly heapBytes: number;
  readonly indexBytes: number;
}

export const PAGE = 1000;
const REPEATS = 5;
/** Events that are asked about in turn, so that none is asked twice. */
const FIRST = 7;

/** Fills the tables from tickets of a schema and asks them. Takes some minutes and 3 GB of disk. */
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
  const measured: Kinds[] = [];
  for (const one of kept) measured.push(await measureKind(db, database, one));
  return measured;
}

async function measureKind(db: DatabaseManager, database: Database, kept: Kept): Promise<Kinds> {
  const { kind, table } = kept;
  const events = Array.from({ length: REPEATS }, (_, index) => FIRST + index);
  const part = { from: null, to: Date.now() };
  const [size] = await database.query<{ heap: number; indexes: number }>(
    `select sum(pg_table_size(relid))::float8 as heap, sum(pg_indexes_size(relid))::float8 as indexes
     from (select '${kind}.tickets'::regclass as relid union select relid from pg_partition_tree('${kind}.tickets')) as part`,
  );
  return {
    kind,
    unchanged: await middle(events, (event) => page(db, table, event, 'unchanged')),
    added: await middle(events, (event) => page(db, table, event, 'added')),
    changed: await middle(events, (event) => page(db, table, event, 'changed')),
    proofOfOne: await middle(events, (event) =>
      clock(() => accountedFor(db, table, { ...part, events: [eventName(event)] })),
    ),
    proofOfAll: await middle(events, () => clock(() => accountedFor(db, table, { ...part, events: null }))),
    summary: await middle(events, (event) => summarise(db, kept, event)),
    vacuum: await middle([FIRST], (event) =>
      clock(() => database.query(`vacuum (analyze) ${partOf(kind, event)}`)),
    ),
    heapBytes: size?.heap ?? 0,
    indexBytes: size?.indexes ?? 0,
  };
}

/** The middle of several tries, after one that fills the caches. */
async function middle(events: readonly number[], work: (event: number) => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (const event of events.length > 1 ? [events[0]!, ...events] : events) times.push(await work(event));
  if (times.length > 1) times.shift();
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

async function clock(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

type PageKind = 'unchanged' | 'added' | 'changed';

/** Stores a page of one event by the engine's own statements; what is new or changed is taken back, so that all find the same table. */
async function page(db: Db, table: Table, event: number, what: PageKind): Promise<number> {
  const rows = await pageOf(db, table, event, what);
  const origin = { runId: '00000000-0000-4000-8000-000000000000', requestedAt: Date.now(), full: false };
  let seconds = 0;
  await undone(db, async (client) => {
    seconds = await clock(() => upsert(client, table, rows, origin));
  });
  return seconds;
}

async function pageOf(db: Db, table: Table, event: number, what: PageKind) {
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
async function summarise(db: Db, { kind, facts }: Kept, event: number): Promise<number> {
  let seconds = 0;
  await undone(db, async (client) => {
    await client.query(
      `update ${kind}.tickets set status = 'INVALID' where event_id = '${eventName(event)}' and id < '8'`,
    );
    await markEvents(client, kind, [eventName(event)]);
    seconds = await clock(() => refreshWithin(client, facts, { all: false, codes: null }));
  });
  return seconds;
}

async function undone(db: Db, work: (client: Client) => Promise<void>): Promise<void> {
  const enough = new Error('taken back');
  await db
    .transaction(async (client) => {
      await work(client);
      throw enough;
    })
    .catch((error: unknown) => {
      if (error !== enough) throw error;
    });
}
