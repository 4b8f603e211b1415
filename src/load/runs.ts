import type { Client, Database } from './client.js';
import { tell } from './notices.js';

/** What a run's books hold of one stream of one region. */
export interface StreamRecord {
  readonly region: string;
  readonly schema: string;
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
  readonly error?: string;
}

/** The time of the database, which is the same for all machines. */
export async function databaseTime(db: Database): Promise<Date> {
  const [row] = await db.query<{ now: Date }>('select clock_timestamp() as now');
  return row?.now ?? new Date();
}

/** Opens the books of a run. */
export async function beginRun(
  db: Database,
  run: { id: string; startedAt: Date; options: object },
): Promise<void> {
  await db.transaction(async (client) => {
    await client.query(
      `insert into vivenu_ingest.runs (run_id, status, started_at, options) values ($1, 'running', $2, $3)
       on conflict do nothing`,
      [run.id, run.startedAt.toISOString(), JSON.stringify(run.options)],
    );
    await tell(client, { what: 'runs' });
  });
}

/** Closes a run's books with its report and what it did for each stream. */
export async function endRun(
  client: Client,
  run: { id: string; status: string; report: object },
  streams: readonly StreamRecord[],
): Promise<void> {
  await tell(client, { what: 'runs' });
  await client.query(
    `update vivenu_ingest.runs set progress = null, status = $2, finished_at = now(), report = $3 where run_id = $1`,
    [run.id, run.status, JSON.stringify(run.report)],
  );
  await client.query(
    `insert into vivenu_ingest.run_streams (run_id, region, schema_name, stream, mode, status, proven, api_total, stored_total,
       fetched, inserted, updated, unchanged, rejected, deleted, requests, retries, windows, seconds, finished_at, error)
     select $1, region, schema, stream, mode, status, proven, api_total, stored_total,
       fetched, inserted, updated, unchanged, rejected, deleted, requests, retries, windows, seconds, now(), error
     from jsonb_to_recordset($2::jsonb) as done (region text, schema text, stream text, mode text, status text, proven boolean,
       api_total bigint, stored_total bigint, fetched bigint, inserted bigint, updated bigint, unchanged bigint, rejected bigint,
       deleted bigint, requests bigint, retries bigint, windows bigint, seconds float8, error text)
     on conflict do nothing`,
    [run.id, JSON.stringify(streams)],
  );
}

/** Closes the books of earlier runs of any of these regions, whose locks the caller holds, that ended without doing so: they were killed, before `at`. */
export async function closeKilledRuns(db: Database, regions: readonly string[], at: Date): Promise<void> {
  await db.transaction((client) =>
    client.query(
      `update vivenu_ingest.runs set status = 'killed', finished_at = greatest(started_at, $2)
       where status = 'running' and options->'regions' ?| $1::text[]`,
      [regions, at.toISOString()],
    ),
  );
}
