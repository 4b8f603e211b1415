/** Loaded before a program: its clock runs `CLOCK_SPEED` times as fast from `CLOCK_SINCE` (milliseconds since 1970) on. Timers do not. */
import process from 'node:process';

const since = Number(process.env.CLOCK_SINCE);
const speed = Number(process.env.CLOCK_SPEED);
const Real = Date;
const now = () => Math.round(since + (Real.now() - since) * speed);

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }

  static now() {
    return now();
  }
};
