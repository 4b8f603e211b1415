import type { Config } from '../config/config.js';
import type { Database } from '../load/client.js';
import type { Observer } from '../observer.js';
import type { VivenuHTTPClient } from '../source/client.js';
import type { Region } from './region.js';

/** What a run was asked for. */
export interface RunOptions {
  /** Regions by name; null: all. */
  readonly regions: readonly string[] | null;
  /** Groups of streams; null: all. */
  readonly only: readonly string[] | null;
  /** Read everything, not only what changed. */
  readonly full: boolean;
  readonly dryRun: boolean;
  /** Ask vivenu nothing: derive columns and summaries from what is stored. */
  readonly skipFetch: boolean;
  /** Wait for another run that holds a region instead of refusing. */
  readonly wait: boolean;
  /** `<region>/<stream>` whose deletes are confirmed. */
  readonly allowDeletes: readonly string[];
  /** When a schedule asked for it, in ISO 8601: it counts as begun then at the earliest, whatever this machine's clock says. */
  readonly due?: string;
}

/** Everything of every region that changed. */
export const WHOLE_RUN: RunOptions = {
  regions: null,
  only: null,
  full: false,
  dryRun: false,
  skipFetch: false,
  wait: false,
  allowDeletes: [],
};

/** One run, as every part of the engine sees it. */
export interface Run {
  readonly id: string;
  readonly config: Config;
  readonly options: RunOptions;
  readonly db: Database;
  readonly observe: Observer;
  /** Aborted when no further page is to be begun. */
  readonly stop: AbortSignal;
}

/** One key of vivenu with the regions that it serves. */
export interface Account {
  readonly keyId: string;
  readonly client: VivenuHTTPClient;
  readonly regions: readonly Region[];
  /** Server times of this run, from the first answer's `Date`; set by the first answer. */
  clock: Clock | null;
  /** Rows of the timed stream that vivenu lists for all its regions together; null until counted. */
  total: number | null;
}

/** Milliseconds since 1970. */
export interface Clock {
  /** When the run began. */
  readonly beganAt: number;
  /** Nothing is read beyond it, so that rows can leave what is read but never enter it. */
  readonly until: number;
  /** By this machine's clock, because vivenu told no time. */
  readonly isLocal?: true;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The run's clock from an answer: the server's `Date`, or the local clock of the request with room for its error. */
export function clockOf(answer: { readonly serverTime: number | null; readonly requestedAt: number }): Clock {
  if (answer.serverTime === null) {
    const beganAt = answer.requestedAt - 5 * MINUTE;
    return { beganAt, until: beganAt, isLocal: true };
  }
  return { beganAt: answer.serverTime, until: answer.serverTime - 2 * SECOND };
}
