/** Waiting for a server that is away: it restarts, recovers, or the network to it is broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.js';
import type { Observer } from '../observer.js';
import { errorFacts } from './connection.js';
import { isAway as isAnyhowAway } from './transient.js';

/** The first wait, which doubles up to the longest: a server that is back is noticed soon, one that is not is left alone. */
const FIRST_MS = 100;
const LONGEST_MS = 2000;

export interface ReachOptions {
  /** Of the server, for messages. */
  readonly place: string;
  /** How long it may be away. */
  readonly maxWaitMs: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  readonly observe?: Observer | undefined;
  /** Whether a failure says that the server is away. @default for every way in which no connection comes about */
  readonly isAway?: (error: unknown) => boolean;
  /** Asks for a sign of life; rejects when there is none. */
  readonly probe: () => Promise<void>;
}

/** One server as everybody who uses it waits for it: while it is away one asks for it, and the others wait for the answer. */
export class Reach {
  readonly #options: ReachOptions;
  readonly #isAway: (error: unknown) => boolean;
  #return: Promise<void> | null = null;

  constructor(options: ReachOptions) {
    this.#options = options;
    this.#isAway = options.isAway ?? isAnyhowAway;
  }

  /** Runs `connect` when the server can be reached. Throws a RetryableError when it stays away, any other failure as it is. */
  async through<T>(connect: () => Promise<T>): Promise<T> {
    let deadline = Infinity;
    for (;;) {
      await this.#return;
      try {
        return await connect();
      } catch (error) {
        if (!this.#isAway(error)) throw error;
        const now = performance.now();
        if (now > deadline) throw this.#gaveUp(error, this.#options.maxWaitMs);
        deadline = Math.min(deadline, now + this.#options.maxWaitMs);
        this.#return ??= this.#untilBack(error).finally(() => (this.#return = null));
      }
    }
  }

  async #untilBack(first: unknown): Promise<void> {
    const { maxWaitMs, signal, observe, probe } = this.#options;
    const began = performance.now();
    const awayMs = () => Math.round(performance.now() - began);
    let error = first;
    for (let longest = FIRST_MS; ; longest = Math.min(LONGEST_MS, longest * 2)) {
      // Not all at the same moment, where several processes wait for one server.
      const ms = Math.round(longest * (0.5 + Math.random() / 2));
      if (awayMs() + ms > maxWaitMs || signal?.aborted) throw this.#gaveUp(error, awayMs());
      observe?.({ type: 'database.wait', ms, awayMs: awayMs(), reason: errorFacts(error).message });
      await sleep(ms, undefined, { signal }).catch(() => undefined);
      try {
        await probe();
        observe?.({ type: 'database.back', awayMs: awayMs() });
        return;
      } catch (again) {
        if (!this.#isAway(again)) throw again;
        error = again;
      }
    }
  }

  #gaveUp(error: unknown, awayMs: number): RetryableError {
    const { place, signal, maxWaitMs } = this.#options;
    const waited = signal?.aborted
      ? 'not waited for any longer, because the run is being stopped'
      : `away for ${Math.round(awayMs / 1000)} s, and POSTGRES_MAX_WAIT is ${maxWaitMs / 1000} s`;
    return new RetryableError(`PostgreSQL at ${place}: ${errorFacts(error).message}; ${waited}`, {
      cause: error,
    });
  }
}
