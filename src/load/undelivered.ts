/** Rows that came by polling although a webhook should have brought them. */
import type { Database } from './client.js';

/** Where and what is looked at. */
export interface Sought {
  readonly region: string;
  readonly schema: string;
  readonly stream: string;
  /** The quoted name of the table. */
  readonly sql: string;
  readonly runId: string;
  /** What changed later may be delivered yet. */
  readonly until: Date;
}

/** How many no delivery brought, and when the oldest of those that this run found had changed. */
export interface Undelivered {
  readonly rows: number;
  readonly oldest: Date | null;
}

/** Up to when an earlier run has looked, and whether rows were written since. */
export async function lookedBefore(
  db: Pick<Database, 'query'>,
  { region, schema, stream }: Sought,
): Promise<{ upTo: Date | null; wrote: boolean }> {
  const [row] = await db.query<{ upTo: Date | null; wrote: boolean }>(
    `with before as (
       select max((one->'drift'->>'up_to')::timestamptz) as up_to
       from (
         select report from vivenu_ingest.runs
         where options->'regions' ? $1 and report is not null order by started_at desc limit 20
       ) as recent
       cross join lateral jsonb_array_elements(report->'regions') as part
       cross join lateral jsonb_array_elements(part->'streams') as one
       where part->>'region' = $1 and one->>'stream' = $2
     )
     select up_to as "upTo", exists (
       select from vivenu_ingest.run_streams
       where schema_name = $3 and stream = $2 and finished_at > up_to - interval '10 min' and inserted + updated > 0
     ) as wrote
     from before`,
    [region, stream, schema],
  );
  return row ?? { upTo: null, wrote: false };
}

/**
 * Counts rows that changed since the region's first delivery was received, up to a time, without a delivery that carried that version or a
 * later one: those that this run wrote, and those of earlier runs that were too new for them.
 */
export async function undeliveredRows(
  db: Pick<Database, 'query'>,
  { region, stream, sql, runId, until }: Sought,
  lookedUpTo: Date | null,
): Promise<Undelivered> {
  const [row] = await db.query<Undelivered>(
    `with since as (
       select min(received_at) as at from vivenu_ingest.webhook_deliveries where region = $1
     ), found as materialized (
       select id, updated_at, run_id = $2 as is_new from ${sql}, since
       where deleted_at is null and updated_at > since.at and updated_at <= $3
         and (run_id = $2 or updated_at > $5::timestamptz)
     ), brought as materialized (
       select record->>1 as id, max(record->>2) as updated_at
       from vivenu_ingest.webhook_deliveries, jsonb_array_elements(carried) as record
       where region = $1 and record->>0 = $4
         and received_at >= (select min(updated_at) from found) - interval '1 hour'
       group by 1
     )
     select count(*)::int as rows, min(updated_at) filter (where is_new) as oldest
     from found
     where not exists (
       select from brought
       where brought.id = found.id
         and brought.updated_at >= to_char(found.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
     )`,
    [region, runId, until.toISOString(), stream, lookedUpTo?.toISOString() ?? 'infinity'],
  );
  return row ?? { rows: 0, oldest: null };
}
