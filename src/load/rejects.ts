import type { Reject } from '../streams/shape.js';
import type { Window } from '../streams/window.js';
import type { Client, Database } from './client.js';
import { keyText, type Table } from './table.js';
import type { Origin } from './upsert.js';

/** What the proof needs to know of a reject: where vivenu counts it. */
export interface RejectFacts {
  readonly eventId: string | null;
  readonly createdAt: number | null;
  readonly state: string | null;
}

export type RejectedRecord = Reject & RejectFacts;

/** Keeps rejects: one open row each, refreshed when the same one is seen again. Returns how many are new. */
export async function keepRejects(
  client: Client,
  table: Table,
  rejects: readonly RejectedRecord[],
  origin: Origin & { readonly region: string; readonly window: Window | null },
): Promise<number> {
  let opened = 0;
  for (const reject of rejects) {
    const record = storableJson(reject.record);
    const { rows } = await client.query<{ opened: boolean }>(KEEP, [
      origin.runId,
      origin.region,
      table.schema,
      table.shape.stream.name,
      storableText(reject.key),
      reject.id === null ? null : storableText(reject.id),
      storableText(reject.field),
      reject.reason,
      record,
      reject.exact && record === reject.record,
      reject.eventId === null ? null : storableText(reject.eventId),
      instant(reject.createdAt),
      reject.state === null ? null : storableText(reject.state),
      origin.window?.by ?? null,
      instant(origin.window?.from ?? null),
      instant(origin.window?.to ?? null),
      new Date().toISOString(),
    ]);
    if (rows[0]?.opened) opened += 1;
  }
  return opened;
}

const KEEP = `
insert into vivenu_ingest.rejected_records as kept (run_id, region, schema_name, stream, record_key, record_id, field, reason, record, exact,
  event_id, created_at, state, window_by, window_from, window_to, first_seen_at, last_seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
on conflict (schema_name, stream, record_key) where closed_at is null do update
set run_id = excluded.run_id, field = excluded.field, reason = excluded.reason, record = excluded.record, exact = excluded.exact,
  event_id = excluded.event_id, created_at = excluded.created_at, state = excluded.state,
  window_by = case when kept.window_by = 'created' then kept.window_by else excluded.window_by end,
  window_from = case when kept.window_by = 'created' then kept.window_from else excluded.window_from end,
  window_to = case when kept.window_by = 'created' then kept.window_to else excluded.window_to end,
  last_seen_at = excluded.last_seen_at
returning (xmax = 0) as opened`;

/** Closes the open rejects of records that have now been stored. */
export async function closeStored(client: Client, table: Table, ids: readonly string[]): Promise<number> {
  const { rowCount } = await client.query(
    `update vivenu_ingest.rejected_records set closed_at = now(), closed_because = 'stored'
     where schema_name = $1 and stream = $2 and closed_at is null and record_key = any($3::text[])`,
    [table.schema, table.shape.stream.name, ids],
  );
  return rowCount ?? 0;
}

/**
 * Closes the open rejects of a window of creation times, or of a whole list, that a complete read of it did not bring again:
 * those last seen before the read's first request was sent.
 */
export async function closeUnseen(
  client: Client,
  table: Table,
  window: Pick<Window, 'from' | 'to' | 'events'> | null,
  requestedAt: number,
): Promise<void> {
  await client.query(
    `update vivenu_ingest.rejected_records set closed_at = now(), closed_because = 'no longer listed'
     where schema_name = $1 and stream = $2 and closed_at is null and last_seen_at < $3
       and ($4::timestamptz is null
         or coalesce(created_at, case window_by when 'created' then window_to end) <= $4
           and ($5::timestamptz is null or coalesce(created_at, window_from) >= $5)
           and ($6::text[] is null or event_id is null or event_id = any($6)))`,
    [
      table.schema,
      table.shape.stream.name,
      instant(requestedAt),
      instant(window?.to ?? null),
      instant(window?.from ?? null),
      window?.events ?? null,
    ],
  );
}

/** Open rejects of a stream that are not the newer version of a live row. */
export async function openRejects(db: Database, table: Table): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from vivenu_ingest.rejected_records as reject
     where schema_name = $1 and stream = $2 and closed_at is null
       and not exists (select 1 from ${table.sql} as kept where ${keyText(table)} = reject.record_key and deleted_at is null)`,
    [table.schema, table.shape.stream.name],
  );
  return row?.count ?? 0;
}

/** Whether a stream has open rejects, so that the usual page need not look for some to close. */
export async function hasOpenRejects(client: Client, table: Table): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from vivenu_ingest.rejected_records where schema_name = $1 and stream = $2 and closed_at is null limit 1`,
    [table.schema, table.shape.stream.name],
  );
  return rows.length > 0;
}

/** Milliseconds since 1970 as PostgreSQL reads them. */
export const instant = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

/** Ids are copied out of records that may hold anything; what text cannot hold becomes visible instead. */
const storableText = (value: string) => value.toWellFormed().replaceAll('\0', '\uFFFD');

/** Open rejects by stream of a schema. */
export async function openRejectsByStream(db: Database, schema: string): Promise<Map<string, number>> {
  const rows = await db.query<{ stream: string; count: number }>(
    `select stream, count(*)::int as count from vivenu_ingest.rejected_records
     where schema_name = $1 and closed_at is null group by stream`,
    [schema],
  );
  return new Map(rows.map(({ stream, count }) => [stream, count]));
}

/** JSON whose fields PostgreSQL can read: characters that no text can hold become U+FFFD, in keys as well. */
function storableJson(json: string): string {
  if (!json.includes('\\u0000') && !json.includes('\\ud')) return json;
  const mend = (value: unknown): unknown => {
    if (typeof value === 'string') return storableText(value);
    if (Array.isArray(value)) return value.map(mend);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storableText(key), mend(inner)]));
  };
  return JSON.stringify(mend(JSON.parse(json)));
}
