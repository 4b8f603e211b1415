/** Whether and when a failed request is sent again. */
import { isBrokenCircuitError } from 'cockatiel';
import { RetryableError } from '../errors.js';
import { WaitTooLongError, type RequestLimiter } from './limiter.js';

/** Longest back-off that is not asked for by vivenu. */
export const MAX_BACKOFF = 30_000;
export interface RetryOptions {
  readonly limiter: RequestLimiter;
  readonly retries: number;
  readonly maxWaitMs: number;
  readonly backoffMs: number;
}

/** How far one question has come. */
export interface Progress {
  /** Failures that count against `retries`. */
  failures: number;
  /** Every failure. */
  attempts: number;
  waitedMs: number;
  last: RetryableError | null;
}

/** What to do after a failure; `told` is what to tell of it. */
export interface Plan {
  readonly sleepMs: number;
  readonly told?: { readonly delayMs: number; readonly reason: string };
}

/** How long to sleep before the next try. Throws the error to end with when there is none. */
export function planOf(error: unknown, progress: Progress, options: RetryOptions): Plan {
  // Another request found vivenu still down: the limiter holds this one until the pause is over.
  if (isBrokenCircuitError(error)) return { sleepMs: options.backoffMs / 10 };
  if (error instanceof WaitTooLongError && progress.last !== null) {
    throw gaveUp(progress.last, error.message);
  }
  if (!(error instanceof RetryableError) || error instanceof WaitTooLongError) throw error;
  progress.last = error;
  progress.attempts++;
  const limited = error.status === 429;
  if (!limited && ++progress.failures > options.retries) {
    throw gaveUp(error, progress.attempts === 1 ? 'one try' : `${progress.attempts} tries`);
  }
  // A server that asks for no wait at all would be asked again without end.
  const asked = error.retryAfterMs === 0 ? undefined : error.retryAfterMs;
  const delayMs = Math.ceil(asked ?? backoff(progress.attempts, options.backoffMs));
  if (limited) options.limiter.pause(delayMs);
  const leftMs = Math.max(0, options.maxWaitMs - progress.waitedMs);
  if (delayMs > leftMs && (limited || asked !== undefined)) {
    const wait = `asked to wait ${seconds(delayMs)}, ${seconds(leftMs)} left of HTTP_MAX_WAIT`;
    throw gaveUp(error, wait, delayMs);
  }
  const told = { delayMs, reason: error.message };
  // After a 429 the limiter does the waiting, for every request of the key.
  if (limited) return { sleepMs: 0, told };
  if (asked !== undefined) progress.waitedMs += delayMs;
  return { sleepMs: delayMs, told };
}

function backoff(attempt: number, first: number): number {
  return Math.random() * Math.min(MAX_BACKOFF, first * 2 ** (attempt - 1));
}

const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;

function gaveUp(error: RetryableError, why: string, retryAfterMs?: number): RetryableError {
  return new RetryableError(`${error.message}; gave up: ${why}`, {
    cause: error,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
