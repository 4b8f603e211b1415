import type { Database } from './client.js';
import { lockNumber } from './lock.js';
import type { Table } from './table.js';

/** How far events of a stream have been read; the times are those of the event that lags most. */
export interface CursorState {
  /** When the read that last completed began, by vivenu's clock: what changed until then is stored. */
  readonly read_at: Date | null;
  readonly newest_updated_at: Date | null;
  readonly full_read_at: Date | null;
  /** Events that were read to the end at least once. */
  readonly events: number;
}

/** A read that has begun and not ended. */
export interface UnfinishedRead {
  readonly kind: 'full' | 'incremental';
  readonly began_at: Date;
  readonly windows_left: number;
}

/** What the last run did for a stream. */
export interface LastRun {
  readonly run_id: string;
  readonly mode: string;
  readonly status: string;
  readonly proven: boolean;
  readonly finished_at: Date;
  readonly requests: number;
  readonly error: string | null;
}

/** The last run that a region took part in. */
export interface RegionRun {
  readonly run_id: string;
  /** `running` or `killed` when it did not end by itself. */
  readonly status: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly seconds: number | null;
  readonly requests: number | null;
  /** What became of the region itself. */
  readonly region_status: string | null;
  readonly error: string | null;
}

/** Whether the books of the engine are there at all, and what time it is. */
export async function booksOf(db: Database): Promise<{ exist: boolean; now: Date }> {
  const [row] = await db.query<{ exist: boolean; now: Date }>(
    `select to_regclass('vivenu_ingest.rejected_records') is not null as exist, now() as now`,
  );
  return row ?? { exist: false, now: new Date() };
}

/** Rows of a table; null where the table is not there. Both counts come from indexes, whatever the size of the rows. */
export async function rowCounts(
  db: Database,
  { sql }: Table,
): Promise<{ live: number; deleted: number } | null> {
  const [found] = await db.query<{ exists: boolean }>(`select to_regclass($1) is not null as exists`, [sql]);
  if (!found?.exists) return null;
  const [row] = await db.query<{ live: number; all: number }>(
    `select (select count(*) from ${sql} where deleted_at is null) as live, (select count(*) from ${sql}) as all`,
  );
  return row ? { live: row.live, deleted: row.all - row.live } : null;
}

/** The events that stand for a region's configured ones in the books: they and their children, as far as the events are stored. */
export async function knownEvents(
  db: Database,
  events: Table,
  configured: readonly string[],
): Promise<string[]> {
  if ((await rowCounts(db, events)) === null) return [...configured];
  const rows = await db.query<{ id: string }>(
    `select unnest($1::text[]) as id
     union select id from ${events.sql} where root_id = any($1) and deleted_at is null
     union select jsonb_array_elements_text(child_events) from ${events.sql}
       where id = any($1) and jsonb_typeof(child_events) = 'array'`,
    [configured],
  );
  return rows.map(({ id }) => id);
}

/** The cursors of a stream of a region, taken together. */
export async function cursorState(
  db: Database,
  at: { readonly keyId: string; readonly schema: string; readonly stream: string },
  events: readonly string[],
): Promise<{ cursor: CursorState | null; unfinished: UnfinishedRead[] }> {
  const where = 'key_id = $1 and schema_name = $2 and stream = $3 and event_id = any($4::text[])';
  const values = [at.keyId, at.schema, at.stream, events];
  const [cursor] = await db.query<CursorState>(
    `select min(read_at) as read_at, min(newest_updated_at) as newest_updated_at, min(full_read_at) as full_read_at,
       count(*)::int as events
     from vivenu_ingest.cursors where ${where} and read_at is not null`,
    values,
  );
  const unfinished = await db.query<UnfinishedRead>(
    `select distinct on (read_id) read_kind as kind, read_began_at as began_at,
       (select count(*)::int from vivenu_ingest.windows where windows.read_id = cursors.read_id) as windows_left
     from vivenu_ingest.cursors where ${where} and read_id is not null order by read_id`,
    values,
  );
  return { cursor: cursor?.events ? cursor : null, unfinished };
}

/** The last run that did something for a stream of a schema, and the last proof. */
export async function streamRuns(
  db: Database,
  schema: string,
  stream: string,
): Promise<{ last: LastRun | null; provenAt: Date | null }> {
  const newest = (condition: string) =>
    db.query<LastRun>(
      `select run_id, mode, status, proven, finished_at, requests, error from vivenu_ingest.run_streams
       where schema_name = $1 and stream = $2 and ${condition} order by finished_at desc limit 1`,
      [schema, stream],
    );
  const [last] = await newest(`status <> 'skipped'`);
  const [proven] = await newest('proven');
  return { last: last ?? null, provenAt: proven?.finished_at ?? null };
}

/** The last run that a region took part in. */
export async function regionRun(db: Database, region: string): Promise<RegionRun | null> {
  const [row] = await db.query<RegionRun>(
    `select run_id, status, started_at, finished_at,
       (report->>'seconds')::float8 as seconds, (report->>'requests')::int as requests,
       part->>'status' as region_status, part->>'error' as error
     from vivenu_ingest.runs
     left join lateral jsonb_array_elements(report->'regions') as part on part->>'region' = $1
     where options->'regions' ? $1
     order by started_at desc limit 1`,
    [region],
  );
  return row ?? null;
}

/** Runs whose books are open: they run now, or were killed. */
export async function openRuns(
  db: Database,
): Promise<{ run_id: string; started_at: Date; regions: readonly string[] }[]> {
  return await db.query(
    `select run_id, started_at, options->'regions' as regions from vivenu_ingest.runs
     where status = 'running' order by started_at`,
  );
}

/** Which of these session locks somebody holds now. */
export async function heldLocks(db: Database, keys: readonly string[]): Promise<Set<string>> {
  const rows = await db.query<{ number: string }>(
    `select ((classid::bigint << 32) | objid::bigint)::text as number from pg_locks
     where locktype = 'advisory' and objsubid = 1 and granted
       and database = (select oid from pg_database where datname = current_database())`,
  );
  const held = new Set(rows.map(({ number }) => number));
  return new Set(keys.filter((key) => held.has(lockNumber(key).toString())));
}
