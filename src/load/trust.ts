/** What the books say of how far the figures of regions can be trusted: a few questions, however many regions there are. */
import type { Database } from './client.js';
import type { ReadProgress } from './progress.js';

/** The last run that did something for a stream, and the newest that proved it. */
export interface StreamBook {
  readonly schema: string;
  readonly stream: string;
  readonly run_id: string;
  readonly status: string;
  readonly finished_at: Date;
  readonly error: string | null;
  readonly api_total: number | null;
  readonly stored_total: number | null;
  readonly rejected: number;
  /** When the run began that proved it last. */
  readonly proven_at: Date | null;
}

/** The last run that asked vivenu for a region. */
export interface RunBook {
  readonly region: string;
  readonly run_id: string;
  readonly status: string;
  readonly started_at: Date;
  /** Why the region could not be read at all. */
  readonly error: string | null;
  readonly progress: readonly ReadProgress[] | null;
}

/** What is left of a key's requests, as of `now`; times are milliseconds since 1970. */
export interface BudgetBook {
  readonly key_id: string;
  readonly tokens: number;
  readonly filled_at: number;
  readonly not_before: number;
  readonly paced: boolean;
  readonly next_at: number;
}

/** The newest entry of each stream of each of these schemas. */
export async function streamBooks(
  db: Pick<Database, 'query'>,
  schemas: readonly string[],
  streams: readonly string[],
): Promise<StreamBook[]> {
  return await db.query<StreamBook>(
    `select wanted_schema as schema, wanted_stream as stream, last.*, proof.started_at as proven_at
     from unnest($1::text[]) as wanted_schema
     cross join unnest($2::text[]) as wanted_stream
     join lateral (
       select run_id, status, finished_at, error, api_total, stored_total, rejected
       from vivenu_ingest.run_streams
       where schema_name = wanted_schema and stream = wanted_stream and status <> 'skipped'
       order by finished_at desc limit 1
     ) as last on true
     left join lateral (
       select runs.started_at
       from vivenu_ingest.run_streams join vivenu_ingest.runs using (run_id)
       where schema_name = wanted_schema and stream = wanted_stream and proven
       order by run_streams.finished_at desc limit 1
     ) as proof on true`,
    [schemas, streams],
  );
}

/** The last run of each of these regions. */
export async function runBooks(db: Pick<Database, 'query'>, regions: readonly string[]): Promise<RunBook[]> {
  return await db.query<RunBook>(
    `select wanted as region, last.run_id, last.status, last.started_at, last.progress,
       (select part->>'error' from jsonb_array_elements(last.report->'regions') as part where part->>'region' = wanted) as error
     from unnest($1::text[]) as wanted
     join lateral (
       select run_id, status, started_at, progress, report from vivenu_ingest.runs
       where options->'regions' ? wanted and options->>'skipFetch' is distinct from 'true'
       order by started_at desc limit 1
     ) as last on true`,
    [regions],
  );
}

/** Open rejects of each of these schemas. */
export async function rejectCounts(
  db: Pick<Database, 'query'>,
  schemas: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db.query<{ schema: string; count: number }>(
    `select schema_name as schema, count(*)::int as count from vivenu_ingest.rejected_records
     where closed_at is null and schema_name = any($1) group by 1`,
    [schemas],
  );
  return new Map(rows.map(({ schema, count }) => [schema, count]));
}

/** The budgets of these keys that were ever used. */
export async function budgetBooks(
  db: Pick<Database, 'query'>,
  keys: readonly string[],
): Promise<BudgetBook[]> {
  return await db.query<BudgetBook>(
    `select key_id, tokens, pace is not null as paced,
       (extract(epoch from filled_at) * 1000)::float8 as filled_at,
       (extract(epoch from not_before) * 1000)::float8 as not_before,
       (extract(epoch from next_at) * 1000)::float8 as next_at
     from vivenu_ingest.api_budget where key_id = any($1)`,
    [keys],
  );
}
