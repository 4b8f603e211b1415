/** What each event of the engine means to the figures. */
import { RUN_STATUSES, type MetricName } from './definitions.js';
import type { Observer, SyncEvent } from '../observer.js';

/** Writing of the metrics by their names. */
export interface Recorder {
  add(name: MetricName, labels: Labels, by: number): void;
  set(name: MetricName, labels: Labels, to: number): void;
  measure(name: MetricName, labels: Labels, seconds: number): void;
  /** Forgets every value of a gauge. */
  clear(name: MetricName): void;
}

type Labels = Readonly<Record<string, string>>;
type Of<T extends SyncEvent['type']> = Extract<SyncEvent, { type: T }>;
type Handlers = { readonly [T in SyncEvent['type']]?: (event: Of<T>) => void };

const MS = 1000;
const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

/** An observer that counts. */
export function metricsObserver(to: Recorder): Observer {
  const handlers: Handlers = {
    ...streamHandlers(to),
    ...requestHandlers(to),
    ...databaseHandlers(to),
    ...runHandlers(to),
    ...deliveryHandlers(to),
    ...jobHandlers(to),
  };
  return (event) => (handlers[event.type] as ((event: SyncEvent) => void) | undefined)?.(event);
}

const error = (to: Recorder, kind: string) => to.add('vivenu_ingest_errors_total', { kind }, 1);

function streamHandlers(to: Recorder): Handlers {
  const pace = new Pace(to);
  const count = (at: Labels, outcome: string, rows: number) => {
    if (rows > 0) to.add('vivenu_ingest_rows_total', { ...at, outcome }, rows);
  };
  return {
    'run.begin': () => pace.begin(),
    page: (event) => {
      for (const region of event.regions) {
        const at = { region, stream: event.stream };
        for (const outcome of ['inserted', 'updated', 'unchanged', 'rejected'] as const)
          count(at, outcome, event[outcome]);
        pace.read(event.keyId, at, event.rows);
      }
      if (event.rejected > 0) to.add('vivenu_ingest_errors_total', { kind: 'record' }, event.rejected);
    },
    delete: ({ region, stream, rows }) => count({ region, stream }, 'deleted', rows),
    write: ({ ms }) => to.measure('vivenu_ingest_page_write_duration_seconds', {}, ms / MS),
    'stream.end': ({ keyId, status }) => {
      pace.end(keyId);
      if (status === 'failed' || status === 'incomplete') error(to, 'stream');
    },
    'region.failed': () => error(to, 'region'),
  };
}

/** Rows a second; the streams of a key are read one after the other, so that one begins where the one before ended. */
class Pace {
  readonly #to: Recorder;
  readonly #since = new Map<string, number>();
  readonly #rows = new Map<string, number>();
  #began = performance.now();

  constructor(to: Recorder) {
    this.#to = to;
  }

  begin(): void {
    this.#began = performance.now();
    this.#since.clear();
    this.#rows.clear();
  }

