import type { Database } from './client.js';
import type { ReadProgress } from './progress.js';

/** A run as a line of the history. */
export interface RunRow {
  readonly run_id: string;
  readonly status: string;
  readonly started_at: Date;
  /** `started_at` with all its digits, to go on from. */
  readonly place: string;
  readonly seconds: number | null;
  readonly regions: readonly string[];
  readonly full: boolean;
  readonly requests: number | null;
  /** Rows inserted, updated or marked. */
  readonly changed: number | null;
  /** Regions that did not end complete. */
  readonly lacking: number | null;
  readonly keys:
    | readonly {
        readonly api_total: number | null;
        readonly stored_total: number | null;
        readonly rejected: number;
      }[]
    | null;
  readonly progress: readonly ReadProgress[] | null;
}

const COLUMNS = `run_id, status, started_at, started_at::text as place, progress,
  coalesce((report->>'seconds')::float8, extract(epoch from finished_at - started_at)::float8) as seconds,
  options->'regions' as regions, coalesce((options->>'full')::boolean, false) as full,
  (report->>'requests')::int as requests, report->'keys' as keys,
  (select sum(inserted + updated + deleted)::bigint from vivenu_ingest.run_streams
   where run_streams.run_id = runs.run_id) as changed,
  (select count(*)::int from jsonb_array_elements(report->'regions') as part
   where part->>'status' <> 'complete') as lacking`;

/** The newest runs, or those before one that was read already. */
export async function runPage(
  db: Pick<Database, 'query'>,
  before: { readonly place: string; readonly runId: string } | null,
  limit: number,
): Promise<RunRow[]> {
  return await db.query<RunRow>(
    `select ${COLUMNS} from vivenu_ingest.runs
     where $1::timestamptz is null or started_at <= $1 and (started_at, run_id) < ($1, $2::uuid)
     order by started_at desc, run_id desc limit $3`,
    [before?.place ?? null, before?.runId ?? null, limit],
  );
}

/** Runs whose books are open: they run now, or were killed. */
export async function openRunRows(db: Pick<Database, 'query'>): Promise<RunRow[]> {
  return await db.query<RunRow>(
    `select ${COLUMNS} from vivenu_ingest.runs where status = 'running' order by started_at desc`,
  );
}

/** One run; null where there is none. */
export async function runRow(db: Pick<Database, 'query'>, runId: string): Promise<RunRow | null> {
  const [row] = await db.query<RunRow>(`select ${COLUMNS} from vivenu_ingest.runs where run_id = $1`, [
    runId,
  ]);
  return row ?? null;
}

/** What a run did for one stream of one region. */
export interface RunStreamRow {
  readonly region: string;
  readonly stream: string;
  readonly mode: string;
  readonly status: string;
  readonly proven: boolean;
  readonly api_total: number | null;
  readonly stored_total: number | null;
  readonly fetched: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly deleted: number;
  readonly requests: number;
  readonly retries: number;
  readonly windows: number;
  readonly seconds: number;
  readonly error: string | null;
}

/** What a run did for each stream, and what it warned of; those that did not end well come first. */
export async function runParts(
  db: Pick<Database, 'query'>,
  runId: string,
): Promise<{ streams: RunStreamRow[]; warnings: string[] }> {
  const streams = await db.query<RunStreamRow>(
    `select region, stream, mode, status, proven, api_total, stored_total, fetched, inserted, updated, unchanged,
       rejected, deleted, requests, retries, windows, seconds, error
     from vivenu_ingest.run_streams where run_id = $1
     order by status in ('complete', 'skipped'), region, stream`,
    [runId],
  );
  const warnings = await db.query<{ says: string }>(
    `select region->>'region' || coalesce('/' || part.name, '') || ': ' || part.says as says
     from vivenu_ingest.runs, jsonb_array_elements(report->'regions') as region
     cross join lateral (
       select null as name, region->>'error' as says where region ? 'error'
       union all
       select stream->>'stream', jsonb_array_elements_text(stream->'warnings')
       from jsonb_array_elements(region->'streams') as stream
       union all
       select 'summaries', jsonb_array_elements_text(region->'summaries'->'warnings')
       union all
       select 'summaries', region->'summaries'->>'error' where region->'summaries' ? 'error'
     ) as part
     where run_id = $1`,
    [runId],
  );
  return { streams, warnings: warnings.map(({ says }) => says) };
}

/** Windows that unfinished reads still have to read, by schema and stream. */
export async function windowsLeft(
  db: Pick<Database, 'query'>,
): Promise<{ schema: string; stream: string; left: number }[]> {
  return await db.query(
    `select schema_name as schema, stream, count(distinct window_id)::int as left
     from (select distinct schema_name, stream, read_id from vivenu_ingest.cursors where read_id is not null) as open
     join vivenu_ingest.windows using (read_id)
     group by 1, 2`,
  );
}
