/**
 * The budget of a key as a value: a bucket of requests, a pause that vivenu asked for, and a pace after it refused too many.
 * Every change is a pure function of the state and the time, so that it works the same in this process and in a row that many share.
 */
import { LEASE, PACE } from './policies.js';

const HOUR = 3_600_000;

/** Times are milliseconds by the clock of whoever keeps the state. */
export interface BudgetState {
  /** Requests that could be sent at `filledAt`; below zero while requests wait for theirs. More than the bucket holds counts as full. */
  readonly tokens: number;
  readonly filledAt: number;
  /** Nobody asks before: vivenu said so. */
  readonly notBefore: number;
  /** Requests an hour; null: as fast as the bucket allows. */
  readonly pace: number | null;
  /** When the pace lets the next request go. */
  readonly nextAt: number;
  /** When the pace was last lowered. */
  readonly slowedAt: number;
}

/** A change of the state in one step, and what came of it; `now` is the clock of the books in milliseconds. */
export type Change<T> = (state: BudgetState, now: number) => { state: BudgetState; result: T };

/** Keeps the state of one key's budget, for this process or for all that share a database. */
export interface BudgetBooks {
  /** Carries out a change that no other comes between; it may be called several times, of which the last counts. */
  change<T>(change: Change<T>): Promise<T>;
}

export interface Ask {
  /** Size of the bucket, and what flows into it in an hour. */
  readonly requestsPerHour: number;
  /** Requests wished for; 0 only looks. */
  readonly want: number;
  /** Requests that were taken before and not sent. */
  readonly unused: number;
  /** Requests that were answered well since the last time. */
  readonly answered: number;
}

export interface Grant {
  /** Requests that may be sent; as long as any was wished for, at least one. */
  readonly granted: number;
  /** Milliseconds until the first of them is due. */
  readonly dueMs: number;
  /** Whether it is the pace that they wait for, not the bucket. */
  readonly paced: boolean;
  /** Milliseconds for which vivenu wants no request of the key. */
  readonly pausedMs: number;
}

/** A bucket that nothing was taken from. */
export const fullBudget = (now: number): BudgetState => ({
  tokens: Infinity,
  filledAt: now,
  notBefore: -Infinity,
  pace: null,
  nextAt: -Infinity,
  slowedAt: -Infinity,
});

/** The state as it is now. Where the clock was set back, all its times move with it. */
export function aged(state: BudgetState, now: number, requestsPerHour: number): BudgetState {
  const back = Math.max(0, state.filledAt - now);
  const flown = (Math.max(0, now - state.filledAt) * requestsPerHour) / HOUR;
  return {
    tokens: Math.min(requestsPerHour, state.tokens + flown),
    filledAt: now,
    notBefore: state.notBefore - back,
    pace: state.pace,
    nextAt: state.nextAt - back,
    slowedAt: state.slowedAt - back,
  };
}

/** Takes requests out of the bucket: several while there are many, otherwise one that is due when it has flown in. */
export function takeRequests(
  before: BudgetState,
  now: number,
  { requestsPerHour, want, unused, answered }: Ask,
): { state: BudgetState; result: Grant } {
  const state = aged(before, now, requestsPerHour);
  const tokens = Math.min(requestsPerHour, state.tokens + unused);
  const pace = faster(state.pace, answered, requestsPerHour);
  const most = pace === null ? Math.max(1, Math.floor(tokens * LEASE.share)) : 1;
  const granted = Math.min(want, most);
  const filled = now + (Math.max(0, granted - tokens) * HOUR) / requestsPerHour;
  const start = Math.max(now, state.notBefore, state.nextAt);
  const nextAt = pace === null || granted === 0 ? state.nextAt : start + HOUR / pace;
  const dueAt = pace === null ? filled : Math.max(filled, start);
  return {
    state: { ...state, tokens: tokens - granted, pace, nextAt },
    result: {
      granted,
      dueMs: dueAt - now,
      paced: dueAt > filled,
      pausedMs: Math.max(0, state.notBefore - now),
    },
  };
}

export interface Refusal {
  readonly requestsPerHour: number;
  /** Milliseconds that the key is to pause. */
  readonly pauseMs: number;
  /** Whether vivenu answered 429: too many requests, not only a pause asked for. */
  readonly limited: boolean;
  /** How long ago the refused request was sent, milliseconds. */
  readonly sentMsAgo: number;
}

/** Lets everybody pause, and lowers the pace after a 429. */
export function slowDown(before: BudgetState, now: number, refusal: Refusal): BudgetState {
  const { requestsPerHour, pauseMs, limited, sentMsAgo } = refusal;
  const state = aged(before, now, requestsPerHour);
  const notBefore = Math.max(state.notBefore, now + pauseMs);
  // What was sent before the pace was last lowered says nothing of the new pace.
  if (!limited || now - sentMsAgo < state.slowedAt) return { ...state, notBefore };
  const pace =
    state.pace === null
      ? PACE.first * requestsPerHour
      : Math.max(PACE.least * requestsPerHour, state.pace * PACE.left);
  return { ...state, notBefore, pace, slowedAt: now };
}

function faster(pace: number | null, answered: number, requestsPerHour: number): number | null {
  if (pace === null) return null;
  const next = pace + answered * PACE.step * requestsPerHour;
  return next >= PACE.most * requestsPerHour ? null : next;
}

/** Books in the memory of this process; `now` is a monotonic clock in milliseconds. */
export class OwnBooks implements BudgetBooks {
  #state: BudgetState;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#state = fullBudget(now());
  }

  change<T>(change: Change<T>): Promise<T> {
    const { state, result } = change(this.#state, this.#now());
    this.#state = state;
    return Promise.resolve(result);
  }

  /** Takes over a state from books with another clock, as it was when that clock showed `at`. */
  adopt(state: BudgetState, at: number): void {
    const ahead = this.#now() - at;
    const { filledAt, notBefore, nextAt, slowedAt } = state;
    this.#state = {
      ...state,
      filledAt: filledAt + ahead,
      notBefore: notBefore + ahead,
      nextAt: nextAt + ahead,
      slowedAt: slowedAt + ahead,
    };
  }

  /** Requests that could be sent now; below zero while requests wait for theirs. */
  left(requestsPerHour: number): number {
    return aged(this.#state, this.#now(), requestsPerHour).tokens;
  }
}
