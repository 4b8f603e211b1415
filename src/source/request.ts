/**
 * The one function that sends a request: retry around the key's limiter around breaker around time-out around the exchange.
 * Nothing else in this programme repeats a request.
 */
import {
  circuitBreaker,
  ConsecutiveBreaker,
  handleType,
  handleWhen,
  retry,
  timeout,
  TimeoutStrategy,
} from 'cockatiel';
import { RetryableError } from '../errors.js';
import { abortable, wait } from './abort.js';
import {
  createExchange,
  type Answer,
  type Exchange,
  type ExchangeOptions,
  type Question,
} from './exchange.js';
import type { WaitReason } from './limiter.js';
import { MAX_BACKOFF, planOf, type Progress, type RetryOptions } from './retry-plan.js';

/** Failures in a row after which the key pauses, and one request alone tries whether vivenu is back. */
const BREAK_AFTER = 5;
/** How long it pauses then, in first back-offs: 10 s. */
const BREAK_LENGTH = 20;

/** Asks once more; the wait before it is over. */
class Again extends Error {}

export type SenderOptions = ExchangeOptions & RetryOptions & { readonly timeoutMs: number };

/** Sends until there is an answer or a reason to stop. */
export type Send = <T>(question: Question<T>) => Promise<Answer<T>>;

/** Composes the policies once and returns the function that sends. It throws FatalError, RetryableError, or the signal's reason. */
export function createSender(options: SenderOptions): Send {
  const { limiter, stats, onEvent } = options;
  const exchange = guarded(options);
  // Cockatiel's own wait cannot be aborted, so we wait ourselves before we ask it for the next try.
  const again = retry(handleType(Again), { maxAttempts: Number.MAX_SAFE_INTEGER });

  const attempt = async <T>(question: Question<T>, progress: Progress): Promise<Answer<T>> => {
    const { signal, path } = question;
    const onWait = (ms: number, reason: WaitReason) => {
      progress.waitedMs += ms;
      stats.waitedMs += ms;
      onEvent({ type: 'wait', ms, reason });
    };
    try {
      const maxWaitMs = options.maxWaitMs - progress.waitedMs;
      return await limiter.run(() => exchange(question, signal), { signal, maxWaitMs, onWait });
    } catch (error) {
      signal.throwIfAborted();
      const { sleepMs, told } = planOf(error, progress, options);
      if (told !== undefined) {
        stats.retries++;
        onEvent({ type: 'retry', path, attempt: progress.attempts, ...told });
      }
      stats.waitedMs += sleepMs;
      await wait(sleepMs, signal);
      throw new Again();
    }
  };

  return (question) => {
    const progress: Progress = { failures: 0, attempts: 0, waitedMs: 0, last: null };
    const answer = again.execute(() => attempt(question, progress), question.signal);
    return abortable(answer, question.signal);
  };
}

/** The exchange behind the breaker of the key and a time-out. */
function guarded(options: SenderOptions): Exchange {
  const { limiter, timeoutMs, backoffMs, maxWaitMs } = options;
  const exchange = createExchange(options);
  // Aggressive would hold on to each page a little longer, and double the CPU of a page by garbage collection.
  const limit = timeout(timeoutMs, TimeoutStrategy.Cooperative);
  // A request must be able to outwait several pauses.
  const breakMs = Math.min(backoffMs * BREAK_LENGTH, MAX_BACKOFF, maxWaitMs / 10);
  const breaker = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: breakMs,
    breaker: new ConsecutiveBreaker(BREAK_AFTER),
  });
  breaker.onBreak(() => limiter.pause(breakMs));
  return (question, signal) =>
    breaker.execute(async () => {
      try {
        return await limit.execute((inner) => exchange(question, inner.signal), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!isLate(error)) throw error;
        const seconds = `${timeoutMs / 1000} s (HTTP_TIMEOUT)`;
        throw new RetryableError(`GET ${question.path}: no whole answer within ${seconds}`, { cause: error });
      }
    }, signal);
}

/** The time-out aborts the exchange. */
function isLate(error: unknown): boolean {
  return error instanceof RetryableError && error.cause instanceof Error && error.cause.name === 'AbortError';
}

/** A 429 is an answer of a server that is well. */
const isOutage = (error: unknown) => error instanceof RetryableError && error.status !== 429;
