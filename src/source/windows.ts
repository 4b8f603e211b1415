/**
 * Reading a list that moves, without cursor or promised order, so that no row is lost (ARCHITECTURE.md, "Reading").
 *
 * A window is closed in time: rows can leave it while it is read, never enter it. It is complete when one answer holds its whole
 * total, or when every answer of one pass over its pages repeats the same total and the rows seen are that many. Otherwise it is cut
 * into smaller windows, each read by the same rule, down to pieces that fit into one answer. A single moment that holds more than an
 * answer cannot be cut in time: its rows are accumulated over passes until they are as many as a total that did not move.
 */
import { bulkhead, type BulkheadPolicy } from 'cockatiel';
import { BatchProcessor } from '../batch-processor.js';
import { RetryableError } from '../errors.js';
import type { Pass, Window } from '../streams/window.js';
import { cut, halve, isMoment, splitMoment } from './cut.js';
import { missingPages, Sight, type Answer, type Reader } from './reader.js';

/** A deep `skip` costs the server more with each page: larger windows are halved in time first. */
const MAX_PAGES = 50;
const MAX_PASSES = 30;

interface Reading {
  readonly reader: Reader;
  /** Bounds the windows under way, whose keys are held in memory. */
  readonly windows: BulkheadPolicy;
  /** Bounds the pages that are fetched and not yet stored: each is a batch. */
  readonly pages: BatchProcessor;
  /** The first error, after which no further page begins. */
  failure: { readonly error: unknown } | null;
}

/** Reads windows until each is complete; throws the first error after everything under way has settled, with what is stored kept. */
export async function readWindows(windows: readonly Window[], reader: Reader): Promise<void> {
  const { workers } = reader;
  const reading: Reading = {
    reader,
    windows: bulkhead(workers, Infinity),
    pages: new BatchProcessor({ size: reader.pageSize(), maxWorkers: workers }),
    failure: null,
  };
  await together(reading, windows, (window) => readToEnd(reading, window));
}

async function readToEnd(reading: Reading, window: Window): Promise<void> {
  const smaller = await reading.windows.execute(() => noted(reading, readWindow(reading, window)));
  await together(reading, smaller, (piece) => readToEnd(reading, piece));
}

/** Runs a task for each item at once; when one failed, the first failure of the reading is thrown as soon as all have settled. */
async function together<T>(
  reading: Reading,
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> {
  const settled = await Promise.allSettled(items.map(task));
  const rejected = settled.find((result) => result.status === 'rejected');
  if (rejected) throw reading.failure ? reading.failure.error : rejected.reason;
}

/** Notes a failure before the slot it happened in is given to the next. */
async function noted<T>(reading: Reading, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Stopped)) reading.failure ??= { error };
    throw error;
  }
}

/** Thrown in place of a page that was not begun. */
export class Stopped extends Error {
  override name = 'Stopped';
}

async function finish(reader: Reader, window: Window, sight: Sight): Promise<readonly Window[]> {
  await reader.complete(window, sight.seen);
  return [];
}

type Progress = { skip: number; total: number; pageSize: number } | null;

/** What is left of an answer when it is stored: its rows are let go before the database is waited for. */
interface Stored {
  readonly total: number;
  readonly count: number;
}

/** Fetches one page, looks at it and stores it, in one of the slots for pages under way. */
async function page(
  reading: Reading,
  window: Window,
  at: { skip: number; top: number },
  look: (answer: Answer) => Progress,
): Promise<Stored> {
  return await reading.pages.run(() => noted(reading, fetchAndStore(reading, window, at, look)));
}

async function fetchAndStore(
  { reader, failure }: Reading,
  window: Window,
  { skip, top }: { skip: number; top: number },
  look: (answer: Answer) => Progress,
): Promise<Stored> {
  if (reader.stop.aborted || failure) throw new Stopped('stopped before this page');
  const answer = await reader.fetch(window, skip, top);
  const stored = { total: answer.total, count: answer.rows.length };
  await reader.store(window, answer, look(answer));
  return stored;
}

function sightOf(reader: Reader, answer: Answer): Sight {
  const sight = new Sight(answer.total);
  sight.look(answer, reader.facts);
  return sight;
}

/** Reads one window; returns the smaller ones that are to be read in its place, or none when it is complete. */
async function readWindow(reading: Reading, window: Window): Promise<readonly Window[]> {
  if (window.pass !== null) return await resume(reading, window, window.pass);
  const { reader } = reading;
  const tooMany = (total: number) => total > MAX_PAGES * reader.pageSize() && !isMoment(window);
  if (tooMany(window.expected ?? 0)) return await probe(reading, window, tooMany);
  let sight = new Sight(0);
  const { total, count } = await page(reading, window, { skip: 0, top: reader.pageSize() }, (answer) => {
    sight = sightOf(reader, answer);
    if (tooMany(answer.total) || answer.rows.length === 0) return null;
    return { skip: 0, total: answer.total, pageSize: answer.rows.length };
  });
  if (count >= total) return await finish(reader, window, sight);
  if (count === 0) throw new RetryableError(`vivenu answered none of ${total} rows`);
  if (tooMany(total)) return await probe(reading, window, tooMany);
  return await readPass(reading, window, { total, pageSize: count, done: [0] }, sight);
}

