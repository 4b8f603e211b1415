import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../src/errors.js';
import type { Answer, Reader } from '../../src/source/reader.js';
import { readWindows, Stopped } from '../../src/source/windows.js';
import {
  isIn,
  keyOf,
  MovingList,
  ORDERS,
  randomFrom,
  type Call,
  type ListOptions,
  type ListRow,
} from './moving-list.js';

const BASE = Date.parse('2026-03-01T10:00:00.000Z');
const CALLS: readonly Call[] = ['fetch', 'store', 'complete', 'replace', 'accounted'];

class Killed extends Error {}

const makeRows = (count: number, spread: number): ListRow[] => {
  const random = randomFrom(count);
  return Array.from({ length: count }, (_, i) => {
    const created = BASE + Math.floor(random() * spread);
    return { id: `t${i}`, created, updated: created, event: 'e', content: i, since: 0 };
  });
};

const setup = (options: Partial<ListOptions> & { rows: readonly ListRow[] }) => {
  const defaults = { order: 'oldest', cap: 10, top: 10, workers: 3, earliest: BASE - 1000, seed: 5 } as const;
  const list = new MovingList({ ...defaults, ...options });
  const to = Math.max(BASE, ...options.rows.map((row) => row.created));
  const window = list.keep({ by: 'created', from: null, to, events: null });
  return { list, window };
};

/** How a read ends before its end: the signal, the process killed, or one call that throws before or after its work. */
const stops = fc.record({
  how: fc.constantFrom('signal', 'kill', 'before', 'after'),
  call: fc.constantFrom(...CALLS),
  afterCalls: fc.integer({ min: 0, max: 60 }),
});
type Stop = typeof stops extends fc.Arbitrary<infer S> ? S : never;

const faultOf = (
  { how, call, afterCalls }: Stop,
  list: () => MovingList,
): NonNullable<ListOptions['fault']> => {
  let calls = 0;
  return (name, when) => {
    if (when === 'before') calls += 1;
    if (calls <= afterCalls) return;
    if (how === 'signal') list().stop.abort();
    if (how === 'kill') throw new Killed();
    if (how !== when || name !== call || calls > afterCalls + 20) return;
    calls += 1_000_000;
    throw new Killed();
  };
};

const worlds = fc.record({
  seed: fc.integer(),
  count: fc.integer({ min: 0, max: 200 }),
  spread: fc.constantFrom(1, 10, 1000, 10_000_000),
  cap: fc.integer({ min: 1, max: 20 }),
  /** Rows asked for, changed from one run to the next. */
  tops: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
  workers: fc.integer({ min: 1, max: 5 }),
  stops: fc.array(stops, { maxLength: 4 }),
});
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

/** Reads, stops and resumes as the world says, then to the end; returns the list as the last run left it. */
async function readWithStops(world: World, order: ListOptions['order']): Promise<MovingList> {
  const top = (run: number) => world.tops[run % world.tops.length]!;
  const rows = makeRows(world.count, world.spread);
  let { list } = setup({ ...world, rows, order, top: top(0) });
  const runs = [...world.stops, null];
  for (const [run, stop] of runs.entries()) {
    list = list.resumed({ top: top(run), fault: stop ? faultOf(stop, () => list) : () => undefined });
    try {
      await readWindows([...list.kept.values()], list.reader);
    } catch (error) {
      if (stop === null || !(error instanceof Killed || error instanceof Stopped)) throw error;
    }
  }
  return list;
}

