/** Whether and when a failed request is sent again. */
import { isBrokenCircuitError } from 'cockatiel';
import { RetryableError } from '../errors.js';
import { isOutage, type HostBreaker } from './breaker.js';
import type { RequestLimiter } from './limiter.js';
import { BACKOFF } from './policies.js';
import { WaitTooLongError } from './turn.js';

export interface RetryOptions {
  readonly limiter: RequestLimiter;
  readonly breaker: HostBreaker;
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
  /** In all: for the budget, as vivenu asked, and in an outage. */
  waitedMs: number;
  /** Of these, what the last failure asked for and limiter or breaker have not yet waited. */
  aheadMs: number;
  /** When the last try was sent, by performance.now(); null: not yet. */
  sentAt: number | null;
  last: RetryableError | null;
}

/** What to do after a failure; `told` is what to tell of it. */
export interface Plan {
  readonly sleepMs: number;
  /** For how long limiter or breaker will hold it back. */
  readonly heldMs: number;
  readonly told?: { readonly delayMs: number; readonly reason: string };
}

/** How long to sleep before the next try. Throws the error to end with when there is none. */
export function planOf(error: unknown, progress: Progress, options: RetryOptions): Plan {
  // Another request found the host still down: the breaker holds this one until the next probe.
  if (isBrokenCircuitError(error)) {
    progress.waitedMs += sinceSent(progress);
    return { sleepMs: options.backoffMs / 10, heldMs: 0 };
  }
  if (error instanceof WaitTooLongError && progress.last !== null) {
    throw gaveUp(progress.last, error.message);
  }
  if (!(error instanceof RetryableError) || error instanceof WaitTooLongError) throw error;
  progress.last = error;
  progress.attempts++;
  return planAfter(error, progress, options);
}

function planAfter(error: RetryableError, progress: Progress, options: RetryOptions): Plan {
  const { limiter, breaker, maxWaitMs } = options;
  const limited = error.status === 429;
  // In an outage the time that is waited counts, not the tries.
  const down = isOutage(error) && breaker.state !== 'closed';
  if (down) progress.waitedMs += sinceSent(progress);
  else if (!limited && ++progress.failures > options.retries) {
    throw gaveUp(error, progress.attempts === 1 ? 'one try' : `${progress.attempts} tries`);
  }
  // A server that asks for no wait at all would be asked again without end.
  const asked = error.retryAfterMs === 0 ? undefined : error.retryAfterMs;
  const ownMs = down ? breaker.pauseMs : backoff(progress.attempts, options.backoffMs);
  const delayMs = Math.ceil(asked ?? ownMs);
  // The key pauses as a whole, here and in other processes.
  const paused = limited || asked !== undefined;
  if (paused) limiter.slow({ pauseMs: delayMs, limited, sentMsAgo: sinceSent(progress) });
  const leftMs = maxWaitMs - Math.max(progress.waitedMs, down ? breaker.downForMs : 0);
  if (delayMs > leftMs && (paused || down)) {
    const wait = `${asked === undefined ? '' : 'asked '}to wait ${seconds(delayMs)}, ${seconds(leftMs)} left of HTTP_MAX_WAIT`;
    throw gaveUp(error, down ? `vivenu is down for ${seconds(breaker.downForMs)}, ${wait}` : wait, delayMs);
  }
  const told = { delayMs, reason: error.message };
  // Limiter and breaker do the waiting, for every request that they hold.
  return paused || down ? { sleepMs: 0, heldMs: delayMs, told } : { sleepMs: delayMs, heldMs: 0, told };
}

const sinceSent = ({ sentAt }: Progress) => (sentAt === null ? 0 : performance.now() - sentAt);

function backoff(attempt: number, first: number): number {
  return Math.random() * Math.min(BACKOFF.mostMs, first * 2 ** (attempt - 1));
}

const seconds = (ms: number) => `${Math.round(Math.max(0, ms) / 100) / 10} s`;

function gaveUp(error: RetryableError, why: string, retryAfterMs?: number): RetryableError {
  return new RetryableError(`${error.message}; gave up: ${why}`, {
    cause: error,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