  read(keyId: string, at: Labels & { region: string; stream: string }, more: number): void {
    const name = `${at.region} ${at.stream}`;
    const rows = (this.#rows.get(name) ?? 0) + more;
    this.#rows.set(name, rows);
    const ms = performance.now() - (this.#since.get(keyId) ?? this.#began);
    if (ms > 0) this.#to.set('vivenu_ingest_rows_per_second', at, rows / (ms / MS));
  }

  end(keyId: string): void {
    this.#since.set(keyId, performance.now());
  }
}

function requestHandlers(to: Recorder): Handlers {
  const answered = (path: string, status: string) =>
    to.add('vivenu_ingest_requests_total', { path, status }, 1);
  return {
    request: ({ path: asked, status, ms, keyId, budgetLeft }) => {
      const path = resourceOf(asked);
      answered(path, status === 429 ? '429' : `${Math.floor(status / 100)}xx`);
      to.measure('vivenu_ingest_request_duration_seconds', { path }, ms / MS);
      if (status >= 400 && status <= 499 && status !== 429 && status !== 408) error(to, 'refused');
      if (budgetLeft !== undefined) to.set('vivenu_ingest_budget_left', { key_id: keyId }, budgetLeft);
    },
    retry: ({ path: asked, reason }) => {
      const path = resourceOf(asked);
      const kind = kindOf(reason);
      to.add('vivenu_ingest_retries_total', { path }, 1);
      error(to, kind);
      if (kind === 'timeout' || kind === 'network') answered(path, 'none');
    },
    wait: ({ reason, ms }) => to.add('vivenu_ingest_wait_seconds_total', { reason }, ms / MS),
    breaker: ({ host, state }) => to.set('vivenu_ingest_breaker_state', { host }, BREAKER_STATES[state]),
  };
}

function jobHandlers(to: Recorder): Handlers {
  return {
    job: ({ queue, outcome, ms }) => {
      to.add('vivenu_ingest_jobs_total', { queue, outcome }, 1);
      to.measure('vivenu_ingest_job_duration_seconds', { queue }, ms / MS);
    },
    backlog: ({ deliveries, jobs }) => {
      to.clear('vivenu_ingest_deliveries_open');
      for (const { region, open } of deliveries) to.set('vivenu_ingest_deliveries_open', { region }, open);
      if (jobs === null) return;
      for (const { queue, waiting, running } of jobs.queues) {
        to.set('vivenu_ingest_jobs', { queue, state: 'waiting' }, waiting);
        to.set('vivenu_ingest_jobs', { queue, state: 'running' }, running);
      }
      to.set('vivenu_ingest_jobs_dead', {}, jobs.dead.length);
      to.set('vivenu_ingest_workers', {}, jobs.workers.length);
    },
  };
}

/** Ids would make a metric of each document. */
const resourceOf = (path: string) => path.replace(/^(\/(?:events|tickets))\/.*$/s, '$1/:id');

/** What went wrong, by the words of the client's own errors. */
export function kindOf(reason: string): 'rate_limited' | 'server' | 'broken_answer' | 'timeout' | 'network' {
  const status = /^GET \S+: (\d{3})\b/.exec(reason)?.[1];
  if (status === '429') return 'rate_limited';
  if (/not JSON|the answer has no/.test(reason)) return 'broken_answer';
  if (status !== undefined) return 'server';
  return /HTTP_TIMEOUT|timeout/i.test(reason) ? 'timeout' : 'network';
}

function databaseHandlers(to: Recorder): Handlers {
  return {
    'database.wait': ({ ms }) => to.add('vivenu_ingest_database_wait_seconds_total', {}, ms / MS),
    'database.retry': () => {
      to.add('vivenu_ingest_database_retries_total', {}, 1);
      error(to, 'database');
    },
    'database.slow': () => to.add('vivenu_ingest_slow_statements_total', {}, 1),
  };
}

function deliveryHandlers(to: Recorder): Handlers {
  return {
    delivery: ({ region, outcome, ms }) => {
      to.add('vivenu_ingest_deliveries_total', { region: region ?? 'unknown', outcome }, 1);
      to.measure('vivenu_ingest_delivery_answer_duration_seconds', {}, ms / MS);
    },
    deliveries: ({ region, lagMs }) =>
      to.measure('vivenu_ingest_delivery_lag_seconds', { region }, Math.max(0, lagMs) / MS),
    drift: ({ region, stream, rows }) => to.add('vivenu_ingest_drift_rows_total', { region, stream }, rows),
  };
}

function runHandlers(to: Recorder): Handlers {
  return {
    'schedule.next': ({ region, at }) =>
      to.set('vivenu_ingest_next_run_timestamp_seconds', { region }, at / MS),
    'run.end': ({ status, seconds, regions }) => {
      to.add('vivenu_ingest_runs_total', { status }, 1);
      to.set('vivenu_ingest_last_run_duration_seconds', {}, seconds);
      to.set('vivenu_ingest_last_run_timestamp_seconds', {}, Date.now() / MS);
      for (const one of RUN_STATUSES) {
        to.set('vivenu_ingest_last_run_status', { status: one }, Number(one === status));
        for (const { region, status: ended } of regions)
          to.set('vivenu_ingest_last_run_region_status', { region, status: one }, Number(one === ended));
      }
    },
  };
}
