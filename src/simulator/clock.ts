import { createDraw } from './random.js';

export interface ClockOptions {
  /** Milliseconds that the server's clock is ahead of this machine's. @default 0 */
  offsetMs?: number;
  /** Milliseconds since 1970 at which the simulator's time starts. @default the real time */
  start?: number;
  /** Simulated milliseconds per real one; 0 stands still, apart from `advance`. @default 1 */
  rate?: number;
  /** Rows are stamped by machines whose clocks differ by up to this many milliseconds either way. @default 0 */
  jitterMs?: number;
  /** Send a `Date` header. @default true */
  dateHeader?: boolean;
}

/** The simulator's own time, in milliseconds since 1970. */
export interface Clock {
  readonly now: () => number;
  /** A time to write into a row: now, give or take the jitter. */
  readonly stamp: (at?: number) => number;
  /** Moves the clock, back too. */
  readonly advance: (ms: number) => void;
}

export function createClock(options: ClockOptions, seed: number): Clock {
  const begun = Date.now();
  const { offsetMs = 0, start = begun, rate = 1, jitterMs = 0 } = options;
  const draw = createDraw(seed);
  let moved = 0;
  const now = () => Math.floor(start + offsetMs + moved + (Date.now() - begun) * rate);
  return {
    now,
    stamp: (at = now()) => Math.floor(at + (jitterMs === 0 ? 0 : (2 * draw() - 1) * jitterMs)),
    advance: (ms) => void (moved += ms),
  };
}
