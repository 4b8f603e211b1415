import { RetryableError } from '../errors.js';

/** Why a request is held back: the budget is empty, vivenu asked for a pause or refused too many, or its host is down. */
export type WaitReason = 'budget' | 'asked' | 'outage';

/** What a request may spend on waiting. */
export interface Turn {
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** Milliseconds that this request may still wait. */
  readonly maxWaitMs: number;
  /** Called before a wait begins. */
  readonly onWait?: (ms: number, reason: WaitReason) => void;
}

const WHY: Readonly<Record<WaitReason, string>> = {
  budget: 'the budget of HTTP_REQUESTS_PER_HOUR is used up',
  asked: 'the key pauses because vivenu asked for it',
  outage: 'vivenu is down',
};

/** The wait would be longer than the request may still wait; trying again at once cannot help. */
export class WaitTooLongError extends RetryableError {
  constructor(ms: number, leftMs: number, reason: WaitReason) {
    const left = `${seconds(ms)} to wait, ${seconds(leftMs)} left of HTTP_MAX_WAIT`;
    super(`${WHY[reason]}: ${left}`, { retryAfterMs: ms });
  }
}

const seconds = (ms: number) => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
