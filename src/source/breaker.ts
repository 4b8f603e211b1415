/** The breaker of a host: shared by every client of this process that speaks to it. */
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  type CircuitBreakerPolicy,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import { RetryableError } from '../errors.js';
import { wait } from './abort.js';
import { BREAKER } from './policies.js';
import { WaitTooLongError, type Turn } from './turn.js';

/** Closed: the host answers. Open: it does not, and is left alone. Half-open: one request tries whether it is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A change of state, and the failure that led to it. */
export interface BreakerChange {
  readonly state: BreakerState;
  readonly reason: string | undefined;
}

/** A failure that shows nothing of a host that is well: an answer of 4xx, also 408 and 429, does. */
export function isOutage(error: unknown): error is RetryableError {
  return error instanceof RetryableError && !(error.status !== undefined && isOfUs(error.status));
}

const isOfUs = (status: number) => status >= 400 && status <= 499;

/** Opens after failures in a row and lets single requests through from time to time, until one is answered. */
export class HostBreaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #now: () => number;
  readonly #listeners = new Set<(change: BreakerChange) => void>();
  #openUntil = -Infinity;
  #downSince: number | null = null;
  /** What is under way while half-open. */
  #probe: Promise<unknown> = Promise.resolve();
  #reason: string | undefined;

  /** `pausesMs` come before each further probe, the last one again and again; `now` is a monotonic clock in milliseconds. */
  constructor(pausesMs: readonly number[], now: () => number = () => performance.now()) {
    this.#now = now;
    const halfOpenAfter = new DelegateBackoff<IHalfOpenAfterBackoffContext>(({ attempt }) => {
      const ms = pausesMs[Math.min(attempt, pausesMs.length) - 1] ?? 0;
      this.#openUntil = this.#now() + ms;
      this.#downSince ??= this.#now();
      // Cockatiel would measure the pause by the clock on the wall, which can be set back.
      return -Infinity;
    });
    const breaker = new ConsecutiveBreaker(BREAKER.failures);
    this.#policy = circuitBreaker(handleWhen(isOutage), { halfOpenAfter, breaker });
    this.#policy.onReset(() => (this.#downSince = null));
    this.#policy.onStateChange(() => this.#tell());
  }

  get state(): BreakerState {
    if (this.#policy.state === CircuitState.Closed) return 'closed';
    return this.#policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** Milliseconds since the host went down; 0 while it is up. */
  get downForMs(): number {
    return this.#downSince === null ? 0 : this.#now() - this.#downSince;
  }

  /** Milliseconds until a probe may be sent. */
  get pauseMs(): number {
    return this.state === 'open' ? Math.max(0, Math.ceil(this.#openUntil - this.#now())) : 0;
  }

  /** Waits while the host is left alone. Rejects with a WaitTooLongError, or the signal's reason. */
  async ready({ signal, maxWaitMs, onWait }: Turn): Promise<void> {
    signal.throwIfAborted();
    const ms = this.pauseMs;
    if (ms === 0) return;
    if (ms > maxWaitMs) throw new WaitTooLongError(ms, maxWaitMs, 'outage');
    onWait?.(ms, 'outage');
    await wait(ms, signal);
  }

  /** Sends a request and learns from how it ends. Throws a BrokenCircuitError without sending it while the host is left alone. */
  async run<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.#isTrying()) await this.#probe;
    signal.throwIfAborted();
    if (this.pauseMs > 0) throw new BrokenCircuitError();
    const sent = this.#policy.execute(() => this.#outcome(send, signal), signal);
    if (this.#isTrying()) this.#probe = sent.catch(() => undefined);
    const outcome = await sent;
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Calls a listener on each change; returns how to end it. */
  listen(listener: (change: BreakerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isTrying(): boolean {
    return this.#policy.state === CircuitState.HalfOpen;
  }

  /** An outage is thrown, so that it counts against the host; any other failure shows that the host is there. */
  async #outcome<T>(send: () => Promise<T>, signal: AbortSignal): Promise<{ value: T } | { error: unknown }> {
    try {
      return { value: await send() };
    } catch (error) {
      // What was given up shows nothing.
      if (signal.aborted || this.#noted(error)) throw error;
      return { error };
    }
  }

  #noted(error: unknown): boolean {
    const outage = isOutage(error);
    if (outage) this.#reason = error.message;
    return outage;
  }

  #tell(): void {
    const { state } = this;
    const reason = state === 'closed' ? undefined : this.#reason;
    for (const listener of this.#listeners) listener({ state, reason });
  }
}

const shared = new Map<string, { breaker: HostBreaker; users: number }>();

/** The breaker of an origin; whoever takes it gives it back once, and with the last one it is forgotten. */
export function takeBreaker(
  origin: string,
  pausesMs: readonly number[],
): { breaker: HostBreaker; giveBack: () => void } {
  const entry = shared.get(origin) ?? { breaker: new HostBreaker(pausesMs), users: 0 };
  shared.set(origin, entry);
  entry.users++;
  const giveBack = () => {
    if (--entry.users === 0) shared.delete(origin);
  };
  return { breaker: entry.breaker, giveBack };
}
