import type { Database } from './client.js';
import { CHANNEL } from './notices.js';

/** What a run is reading now, as it tells it every few seconds. */
export interface ReadProgress {
  readonly regions: readonly string[];
  readonly stream: string;
  readonly mode: string;
  /** ISO 8601, UTC. */
  readonly began_at: string;
  /** Rows that are read. */
  readonly done: number;
  readonly expected: number | null;
  /** What it waits for; null: nothing. */
  readonly says: string | null;
}

/** Writes down what a run is reading, and tells those who look. */
export async function noteProgress(
  db: Pick<Database, 'query'>,
  runId: string,
  reads: readonly ReadProgress[],
): Promise<void> {
  await db.query(
    `with noted as (
       update vivenu_ingest.runs set progress = $2::jsonb where run_id = $1 and status = 'running' returning 1
     )
     select pg_notify($3, $4) from noted`,
    [runId, JSON.stringify(reads), CHANNEL, JSON.stringify({ what: 'runs' })],
  );
}
