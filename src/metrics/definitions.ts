/** Every metric of ours as data: documentation, dashboard and alert rules are tested against it. */

export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[];
  /** `live`: only where it is scraped, since it is wrong a moment later. `kept`: a run that cannot tell leaves what the last one told. */
  readonly only?: 'live' | 'kept';
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const AT = ['region', 'stream'];

/** By name. A counter counts since the process began, or, in METRICS_FILE, over all runs that wrote the file. */
export const METRICS = {
  vivenu_ingest_info: { type: 'gauge', help: 'Always 1; the version is its label.', labels: ['version'] },
  vivenu_ingest_rows_total: {
    type: 'counter',
    help: 'Rows of pages read, by what became of them: inserted, updated, unchanged, rejected (newly set aside), deleted (marked).',
    labels: [...AT, 'outcome'],
  },
  vivenu_ingest_rows_per_second: {
    type: 'gauge',
    help: 'Rows a second of the stream that is being read, or was read last.',
    labels: AT,
  },
  vivenu_ingest_page_write_duration_seconds: {
    type: 'histogram',
    help: 'Time from the begin to the commit of a page, retries included.',
    labels: [],
    buckets: SECONDS,
  },
  vivenu_ingest_requests_total: {
    type: 'counter',
    help: 'Requests to vivenu by status: 2xx, 3xx, 4xx, 429, 5xx, or none for one without an answer that was tried again.',
    labels: ['path', 'status'],
  },
  vivenu_ingest_request_duration_seconds: {
    type: 'histogram',
    help: 'Time of a request that was answered, without its waits.',
    labels: ['path'],
    buckets: SECONDS,
  },
  vivenu_ingest_retries_total: {
    type: 'counter',
    help: 'Requests that were tried again.',
    labels: ['path'],
  },
  vivenu_ingest_wait_seconds_total: {
    type: 'counter',
    help: 'Time that requests were held back, by reason: budget, asked (by vivenu), outage. Requests that wait side by side count each.',
    labels: ['reason'],
  },
  vivenu_ingest_errors_total: {
    type: 'counter',
    help: 'Errors by kind: rate_limited, server, timeout, network, broken_answer (tried again), refused, record (set aside), stream, region, database (a lost connection or an undone transaction).',
    labels: ['kind'],
  },
  vivenu_ingest_budget_left: {
    type: 'gauge',
    help: 'Requests of the key that could be sent at once.',
    labels: ['key_id'],
  },
  vivenu_ingest_breaker_state: {
    type: 'gauge',
    help: 'Breaker of the host: 0 closed, 1 half-open, 2 open.',
    labels: ['host'],
  },
  vivenu_ingest_proven_timestamp_seconds: {
    type: 'gauge',
    help: 'Up to when the stored rows are proven to be all that vivenu has.',
    labels: AT,
    only: 'kept',
  },
  vivenu_ingest_lag_seconds: {
    type: 'gauge',
    help: 'How far the proven rows are behind vivenu: now less the proven timestamp.',
    labels: AT,
    only: 'live',
  },
  vivenu_ingest_rejects_open: {
    type: 'gauge',
    help: 'Records that are set aside.',
    labels: AT,
    only: 'kept',
  },
  vivenu_ingest_database_connections: {
    type: 'gauge',
    help: 'Connections of the pool: open, idle, and waiting (pieces of work that wait for one).',
    labels: ['state'],
    only: 'live',
  },
  vivenu_ingest_database_wait_seconds_total: {
    type: 'counter',
    help: 'Time for which PostgreSQL was away and waited for.',
    labels: [],
  },
  vivenu_ingest_database_retries_total: {
    type: 'counter',
    help: 'Transactions that were run again: a connection was lost, or the server undid one because of another.',
    labels: [],
  },
  vivenu_ingest_slow_statements_total: {
    type: 'counter',
    help: 'Statements that took longer than POSTGRES_SLOW_STATEMENT.',
    labels: [],
  },
  vivenu_ingest_runs_total: {
    type: 'counter',
    help: 'Runs by how they ended: complete, incomplete, failed, interrupted.',
    labels: ['status'],
  },
  vivenu_ingest_last_run_status: {
    type: 'gauge',
    help: '1 for the way in which the last run ended, 0 for the others.',
    labels: ['status'],
  },
  vivenu_ingest_last_run_region_status: {
    type: 'gauge',
    help: '1 for the way in which the last run ended for the region, 0 for the others.',
    labels: ['region', 'status'],
    only: 'kept',
  },
  vivenu_ingest_last_run_duration_seconds: { type: 'gauge', help: 'How long the last run took.', labels: [] },
  vivenu_ingest_last_run_timestamp_seconds: { type: 'gauge', help: 'When the last run ended.', labels: [] },
  vivenu_ingest_next_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the schedule of the region asks for the next run; in the past while that waits.',
    labels: ['region'],
    only: 'live',
  },
  vivenu_ingest_deliveries_total: {
    type: 'counter',
    help: 'Deliveries of webhooks by answer: accepted, doubled, unsigned (401), refused (403, 404), unreadable (400, 413), unavailable (503).',
    labels: ['region', 'outcome'],
  },
  vivenu_ingest_delivery_answer_duration_seconds: {
    type: 'histogram',
    help: 'Time until a delivery was answered.',
    labels: [],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  vivenu_ingest_delivery_lag_seconds: {
    type: 'histogram',
    help: 'Time from the receipt of a delivery until its rows were committed, of the oldest of those worked off together.',
    labels: ['region'],
    buckets: SECONDS,
  },
  vivenu_ingest_deliveries_open: {
    type: 'gauge',
    help: 'Deliveries that wait to be worked off.',
    labels: ['region'],
    only: 'live',
  },
  vivenu_ingest_jobs_total: {
    type: 'counter',
    help: 'Jobs of this process by how they ended: done, again (tried once more), dead (set aside).',
    labels: ['queue', 'outcome'],
  },
  vivenu_ingest_job_duration_seconds: {
    type: 'histogram',
    help: 'How long a job took.',
    labels: ['queue'],
    buckets: SECONDS,
  },
  vivenu_ingest_jobs: {
    type: 'gauge',
    help: 'Jobs that wait or run, on all machines.',
    labels: ['queue', 'state'],
    only: 'live',
  },
  vivenu_ingest_jobs_dead: {
    type: 'gauge',
    help: 'Jobs that were set aside after their last try.',
    labels: [],
    only: 'live',
  },
  vivenu_ingest_workers: {
    type: 'gauge',
    help: 'Workers that were heard of within half a minute.',
    labels: [],
    only: 'live',
  },
  vivenu_ingest_drift_rows_total: {
    type: 'counter',
    help: 'Rows that a run found and that no delivery had brought, of regions with a webhook key.',
    labels: AT,
  },
  vivenu_ingest_peak_memory_bytes: {
    type: 'gauge',
    help: 'Most memory that the process ever held (resident).',
    labels: [],
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof METRICS;

/** How a run can end, the statuses of `last_run_status`. */
export const RUN_STATUSES = ['complete', 'incomplete', 'failed', 'interrupted'] as const;
