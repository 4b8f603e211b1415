import { FatalError } from '../errors.js';
import { Stopped } from '../source/windows.js';

/** How a stream ended: `incomplete` may end better next time, `failed` needs somebody; `skipped` was not asked for, or not due. */
export type StreamStatus = 'complete' | 'incomplete' | 'failed' | 'interrupted' | 'skipped';
/** How a stream was read: all of it, what changed, or a list without times, whole. */
export type Mode = 'full' | 'incremental' | 'snapshot' | 'skipped';

/** Rows that a run found and no delivery of a webhook had brought. */
export interface Drift {
  readonly rows: number;
  /** Of the oldest, between its change and the run. */
  readonly late_seconds: number;
  /** Changes until then were looked at; those after it may be delivered yet, and are left to the next run. */
  readonly up_to: string;
}

/** What one run did for one stream of one region; every count is of rows save `requests`, `retries` and `windows`. */
export class Tally {
  readonly stream: string;
  mode: Mode = 'skipped';
  status: StreamStatus = 'skipped';
  proven = false;
  /** How completeness was shown: every id compared, or counts. */
  proof: 'ids' | 'counts' | null = null;
  /** Rows that vivenu lists; null when one count served several regions. */
  apiTotal: number | null = null;
  storedTotal: number | null = null;
  fetched = 0;
  inserted = 0;
  updated = 0;
  unchanged = 0;
  /** Records that are set aside when the run ends, whenever that happened. */
  rejected = 0;
  deleted = 0;
  /** Stored rows without an update time, whose edits only full reads see; null for a stream without times. */
  withoutUpdateTime: number | null = null;
  requests = 0;
  retries = 0;
  windows = 0;
  seconds = 0;
  error: string | undefined;
  /** Rows that no delivery of a webhook brought; null where deliveries are not expected, or it was not looked. */
  drift: Drift | null = null;
  readonly warnings: string[] = [];

  constructor(stream: string) {
    this.stream = stream;
  }

  /** Notes why the stream did not end well; the first reason stays. */
  fail(error: unknown): void {
    if (this.status === 'failed' || this.status === 'interrupted') return;
    this.status = statusOf(error);
    this.error ??=
      error instanceof Stopped ? 'interrupted; the next run goes on from here' : messageOf(error);
  }
}

/** What one run did for the summaries of a region. */
export interface Summaries {
  status: 'complete' | 'failed' | 'skipped';
  /** Events whose summaries were worked out again. */
  events: number;
  /** Rows of summaries that were added, changed or removed. */
  rows: number;
  seconds: number;
  error: string | undefined;
  readonly warnings: string[];
}

export const noSummaries = (): Summaries => ({
  status: 'skipped',
  events: 0,
  rows: 0,
  seconds: 0,
  error: undefined,
  warnings: [],
});

/** What an error makes of a stream: again or stop. */
export function statusOf(error: unknown): StreamStatus {
  if (error instanceof Stopped) return 'interrupted';
  return error instanceof Error && error.name === 'RetryableError' ? 'incomplete' : 'failed';
}

/** One sentence of an error for a report; PostgreSQL's own words with their code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string' && !(error instanceof FatalError))
    return `${error.message} (${error.code})`;
  return error.message;
}
