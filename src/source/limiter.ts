/** The budget of one key at one origin: requests an hour, requests in flight, and pauses that vivenu asked for. */
import { performance } from 'node:perf_hooks';
import { RetryableError } from '../errors.js';
import { wait } from './abort.js';

const HOUR = 3_600_000;

export interface LimiterOptions {
  /** Size of the bucket and what flows into it in an hour. */
  readonly requestsPerHour: number;
  /** Requests at the same time. */
  readonly maxInFlight: number;
}

/** Why a request is held back: the budget is empty, or vivenu (or its outage) asked for a pause. */
export type WaitReason = 'budget' | 'asked';

export interface Turn {
  readonly signal: AbortSignal;
  /** Milliseconds that this request may still wait. */
  readonly maxWaitMs: number;
  /** Called before a wait begins. */
  readonly onWait?: (ms: number, reason: WaitReason) => void;
}

/** The wait would be longer than the request may still wait; trying again at once cannot help. */
export class WaitTooLongError extends RetryableError {}

/** Admits requests in the order in which they came. */
export class RequestLimiter {
  requestsPerHour: number;
  maxInFlight: number;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;
  #pausedUntil = -Infinity;
  #inFlight = 0;
  #queue: (() => void)[] = [];

  /** `now` is a monotonic clock in milliseconds. */
  constructor(options: LimiterOptions, now: () => number = () => performance.now()) {
    this.requestsPerHour = options.requestsPerHour;
    this.maxInFlight = options.maxInFlight;
    this.#now = now;
    this.#tokens = options.requestsPerHour;
    this.#filledAt = now();
  }

  /** Runs `send` when a place and a request of the budget are free. Rejects with a WaitTooLongError, or the signal's reason. */
  async run<T>(send: () => Promise<T>, turn: Turn): Promise<T> {
    await this.#place(turn.signal);
    try {
      await this.#admit(turn);
      return await send();
    } finally {
      this.#inFlight--;
      this.#next();
    }
  }

  /** Holds back every request of the key for so many milliseconds from now; a shorter pause never ends a longer one. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms);
  }

  /** Requests that could be sent at once. */
  get available(): number {
    this.#fill();
    return Math.max(0, Math.floor(this.#tokens));
  }

  /** Takes a request out of the bucket, then waits until it is due; one that gives up puts it back. */
  async #admit({ signal, maxWaitMs, onWait }: Turn): Promise<void> {
    this.#fill();
    const due = this.#now() + Math.max(0, ((1 - this.#tokens) * HOUR) / this.requestsPerHour);
    const deadline = this.#now() + maxWaitMs;
    this.#tokens -= 1;
    try {
      // A pause can be lengthened while we wait for it.
      for (;;) {
        const until = Math.max(due, this.#pausedUntil);
        const ms = Math.ceil(until - this.#now());
        if (ms <= 0) return;
        const reason = this.#pausedUntil >= due ? 'asked' : 'budget';
        if (until > deadline) throw tooLong(ms, maxWaitMs, reason);
        onWait?.(ms, reason);
        await wait(ms, signal);
      }
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }

  #fill(): void {
    const now = this.#now();
    const flown = ((now - this.#filledAt) * this.requestsPerHour) / HOUR;
    this.#tokens = Math.min(this.requestsPerHour, this.#tokens + flown);
    this.#filledAt = now;
  }

  async #place(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#inFlight < this.maxInFlight) {
      this.#inFlight++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#queue = this.#queue.filter((waiting) => waiting !== enter);
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        this.#inFlight++;
        resolve();
      };
      this.#queue.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #next(): void {
    if (this.#inFlight < this.maxInFlight) this.#queue.shift()?.();
  }
}

function tooLong(ms: number, maxWaitMs: number, reason: WaitReason): WaitTooLongError {
  const seconds = (time: number) => `${(Math.max(0, time) / 1000).toFixed(1)} s`;
  const why =
    reason === 'budget'
      ? 'the budget of HTTP_REQUESTS_PER_HOUR is used up'
      : 'the key pauses because vivenu asked for it or is down';
  const left = `${seconds(ms)} to wait, ${seconds(maxWaitMs)} left of HTTP_MAX_WAIT`;
  return new WaitTooLongError(`${why}: ${left}`, { retryAfterMs: ms });
}

const limiters = new Map<string, RequestLimiter>();

/** The one limiter of a key in this process, so that clients made one after the other share the budget; the newest limits count. */
export function limiterFor(keyId: string, options: LimiterOptions): RequestLimiter {
  const limiter = limiters.get(keyId) ?? new RequestLimiter(options);
  limiter.requestsPerHour = options.requestsPerHour;
  limiter.maxInFlight = options.maxInFlight;
  limiters.set(keyId, limiter);
  return limiter;
}
