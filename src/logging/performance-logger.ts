/** Times pieces of work and logs how long each took. */
import type { Logger } from './log.js';

/** What is logged beside the time; a number under `itemsProcessed` gives a rate as well. */
export type TimerFields = Readonly<Record<string, unknown>>;

/** A piece of work under way; logged once, when it is ended or disposed of. */
export interface Timer extends Disposable {
  /** Notes what is to be logged beside the time; what is noted later wins. */
  add(fields: TimerFields): void;
  /** Logs and returns milliseconds; ending it again logs nothing and returns the same. */
  end(fields?: TimerFields): number;
}

const SECOND = 1000;

/** Logs how long work took: by name with `startTimer` and `endTimer`, or as `using timer = performance.timer('load')`. */
export class PerformanceLogger {
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  /** Of each name those that run now, the latest last. */
  readonly #running = new Map<string, Timer[]>();

  constructor(logger: Pick<Logger, 'info' | 'warn'>) {
    this.#logger = logger;
  }

  /** Begins a piece of work; the same name may run several times at once, but then `timer` tells them apart. */
  startTimer(name: string): void {
    this.#running.set(name, [...(this.#running.get(name) ?? []), this.timer(name)]);
  }

  /** Ends the work of this name that began last; returns milliseconds, or null and a warning when none runs. */
  endTimer(name: string, fields: TimerFields = {}): number | null {
    const running = this.#running.get(name) ?? [];
    const latest = running.at(-1);
    if (latest === undefined) {
      this.#logger.warn({ operation: name }, 'a timer was ended that does not run');
      return null;
    }
    if (running.length === 1) this.#running.delete(name);
    else this.#running.set(name, running.slice(0, -1));
    return latest.end(fields);
  }

  /** Begins a piece of work that ends with the block it stands in, or by `end`. */
  timer(name: string, fields: TimerFields = {}): Timer {
    const began = performance.now();
    let noted = fields;
    let took: number | null = null;
    const end = (more: TimerFields = {}): number => {
      if (took !== null) return took;
      took = Math.round((performance.now() - began) * SECOND) / SECOND;
      const facts = { ...noted, ...more };
      this.#logger.info({ ...facts, ...rateOf(facts, took), operation: name, ms: took }, 'operation ended');
      return took;
    };
    return {
      add: (more) => (noted = { ...noted, ...more }),
      end,
      [Symbol.dispose]: () => void end(),
    };
  }
}

function rateOf({ itemsProcessed }: TimerFields, ms: number): { itemsPerSecond?: number } {
  if (typeof itemsProcessed !== 'number' || ms === 0) return {};
  return { itemsPerSecond: Math.round((itemsProcessed / ms) * SECOND) };
}