/** Asks a window that is expected to be large for the last page it may have: where that stands in time is where the window is cut. */
async function probe(
  reading: Reading,
  window: Window,
  tooMany: (total: number) => boolean,
): Promise<readonly Window[]> {
  const { reader } = reading;
  const top = reader.pageSize();
  const skip = (MAX_PAGES - 1) * top;
  let sight = new Sight(0);
  const { total } = await page(reading, window, { skip, top }, (answer) => {
    sight = sightOf(reader, answer);
    return null;
  });
  if (!tooMany(total)) return [{ ...window, expected: total }];
  return await reader.replace(window, halve(window, sight, skip, reader.earliest));
}

/** Reads the pages of a pass that are missing, several at once, and judges it. */
async function readPass(
  reading: Reading,
  window: Window,
  pass: Pass,
  sight: Sight,
): Promise<readonly Window[]> {
  await readPages(reading, window, pass, sight);
  if (sight.broken === null && sight.keys.size === pass.total)
    return await finish(reading.reader, window, sight);
  if (isMoment(window)) return await accumulate(reading, window, sight);
  return await reading.reader.replace(window, cut(window, sight, pass.pageSize));
}

/** Reads the missing pages of a pass; one that waited for its turn is not read once the pass is spent. */
async function readPages(reading: Reading, window: Window, pass: Pass, sight: Sight): Promise<void> {
  const { failures } = await reading.pages.process(batchesOf(pass), ({ skip }) =>
    noted(reading, readPageOf(reading, window, { ...pass, skip }, sight)),
  );
  const [first] = failures;
  if (first) throw reading.failure ? reading.failure.error : first.error;
}

const batchesOf = (pass: Pass) =>
  missingPages(pass).map((skip) => ({ skip, length: Math.min(pass.pageSize, pass.total - skip) }));

/** Reads one page of a pass; it counts as done only while the pass holds, so that a resumed pass asks again where it broke. */
async function readPageOf(
  reading: Reading,
  window: Window,
  { skip, total, pageSize }: Pass & { skip: number },
  sight: Sight,
): Promise<void> {
  const end = Math.min(skip + pageSize, total);
  // A server that gives fewer rows than asked is asked for the rest from where it stopped.
  for (let at = skip; at < end && !sight.isSpent(pageSize);) {
    const next = { skip: at, top: end - at };
    const { count } = await fetchAndStore(reading, window, next, (answer) => {
      sight.look(answer, reading.reader.facts);
      if (answer.rows.length === 0) sight.broken = 'short';
      return sight.broken === null && at + answer.rows.length >= end ? { skip, total, pageSize } : null;
    });
    at += count;
  }
}

/**
 * Goes on with a pass that an earlier run began. What that run saw is known only as stored rows, so the pass is complete when
 * the total did not move and the database accounts for it; nothing is concluded about deletes. Otherwise the window is read anew.
 */
async function resume(reading: Reading, window: Window, pass: Pass): Promise<readonly Window[]> {
  const { reader } = reading;
  const sight = new Sight(pass.total);
  await readPages(reading, window, pass, sight);
  if (sight.broken === null && (await reader.accounted(window)) === pass.total) {
    await reader.complete(window, null);
    return [];
  }
  return await reader.replace(window, [{ ...window, pass: null }]);
}

/** Reads a moment that cannot be cut in time and whose order does not hold: first in parts, then over and over. */
async function accumulate(reading: Reading, window: Window, broken: Sight): Promise<readonly Window[]> {
  const { reader } = reading;
  let sight = new Sight(broken.total);
  for (const part of splitMoment(window, broken, reader.pageSize())) await readThrough(reading, part, sight);
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    const total = await readThrough(reading, window, sight, sight.total);
    if (total === sight.total && sight.keys.size === total) return await finish(reader, window, sight);
    if (total !== sight.total || sight.keys.size > total) sight = new Sight(total);
  }
  const time = new Date(window.to).toISOString();
  const seen = `${sight.keys.size} of ${sight.total} rows`;
  throw new RetryableError(
    `the rows of ${time} kept changing their order: ${seen} seen in ${MAX_PASSES} passes`,
  );
}

/** Takes one page after the other into a sight, to the end, until all of `expected` is seen, or until the total is another; returns the last total. */
async function readThrough(
  reading: Reading,
  window: Window,
  sight: Sight,
  expected?: number,
): Promise<number> {
  for (let at = 0; ;) {
    const { total, count } = await page(
      reading,
      window,
      { skip: at, top: reading.reader.pageSize() },
      (answer) => {
        if (expected === undefined || answer.total === expected) sight.look(answer, reading.reader.facts);
        return null;
      },
    );
    if (expected !== undefined && total !== expected) return total;
    at += count;
    if (sight.keys.size === expected || at >= total || count === 0) return total;
  }
}
