/** What came of batches, in figures. */

/** A batch that failed in the end, whatever it was tried. */
export interface BatchFailure {
  /** Which batch, from 0. */
  readonly index: number;
  readonly error: unknown;
}

/** How far a call is. */
export interface BatchProgress {
  /** Batches that are done, failed ones too. */
  readonly batches: number;
  /** Items in them. */
  readonly items: number;
  /** Items in all; null while nobody knows. */
  readonly total: number | null;
  /** Since the call. */
  readonly seconds: number;
  readonly itemsPerSecond: number;
  /** Seconds left at this rate; null while nobody knows. */
  readonly secondsLeft: number | null;
}

/** What came of a call. */
export interface BatchStats {
  /** `total` is completed and failed ones; `retried` counts further tries. */
  readonly batches: {
    readonly total: number;
    readonly completed: number;
    readonly failed: number;
    readonly retried: number;
  };
  /** Items in the batches that were completed, and in those that failed. */
  readonly items: { readonly processed: number; readonly failed: number };
  readonly seconds: number;
  /** Processed ones. */
  readonly itemsPerSecond: number;
  /** Completed of all batches, 0 to 1; 1 when there were none. */
  readonly successRate: number;
  /** The first hundred batches that failed, by index. */
  readonly failures: readonly BatchFailure[];
}

/** Failures of which the error is kept. */
const KEPT = 100;
const SECOND = 1000;

/** Counts the batches of one call. */
export class BatchTally {
  readonly #total: number | null;
  readonly #onProgress: ((progress: BatchProgress) => void) | undefined;
  readonly #began = performance.now();
  readonly #batches = { completed: 0, failed: 0, retried: 0 };
  readonly #items = { processed: 0, failed: 0 };
  readonly #failures: BatchFailure[] = [];

  constructor(options: { readonly total?: number; readonly onProgress?: (progress: BatchProgress) => void }) {
    this.#total = options.total ?? null;
    this.#onProgress = options.onProgress;
  }

  again(): void {
    this.#batches.retried += 1;
  }

  completed({ length }: { readonly length: number }): void {
    this.#batches.completed += 1;
    this.#items.processed += length;
    this.#tell();
  }

  failed({ length }: { readonly length: number }, failure: BatchFailure): void {
    this.#batches.failed += 1;
    this.#items.failed += length;
    if (this.#failures.length < KEPT) this.#failures.push(failure);
    this.#tell();
  }

  stats(): BatchStats {
    const { completed, failed } = this.#batches;
    const total = completed + failed;
    const seconds = this.#seconds();
    return {
      batches: { total, ...this.#batches },
      items: { ...this.#items },
      seconds,
      itemsPerSecond: rate(this.#items.processed, seconds),
      successRate: total === 0 ? 1 : completed / total,
      failures: this.#failures.toSorted((a, b) => a.index - b.index),
    };
  }

  #tell(): void {
    if (this.#onProgress === undefined) return;
    const items = this.#items.processed + this.#items.failed;
    const seconds = this.#seconds();
    const itemsPerSecond = rate(items, seconds);
    const left = this.#total === null ? null : Math.max(0, this.#total - items);
    this.#onProgress({
      batches: this.#batches.completed + this.#batches.failed,
      items,
      total: this.#total,
      seconds,
      itemsPerSecond,
      secondsLeft: left === null ? null : left === 0 ? 0 : itemsPerSecond > 0 ? left / itemsPerSecond : null,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#began) / SECOND;
  }
}

const rate = (items: number, seconds: number) => (seconds > 0 ? items / seconds : 0);