describe('a read that is stopped at any instant', () => {
  it('ends with every row, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.constantFrom(...ORDERS), async (world, order) => {
        const list = await readWithStops(world, order);
        expect(list.stored.size).toBe(world.count);
        expect(list.kept.size).toBe(0);
        expect(list.completed.flatMap(({ lacking }) => lacking)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('reads at most one page a worker twice for each stop when the order holds, and the two that size up a large window', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.constantFrom('oldest', 'newest', 'by id'), async (world, order) => {
        const still = { ...world, tops: world.tops.slice(0, 1) };
        const whole = await readWithStops({ ...still, stops: [] }, order);
        const list = await readWithStops(still, order);
        const twice = list.requests - whole.requests;
        const large = world.count > 50 * Math.min(world.cap, world.tops[0]!);
        expect(twice).toBeLessThanOrEqual(world.stops.length * (world.workers + (large ? 2 : 0)));
      }),
      { numRuns: 300 },
    );
  });

  it('asks again for the page that broke a pass, though the rows of all are stored', async () => {
    const rows = makeRows(30, 1000);
    const { list, window } = setup({ rows, workers: 1 });
    let kill = false;
    const { reader } = list;
    const shuffled: Reader = {
      ...reader,
      fetch: async (of, skip, top) => {
        const answer = await reader.fetch(of, skip === 20 ? 0 : skip, top);
        kill = skip === 20;
        return answer;
      },
      replace: (of, by) => (kill ? Promise.reject(new Killed()) : reader.replace(of, by)),
    };
    await expect(readWindows([window], shuffled)).rejects.toThrow(Killed);
    for (const row of rows) list.stored.set(keyOf(row), row);
    expect([...list.kept.values()].map(({ pass }) => pass?.done)).toEqual([[0, 10]]);
    await readWindows([...list.kept.values()], reader);
    expect(list.requests).toBe(4);
  });

  it('reads a window anew when its total moved meanwhile', async () => {
    const { list, window } = setup({ rows: makeRows(50, 1000), workers: 1 });
    const done = { total: 50, pageSize: 10, done: [0, 10] };
    for (const row of list.rows.slice(0, 20)) list.stored.set(keyOf(row), row);
    list.rows.pop();
    list.kept.set('w1', { ...window, pass: done });
    await readWindows([...list.kept.values()], list.reader);
    expect(list.rows.every((row) => list.stored.has(keyOf(row)))).toBe(true);
    expect(list.completed.every(({ seen }) => seen !== null)).toBe(true);
  });
});

