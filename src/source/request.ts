/**
 * The one function that sends a request: retry around bulkhead and budget of the key around the host's breaker around a time-out
 * around the exchange. Nothing else in this programme repeats a request.
 */
import { handleType, isBrokenCircuitError, retry, timeout, TimeoutStrategy } from 'cockatiel';
import { FatalError, RetryableError } from '../errors.js';
import { abortable, linkSignals, wait } from './abort.js';
import type { Answer, ClientEvent, ClientStats, Exchange, Question } from './exchange.js';
import { planOf, type Progress, type RetryOptions } from './retry-plan.js';
import { WaitTooLongError, type Turn } from './turn.js';

/** Asks once more; the wait before it is over. */
class Again extends Error {}

export interface SenderOptions extends RetryOptions {
  /** For one whole answer. */
  readonly timeoutMs: number;
  readonly stats: ClientStats;
  readonly onEvent: (event: ClientEvent) => void;
  /** Ends every wait, and leaves what was sent to be answered. */
  readonly stop?: AbortSignal | undefined;
}

/** Sends until there is an answer or a reason to stop. */
export type Send = <T>(question: Question<T>) => Promise<Answer<T>>;

/** Composes the policies around an exchange, once, and returns the function that sends. It throws FatalError, RetryableError, or a signal's reason. */
export function createSender(exchange: Exchange, options: SenderOptions): Send {
  // Cockatiel's own wait cannot be aborted, so we wait ourselves before we ask it for the next try.
  const again = retry(handleType(Again), { maxAttempts: Number.MAX_SAFE_INTEGER });
  const attempt = attempts(timed(exchange, options.timeoutMs), options);
  return async (question) => {
    const progress: Progress = {
      failures: 0,
      attempts: 0,
      waitedMs: 0,
      aheadMs: 0,
      sentAt: null,
      last: null,
    };
    const waiting = linkSignals([question.signal, options.stop]);
    try {
      const answer = again.execute(() => attempt(question, progress, waiting.signal), question.signal);
      return await abortable(answer, question.signal);
    } finally {
      waiting.unlink();
    }
  };
}

type Attempt = <T>(question: Question<T>, progress: Progress, waiting: AbortSignal) => Promise<Answer<T>>;

/** One try: through breaker and limiter, and on a failure the wait before the next. */
function attempts(exchange: Exchange, options: SenderOptions): Attempt {
  const { limiter, breaker, stats, onEvent, maxWaitMs } = options;
  return async (question, progress, waiting) => {
    const { signal, path } = question;
    const turn = turns(progress, waiting, options);
    progress.sentAt = null;
    const send = () => {
      progress.sentAt = performance.now();
      return breaker.run(() => exchange(question, signal), signal);
    };
    try {
      await breaker.ready(turn(maxWaitMs - breaker.downForMs));
      return await limiter.run(send, turn(maxWaitMs));
    } catch (error) {
      waiting.throwIfAborted();
      refuseAgain(question, error);
      if (!isBrokenCircuitError(error) && !(error instanceof WaitTooLongError)) question.failed?.(error);
      const { sleepMs, heldMs, told } = planOf(error, progress, options);
      if (told !== undefined) {
        stats.retries++;
        onEvent({ type: 'retry', path, attempt: progress.attempts, ...told });
      }
      stats.waitedMs += sleepMs + heldMs;
      progress.waitedMs += heldMs;
      progress.aheadMs = heldMs;
      if (sleepMs > 0) await wait(sleepMs, waiting);
      throw new Again();
    }
  };
}

/** What makes a document is sent again only where vivenu says that it did nothing: a lost answer may have made it. */
function refuseAgain({ method }: Pick<Question<unknown>, 'method'>, error: unknown): void {
  if (method !== 'POST' || !(error instanceof RetryableError) || error instanceof WaitTooLongError) return;
  if (error.status === 429) return;
  const mend =
    'whether vivenu did it is not known, so it was not asked again: look, then give the command again';
  throw new FatalError(`${error.message}; ${mend}`, { cause: error });
}

/** What a question may spend on a wait now, at most as given; its waits are added up. */
function turns(progress: Progress, signal: AbortSignal, { maxWaitMs, stats, onEvent }: SenderOptions) {
  return (most: number): Turn => ({
    signal,
    maxWaitMs: Math.min(most, maxWaitMs - progress.waitedMs + progress.aheadMs),
    onWait: (ms, reason) => {
      // What was counted when it was asked for is not counted again.
      const more = Math.max(0, ms - progress.aheadMs);
      progress.aheadMs = Math.max(0, progress.aheadMs - ms);
      progress.waitedMs += more;
      stats.waitedMs += more;
      onEvent({ type: 'wait', ms, reason });
    },
  });
}

/** The exchange within a time-out. */
function timed(exchange: Exchange, timeoutMs: number): Exchange {
  // Aggressive would hold on to each page a little longer, and double the CPU of a page by garbage collection.
  const limit = timeout(timeoutMs, TimeoutStrategy.Cooperative);
  return async (question, signal) => {
    try {
      return await limit.execute((inner) => exchange(question, inner.signal), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isLate(error)) throw error;
      const seconds = `${timeoutMs / 1000} s (HTTP_TIMEOUT)`;
      throw new RetryableError(
        `${question.method ?? 'GET'} ${question.path}: no whole answer within ${seconds}`,
        { cause: error },
      );
    }
  };
}

/** The time-out aborts the exchange. */
function isLate(error: unknown): boolean {
  return error instanceof RetryableError && error.cause instanceof Error && error.cause.name === 'AbortError';
}
