/** What holds the requests of one key at one origin back: the budget, pauses that vivenu asked for, and how many may be in flight. */
import { bulkhead, isBrokenCircuitError, type BulkheadPolicy } from 'cockatiel';
import { abortable, linkSignals, wait } from './abort.js';
import { OwnBooks, slowDown, takeRequests, type BudgetBooks, type Change, type Refusal } from './budget.js';
import { LEASE } from './policies.js';
import { WaitTooLongError, type Turn, type WaitReason } from './turn.js';

export { WaitTooLongError, type Turn, type WaitReason } from './turn.js';

export interface LimiterOptions {
  /** Size of the bucket and what flows into it in an hour. */
  readonly requestsPerHour: number;
  /** Requests at the same time. */
  readonly maxInFlight: number;
  /** Where the budget is shared with other processes. @default it is this process's own */
  readonly books?: BudgetBooks | undefined;
  /** Called when the books cannot be used, so that this process counts for itself for a while. */
  readonly onFault?: (error: unknown) => void;
}

/** Admits requests in the order in which they came. */
export class RequestLimiter {
  #options: LimiterOptions;
  #bulkhead: BulkheadPolicy;
  readonly #now: () => number;
  /** A mirror of the shared books, and the books themselves where there are no others. */
  readonly #own: OwnBooks;
  #booksUsableAt = -Infinity;
  #lease = { left: 0, dueAt: -Infinity, paced: false, until: -Infinity };
  #unused = 0;
  #answered = 0;
  #pausedUntil = -Infinity;
  /** Uses of the books, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #users = 0;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(options: LimiterOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#bulkhead = bulkhead(options.maxInFlight, Infinity);
    this.#now = now;
    this.#own = new OwnBooks(now);
  }

  get requestsPerHour(): number {
    return this.#options.requestsPerHour;
  }

  /** Requests that could be sent at once, as far as this process knows. */
  get available(): number {
    const inBucket = this.#own.left(this.requestsPerHour) + this.#unused + this.#lease.left;
    return Math.max(0, Math.floor(Math.min(this.requestsPerHour, inBucket)));
  }

  /** Takes new limits for all who use it; whoever joins leaves once. */
  join(options: LimiterOptions): void {
    if (options.maxInFlight !== this.#options.maxInFlight)
      this.#bulkhead = bulkhead(options.maxInFlight, Infinity);
    if (options.books !== this.#options.books) this.#booksUsableAt = -Infinity;
    this.#options = options;
    this.#users++;
  }

  /** The last to leave gives back what was taken and not sent. */
  async leave(): Promise<void> {
    if (--this.#users > 0) return;
    const returned = this.#inTurn(() => this.#take(0));
    const late = AbortSignal.timeout(LEASE.closeMs);
    await Promise.race([returned, new Promise((resolve) => late.addEventListener('abort', resolve))]);
    if (this.#users === 0) this.#options = { ...this.#options, books: undefined };
  }

  /** Runs `send` when a place and a request of the budget are free. Rejects with a WaitTooLongError, or the signal's reason while it waits. */
  async run<T>(send: () => Promise<T>, turn: Turn): Promise<T> {
    const waiting = linkSignals([turn.signal]);
    const work = this.#bulkhead.execute(async () => {
      waiting.signal.throwIfAborted();
      await this.#admit(turn);
      waiting.unlink();
      try {
        const answer = await send();
        this.#answered++;
        return answer;
      } catch (error) {
        // The breaker let nothing through.
        if (isBrokenCircuitError(error)) this.#unused++;
        throw error;
      }
    });
    try {
      return await abortable(work, waiting.signal);
    } finally {
      waiting.unlink();
    }
  }

  /** Holds back every request of the key for so many milliseconds from now; a shorter pause never ends a longer one. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms);
  }

  /** The same for all who share the books, with a slower pace after a 429. */
  slow({ pauseMs, limited, sentMsAgo }: Omit<Refusal, 'requestsPerHour'>): void {
    this.pause(pauseMs);
    const sentAt = this.#now() - sentMsAgo;
    void this.#inTurn(() =>
      this.#change((state, now) => {
        const { requestsPerHour } = this;
        const refusal = { requestsPerHour, pauseMs, limited, sentMsAgo: this.#now() - sentAt };
        return { state: slowDown(state, now, refusal), result: undefined };
      }),
    );
  }

  /** Takes a request out of the bucket, then waits until it is due; one that gives up puts it back. */
  async #admit({ signal, maxWaitMs, onWait }: Turn): Promise<void> {
    const deadline = this.#now() + maxWaitMs;
    const { dueAt, paced } = await this.#inTurn(() => this.#next());
    try {
      // A pause can be lengthened while we wait for it.
      for (;;) {
        signal.throwIfAborted();
        const until = Math.max(dueAt, this.#pausedUntil);
        const ms = Math.ceil(until - this.#now());
        if (ms <= 0) return;
        const reason: WaitReason = paced || this.#pausedUntil >= dueAt ? 'asked' : 'budget';
        if (until > deadline) throw new WaitTooLongError(ms, deadline - this.#now(), reason);
        onWait?.(ms, reason);
        await wait(ms, signal);
        // Other processes may have been told to pause meanwhile.
        if (ms > LEASE.ms) await this.#inTurn(() => this.#take(0));
      }
    } catch (error) {
      this.#unused++;
      throw error;
    }
  }

  /** The next request of the lease, or of a new one. */
  async #next(): Promise<{ dueAt: number; paced: boolean }> {
    if (this.#lease.left === 0 || this.#now() >= this.#lease.until) await this.#take(LEASE.requests);
    this.#lease.left--;
    return this.#lease;
  }

  /** Gives back what was taken and not sent, and takes up to so many in its place; 0 only looks. */
  async #take(want: number): Promise<void> {
    const [unused, answered] = [this.#unused + this.#lease.left, this.#answered];
    this.#unused = this.#answered = this.#lease.left = 0;
    const { requestsPerHour } = this;
    const ask = { requestsPerHour, want, unused, answered };
    const grant = await this.#change((state, now) => takeRequests(state, now, ask));
    const dueAt = this.#now() + grant.dueMs;
    this.#lease = { left: grant.granted, dueAt, paced: grant.paced, until: dueAt + LEASE.ms };
    if (grant.pausedMs > 0) this.pause(grant.pausedMs);
  }

  /** Changes the shared books, and this process's own with them; its own alone where the others fail. */
  async #change<T>(change: Change<T>): Promise<T> {
    const { books, onFault } = this.#options;
    if (books === undefined || this.#now() < this.#booksUsableAt) return await this.#own.change(change);
    try {
      return await books.change((state, now) => {
        const changed = change(state, now);
        this.#own.adopt(changed.state, now);
        return changed;
      });
    } catch (error) {
      this.#booksUsableAt = this.#now() + LEASE.afterFaultMs;
      onFault?.(error);
      return await this.#own.change(change);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

const limiters = new Map<string, RequestLimiter>();

/** The one limiter of a key in this process, so that clients made one after the other share the budget; the newest limits count until `leave()`. */
export function limiterFor(keyId: string, options: LimiterOptions): RequestLimiter {
  const limiter = limiters.get(keyId) ?? new RequestLimiter(options);
  limiters.set(keyId, limiter);
  limiter.join(options);
  return limiter;
}
