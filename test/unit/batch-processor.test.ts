import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchProcessor, type BatchProgress } from '../../src/batch-processor.js';
import { FatalError, UsageError } from '../../src/errors.js';

/** Lets others overtake, so many turns of the event loop. */
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

async function* streamed<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

const SOURCES = { array: <T>(items: T[]) => items, iterable: <T>(items: T[]) => items.values(), streamed };

const worlds = fc.record({
  count: fc.integer({ min: 0, max: 60 }),
  size: fc.integer({ min: 1, max: 9 }),
  maxWorkers: fc.integer({ min: 1, max: 6 }),
  source: fc.constantFrom(...(['array', 'iterable', 'streamed'] as const)),
  retries: fc.integer({ min: 0, max: 3 }),
  /** How long a batch takes, by index. */
  takes: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1 }),
  /** How often a batch fails before it does not, by index; 9 is always. */
  fails: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 9), { minLength: 1 }),
});

const at = (list: readonly number[], index: number) => list[index % list.length]!;

describe('a batch processor', () => {
  it('processes every item once, never more batches at once than it may, and counts what fails whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ count, size, maxWorkers, source, retries, takes, fails }) => {
        const items = range(count);
        const batches = Math.ceil(count / size);
        const tries: number[] = [];
        const processed: number[] = [];
        let underWay = 0;
        let most = 0;
        const stats = await new BatchProcessor({ size, maxWorkers }).processBatches(
          SOURCES[source](items),
          async (batch, { index, attempt }) => {
            most = Math.max(most, (underWay += 1));
            await turns(at(takes, index));
            underWay -= 1;
            expect(batch).toEqual(items.slice(index * size, (index + 1) * size));
            tries[index] = (tries[index] ?? 0) + 1;
            expect(attempt).toBe(tries[index]);
            if (attempt <= at(fails, index)) throw new Error(`batch ${index}`);
            processed.push(...batch);
          },
          { retries, retryDelayMs: 0 },
        );
        const lost = range(batches).filter((index) => at(fails, index) > retries);
        const kept = items.filter((item) => !lost.includes(Math.floor(item / size)));
        expect(processed.sort((a, b) => a - b)).toEqual(kept);
        expect(most).toBeLessThanOrEqual(maxWorkers);
        expect(tries).toEqual(range(batches).map((index) => Math.min(at(fails, index), retries) + 1));
        const retried = tries.reduce((sum, times) => sum + times - 1, 0);
        const completed = batches - lost.length;
        expect(stats.batches).toEqual({ total: batches, completed, failed: lost.length, retried });
        expect(stats.items).toEqual({ processed: kept.length, failed: count - kept.length });
        expect(stats.successRate).toBeCloseTo(batches === 0 ? 1 : completed / batches);
        expect(stats.failures).toEqual(
          lost.map((index) => ({
            index,
            error: expect.objectContaining({ message: `batch ${index}` }) as Error,
          })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('has all its slots at work while batches are left', async () => {
    let underWay = 0;
    const seen: number[] = [];
    await new BatchProcessor({ size: 1, maxWorkers: 4 }).processBatches(streamed(range(40)), async () => {
      seen.push((underWay += 1));
      await turns(3);
      underWay -= 1;
    });
    expect(seen.slice(4).every((count) => count === 4)).toBe(true);
  });

  it('shares its slots among calls, and lets none of them starve', async () => {
    const processor = new BatchProcessor({ size: 2, maxWorkers: 3 });
    let underWay = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (underWay += 1));
      await turns(1);
      underWay -= 1;
    };
    const calls = ['array', 'streamed', 'iterable'] as const;
    const endless = new AbortController();
    const forever = processor.processBatches(
      (function* () {
        for (;;) yield 0;
      })(),
      work,
      { signal: endless.signal },
    );
    const all = await Promise.all([
      ...calls.map((source) => processor.processBatches(SOURCES[source](range(21)), work)),
      processor.run(work),
    ]);
    expect(all.slice(0, 3)).toMatchObject(calls.map(() => ({ items: { processed: 21 } })));
    expect(most).toBe(3);
    endless.abort(new Error('enough'));
    await expect(forever).rejects.toThrow('enough');
  });

  it('takes no more from a source than its workers and one batch can hold, however slow they are', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ count, size, maxWorkers, takes }) => {
        let taken = 0;
        let done = 0;
        let most = 0;
        const source = (async function* () {
          for (const item of range(count)) {
            most = Math.max(most, (taken += 1) - done);
            await Promise.resolve();
            yield item;
          }
        })();
        await new BatchProcessor({ size, maxWorkers }).processBatches(source, async (batch, { index }) => {
          await turns(2 + at(takes, index));
          done += batch.length;
        });
        expect(most).toBeLessThanOrEqual((maxWorkers + 1) * size);
      }),
      { numRuns: 60 },
    );
  });

  it('begins no further batch once it is aborted, waits for what is under way, and rejects with the reason', async () => {
    await fc.assert(
      fc.asyncProperty(
        worlds,
        fc.nat(20),
        async ({ count, size, maxWorkers, source, retries, fails }, after) => {
          const abort = new AbortController();
          const reason = new Error('the reason');
          let begun = 0;
          let underWay = 0;
          let late = 0;
          const call = new BatchProcessor({ size, maxWorkers }).processBatches(
            SOURCES[source](range(count)),
            async (_, { signal, attempt, index }) => {
              if (signal.aborted) late += 1;
              if ((begun += 1) > after) abort.abort(reason);
              underWay += 1;
              await turns(1);
              underWay -= 1;
              if (attempt <= at(fails, index)) throw new Error('failed');
            },
            { signal: abort.signal, retries, retryDelayMs: 1 },
          );
          const error: unknown = await call.then(
            () => null,
            (cause: unknown) => cause,
          );
          expect(error).toBe(abort.signal.aborted ? reason : null);
          expect(underWay).toBe(0);
          expect(late).toBe(0);
          expect(begun).toBeLessThanOrEqual(after + 1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('ends the wait before a retry when it is aborted', async () => {
    const began = performance.now();
    const call = new BatchProcessor({ size: 1, maxWorkers: 1 }).processBatches(
      [1],
      () => Promise.reject(new Error('down')),
      { retries: 3, retryDelayMs: 20_000, signal: AbortSignal.timeout(30) },
    );
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('begins nothing for a signal that is aborted already', async () => {
    const work = () => Promise.reject(new Error('never'));
    const options = { signal: AbortSignal.abort(new Error('before')) };
    await expect(
      new BatchProcessor({ size: 1, maxWorkers: 1 }).processBatches([1], work, options),
    ).rejects.toThrow('before');
  });

  it('tries again after all others, waits longer each time, and never after a FatalError', async () => {
    const order: string[] = [];
    const times: number[] = [];
    const { batches, failures } = await new BatchProcessor({ size: 1, maxWorkers: 1 }).processBatches(
      ['fatal', 'down', 'fine'],
      ([item], { attempt }) => {
        order.push(`${item} ${attempt}`);
        times.push(performance.now());
        if (item === 'fatal') throw new FatalError('no such table');
        return item === 'down' ? Promise.reject(new Error('down')) : Promise.resolve();
      },
      { retries: 2, retryDelayMs: 40 },
    );
    expect(order).toEqual(['fatal 1', 'down 1', 'fine 1', 'down 2', 'down 3']);
    expect(times[3]! - times[2]!).toBeGreaterThan(35);
    expect(times[4]! - times[3]!).toBeGreaterThan(75);
    expect(batches).toEqual({ total: 3, completed: 1, failed: 2, retried: 2 });
    expect(failures.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('tells how far it is with rate and time left, ending at all of it', async () => {
    const told: BatchProgress[] = [];
    const options = { onProgress: (progress: BatchProgress) => void told.push(progress) };
    const stats = await new BatchProcessor({ size: 10, maxWorkers: 2 }).processBatches(
      range(45),
      async (batch) => {
        await sleep(20);
        if (batch.includes(20)) throw new Error('one fails');
      },
      options,
    );
    expect(told.map(({ batches, total }) => [batches, total])).toEqual(
      range(5).map((index) => [index + 1, 45]),
    );
    for (const { items, seconds, itemsPerSecond, secondsLeft } of told) {
      expect(itemsPerSecond).toBeCloseTo(items / seconds);
      expect(secondsLeft).toBeCloseTo((45 - items) / itemsPerSecond);
    }
    expect(told.at(-1)).toMatchObject({ items: 45, secondsLeft: 0 });
    expect(stats.seconds).toBeGreaterThan(0.05);
    expect(stats.itemsPerSecond).toBeCloseTo(35 / stats.seconds);
  });

  it('knows no time left where nobody knows how much there is, unless it is told', async () => {
    const told: (number | null)[] = [];
    const onProgress = ({ secondsLeft }: BatchProgress) => void told.push(secondsLeft);
    const processor = new BatchProcessor({ size: 5, maxWorkers: 1 });
    const work = () => turns(1);
    await processor.processBatches(streamed(range(5)), work, { onProgress });
    await processor.processBatches(streamed(range(5)), work, { onProgress, total: 5 });
    expect(told).toEqual([null, 0]);
  });

  it('keeps a hundred errors of however many failures', async () => {
    const { batches, failures } = await new BatchProcessor({ size: 1, maxWorkers: 2 }).processBatches(
      range(500),
      () => Promise.reject(new Error('all of them')),
    );
    expect(batches.failed).toBe(500);
    expect(failures).toHaveLength(100);
  });

  it.each(['source', 'observer'])(
    'rejects with what the %s throws, once what is under way has settled',
    async (who) => {
      let underWay = 0;
      const fault = () => {
        throw new Error(`the ${who} broke`);
      };
      const source = (function* () {
        yield* range(6);
        if (who === 'source') fault();
        yield 7;
      })();
      const call = new BatchProcessor({ size: 1, maxWorkers: 3 }).processBatches(
        source,
        async () => {
          underWay += 1;
          await turns(3);
          underWay -= 1;
        },
        who === 'observer' ? { onProgress: fault } : {},
      );
      await expect(call).rejects.toThrow(`the ${who} broke`);
      expect(underWay).toBe(0);
    },
  );

  it('refuses sizes that are no whole numbers from 1, naming each', () => {
    const construct = () => new BatchProcessor({ size: 0, maxWorkers: 1.5 });
    expect(construct).toThrow(UsageError);
    expect(construct).toThrow(/size=0: .*\nmaxWorkers=1.5: expected a whole number from 1/);
  });
});
