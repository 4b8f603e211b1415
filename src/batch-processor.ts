/** Work on many items in batches, a bounded number of them at once: the pages that the engine reads are such batches. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import { BatchTally, type BatchProgress, type BatchStats } from './batch-tally.js';
import { FatalError, UsageError } from './errors.js';

export type { BatchFailure, BatchProgress, BatchStats } from './batch-tally.js';

/** How large batches are and how many are under way at once; `config.batch` is such a value. */
export interface BatchConfig {
  /** Items in one batch, at most. */
  readonly size: number;
  /** Batches at once. */
  readonly maxWorkers: number;
}

/** What a batch's work is told. */
export interface BatchContext {
  /** Which batch, from 0. */
  readonly index: number;
  /** Which try, from 1. */
  readonly attempt: number;
  /** Aborted when the work is to be given up. */
  readonly signal: AbortSignal;
}

/** What one call of a BatchProcessor may be told. */
export interface BatchOptions {
  /** How often batches that failed are tried again, after all others; those that failed with a FatalError never are. @default 0 */
  readonly retries?: number;
  /** Milliseconds before they are tried again for the first time; each further wait is twice as long, up to 30 s. @default 1000 */
  readonly retryDelayMs?: number;
  /** Items in all, for the time left. @default the length of the items, where they are an array */
  readonly total?: number;
  /** Called after each batch. */
  readonly onProgress?: (progress: BatchProgress) => void;
  /** No further batch begins once it is aborted. A source that waits has to end with it as well. */
  readonly signal?: AbortSignal;
}

/** Anything that knows how many items it is: an array of them, or a page of a list that is still to be asked for. */
export interface Batch {
  readonly length: number;
}

/** Many items, there already or still to come. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** A batch with its place among all. */
interface Numbered<B> {
  readonly batch: B;
  readonly index: number;
}

/** One call, through all its tries. */
interface Call<B> {
  readonly work: (batch: B, context: BatchContext) => Promise<unknown>;
  readonly tally: BatchTally;
  readonly signal: AbortSignal;
  readonly retries: number;
  readonly attempt: number;
}

const SECOND = 1000;
const LONGEST_DELAY_MS = 30 * SECOND;

/**
 * Processes batches, at most `maxWorkers` at once over all its calls. Unless they are an array already, a batch is taken from its source
 * only when the one before it has begun: what waits in memory does not grow with the data.
 */
export class BatchProcessor {
  readonly #size: number;
  readonly #workers: BulkheadPolicy;

  /** Throws a UsageError for what is no whole number from 1. */
  constructor({ size, maxWorkers }: BatchConfig) {
    const problems = Object.entries({ size, maxWorkers })
      .filter(([, value]) => !(Number.isInteger(value) && value >= 1))
      .map(([name, value]) => `${name}=${value}: expected a whole number from 1`);
    if (problems.length > 0) throw new UsageError(problems);
    this.#size = size;
    this.#workers = bulkhead(maxWorkers, Infinity);
  }

  /**
   * Cuts items into batches and processes them, begun in order, several at once. What a batch throws is counted and leaves the others to
   * go on. Rejects, once what is under way has settled, with what the source throws, or the reason of the signal.
   */
  async processBatches<T>(
    items: Source<T>,
    work: (batch: readonly T[], context: BatchContext) => Promise<unknown>,
    options: BatchOptions = {},
  ): Promise<BatchStats> {
    const total = Array.isArray(items) ? { total: items.length } : {};
    return await this.process(cut(items, this.#size), work, { ...total, ...options });
  }

  /** Processes batches that the caller has cut, as `processBatches` does. */
  async process<B extends Batch>(
    batches: Source<B>,
    work: (batch: B, context: BatchContext) => Promise<unknown>,
    options: BatchOptions = {},
  ): Promise<BatchStats> {
    const { retries = 0, retryDelayMs = SECOND, signal = new AbortController().signal } = options;
    const call = { work, tally: new BatchTally(options), signal, retries };
    let failed = await this.#round(numbered(batches), { ...call, attempt: 1 });
    for (let attempt = 2; failed.length > 0 && !signal.aborted; attempt += 1) {
      const delayMs = Math.min(LONGEST_DELAY_MS, retryDelayMs * 2 ** (attempt - 2));
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
      failed = await this.#round(failed, { ...call, attempt });
    }
    signal.throwIfAborted();
    return call.tally.stats();
  }

  /** One piece of work in its turn, as a batch of its own; rejects as it does. */
  async run<R>(work: () => Promise<R>): Promise<R> {
    return await this.#workers.execute(work);
  }

  /** Tries each batch once; returns those that are to be tried again. */
  async #round<B extends Batch>(batches: Source<Numbered<B>>, call: Call<B>): Promise<Numbered<B>[]> {
    const again: Numbered<B>[] = [];
    const underWay = new Set<Promise<void>>();
    const broken: unknown[] = [];
    const isOver = () => call.signal.aborted || broken.length > 0;
    /** Settles as soon as the batch is begun, or no longer wanted. */
    const begin = (one: Numbered<B>) =>
      new Promise<void>((begun) => {
        const turn = async () => {
          begun();
          if (!isOver() && (await attempt(one, call))) again.push(one);
        };
        const job = this.run(turn)
          .catch((error: unknown) => void broken.push(error))
          .finally(() => underWay.delete(job));
        underWay.add(job);
      });
    try {
      if (Array.isArray(batches)) await Promise.all(batches.map(begin));
      else await eachOf(batches, begin, isOver);
    } finally {
      await Promise.all(underWay);
    }
    if (broken.length > 0) throw broken[0];
    return again;
  }
}

async function eachOf<T>(
  source: Source<T>,
  begin: (one: T) => Promise<void>,
  isOver: () => boolean,
): Promise<void> {
  for await (const one of source) {
    if (isOver()) break;
    await begin(one);
  }
}

/** Does a batch's work and notes how it ended; returns whether it is to be tried again. Throws what the observer of the progress throws. */
async function attempt<B extends Batch>({ batch, index }: Numbered<B>, call: Call<B>): Promise<boolean> {
  const { work, tally, signal, retries, attempt } = call;
  if (attempt > 1) tally.again();
  try {
    await work(batch, { index, attempt, signal });
  } catch (error) {
    if (attempt <= retries && !(error instanceof FatalError)) return true;
    tally.failed(batch, { index, error });
    return false;
  }
  tally.completed(batch);
  return false;
}

async function* cut<T>(items: Source<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function numbered<B>(batches: Source<B>): Source<Numbered<B>> {
  return Array.isArray(batches)
    ? batches.map((batch: B, index) => ({ batch, index }))
    : numberedOneByOne(batches);
}

async function* numberedOneByOne<B>(batches: Source<B>): AsyncGenerator<Numbered<B>> {
  let index = 0;
  for await (const batch of batches) {
    yield { batch, index };
    index += 1;
  }
}