describe('an error', () => {
  it('is thrown as it came first, after all under way has settled, and no page begins after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<Call>('fetch', 'store'),
        fc.constantFrom('oldest', 'random'),
        async (seed, nth, call, order) => {
          const errors: Error[] = [];
          let begun = 0;
          let under = 0;
          let late = 0;
          let calls = 0;
          const fault: ListOptions['fault'] = (name, when) => {
            if (name !== call || when !== 'before' || (calls += 1) < nth) return;
            errors.push(new Error(`failure ${errors.length}`));
            throw errors.at(-1)!;
          };
          const { list, window } = setup({ rows: makeRows(200, 1000), order, seed, workers: 5, fault });
          const { reader } = list;
          const failing: Reader = {
            ...reader,
            fetch: async (...of) => {
              begun += 1;
              under += 1;
              if (errors.length > 0) late += 1;
              // A turn of the event loop, in which a failure reaches the reader before another answer does.
              await new Promise(setImmediate);
              return await reader.fetch(...of).finally(() => (under -= 1));
            },
          };
          const failure: unknown = await readWindows([window], failing).catch((error: unknown) => error);
          expect(failure).toBe(errors[0]);
          expect(under).toBe(0);
          expect(late).toBe(0);
          const before = begun;
          await new Promise(setImmediate);
          expect(begun).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('names the stop when nothing failed', async () => {
    const { list, window } = setup({ rows: makeRows(50, 1000) });
    list.stop.abort();
    await expect(readWindows([window], list.reader)).rejects.toThrow(Stopped);
    expect(list.requests).toBe(0);
  });
});

describe('a server that misbehaves', () => {
  const answering = (
    list: MovingList,
    change: (answer: Answer, skip: number, top: number) => Answer,
  ): Reader => {
    const { reader } = list;
    return {
      ...reader,
      fetch: async (window, skip, top) => change(await reader.fetch(window, skip, top), skip, top),
    };
  };

  it('that answers none of a total is an error, not an empty list', async () => {
    const { list, window } = setup({ rows: makeRows(50, 1000) });
    const reader = answering(list, (answer) => ({ ...answer, rows: [] }));
    await expect(readWindows([window], reader)).rejects.toThrow('vivenu answered none of 50 rows');
  });

  it('that answers nothing beyond a depth is read in windows of less than it', async () => {
    const { list, window } = setup({ rows: makeRows(400, 100_000) });
    const reader = answering(list, (answer, skip) => (skip >= 20 ? { ...answer, rows: [] } : answer));
    await readWindows([window], reader);
    expect(list.stored.size).toBe(400);
  });

  it('that repeats a page and then answers nothing is not asked the same for ever', async () => {
    const { list, window } = setup({ rows: makeRows(300, 100_000), workers: 1 });
    const { reader } = list;
    const odd: Reader = {
      ...reader,
      fetch: async (of, skip, top) => {
        const answer = await reader.fetch(of, skip < 20 ? 0 : skip, top);
        return skip < 20 ? answer : { ...answer, rows: [] };
      },
    };
    await readWindows([window], odd);
    expect(list.stored.size).toBe(300);
  });

  it('that gives fewer rows than asked now and then is asked for the rest', async () => {
    const { list, window } = setup({ rows: makeRows(100, 1000) });
    const reader = answering(list, (answer, skip) =>
      skip % 20 === 10 ? { ...answer, rows: answer.rows.slice(0, 4) } : answer,
    );
    await readWindows([window], reader);
    expect(list.stored.size).toBe(100);
    expect(list.requests).toBe(15);
  });

  it('that counts a row which it never shows ends loudly', async () => {
    for (const spread of [1, 1000, 10_000_000])
      for (const hidden of [0, 17, 39]) {
        const rows = makeRows(40, spread);
        const { list, window } = setup({ rows });
        const reader = answering(list, (answer) => ({
          ...answer,
          rows: answer.rows.filter((row) => row !== rows[hidden]),
        }));
        await expect(readWindows([window], reader)).rejects.toThrow(RetryableError);
        expect(list.requests).toBeLessThan(400);
      }
  });

  it('that lists rows without a time in any window without a beginning ends, and in a bounded number of requests', async () => {
    for (const order of ['oldest', 'random'] as const)
      for (const count of [30, 700]) {
        const { list, window } = setup({ rows: makeRows(count, 1), order });
        const { reader } = list;
        const timeless: Reader = {
          ...reader,
          facts: (row) => ({ ...reader.facts(row), created: null }),
          fetch: (of, skip, top) =>
            of.from === null
              ? reader.fetch({ ...of, to: BASE }, skip, top)
              : Promise.resolve({ rows: [], total: 0, requestedAt: 0 }),
        };
        await readWindows([window], timeless);
        expect(list.stored.size).toBe(count);
        expect(list.requests).toBeLessThan(400 + 12 * count);
      }
  });

  it('that compares times by the second never has a piece reach beyond its window', async () => {
    const { list, window } = setup({ rows: makeRows(60, 6_000), order: 'random' });
    const { reader } = list;
    const second = (time: number, up: number) => Math.floor(time / 1000) * 1000 + up;
    const coarse: Reader = {
      ...reader,
      fetch: (of, skip, top) =>
        reader.fetch(
          { ...of, from: of.from === null ? null : second(of.from, 0), to: second(of.to, 999) },
          skip,
          top,
        ),
      replace: (of, by) => {
        for (const piece of by) expect(piece.to).toBeLessThanOrEqual(of.to);
        for (const piece of by) expect(piece.from ?? 0).toBeGreaterThanOrEqual(of.from ?? 0);
        expect(by.some((piece) => piece.pass === null)).toBe(true);
        return reader.replace(of, by);
      },
    };
    await readWindows([{ ...window, from: BASE }], coarse);
    expect(list.rows.filter((row) => isIn(row, window)).every((row) => list.stored.has(keyOf(row)))).toBe(
      true,
    );
  });
});
