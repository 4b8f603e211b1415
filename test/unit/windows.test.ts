import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../src/errors.js';
import { readWindows } from '../../src/source/windows.js';
import type { Window } from '../../src/streams/window.js';
import { isIn, keyOf, MovingList, ORDERS, randomFrom, type ListRow } from './moving-list.js';

const BASE = Date.parse('2026-03-01T10:00:00.000Z');
const DAY = 86_400_000;

interface Rates {
  readonly sales?: number;
  readonly edits?: number;
  readonly silentEdits?: number;
  readonly bulkEdits?: number;
  readonly deletes?: number;
  /** Rows of the window that are listed only some requests after the read began. */
  readonly late?: number;
}

const worlds = fc.record({
  seed: fc.integer(),
  count: fc.integer({ min: 0, max: 140 }),
  cap: fc.integer({ min: 1, max: 12 }),
  top: fc.constantFrom(1, 5, 12, 40),
  workers: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom(...ORDERS),
  /** Milliseconds over which all rows are spread: 1 puts them all into one. */
  spread: fc.constantFrom(1, 2, 10, 100, 5_000, 90 * DAY),
  events: fc.integer({ min: 1, max: 3 }),
  scoped: fc.boolean(),
  openBeginning: fc.boolean(),
  earliest: fc.constantFrom(BASE - DAY, BASE + 20, BASE + 200 * DAY, 0),
  odd: fc.constantFrom(0, 0, 0.05),
});
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

const makeRow = (random: () => number, world: World, at: { index: number; since: number }): ListRow => {
  const created = BASE + Math.floor(random() * world.spread);
  const later = random() < 0.5 ? 0 : Math.floor(random() * world.spread);
  const odd = random() < world.odd ? Math.floor(random() * 3) : -1;
  return {
    id: odd === 0 ? null : odd === 1 ? `t${Math.floor(random() * at.index)}` : `t${at.index}`,
    created,
    updated: odd === 2 ? null : created + later,
    event: `e${Math.floor(random() * world.events)}`,
    content: at.index,
    since: at.since,
  };
};

const pick = <T>(random: () => number, items: readonly T[]) => items[Math.floor(random() * items.length)];

/** What happens between two requests: each kind with its own chance. */
const motion = (rates: Rates, world: World) => {
  let now = BASE + 3 * world.spread;
  let ids = 10_000;
  return (list: MovingList) => {
    const { random, requests: since } = list;
    const happens = (rate = 0) => random() < rate;
    const edit = (row: ListRow | undefined, time: number | null) => {
      if (!row?.id) return; // A row without id is told apart by its content: edited, it is another row.
      row.content += 1;
      if (time !== null && row.updated !== null) row.updated = time;
    };
    now += 1 + Math.floor(random() * 3);
    if (happens(rates.sales)) {
      const sold = { ...makeRow(random, world, { index: (ids += 1), since }), created: now, updated: now };
      const many = random() < 0.1 ? world.cap * 2 : 1;
      for (let i = 0; i < many; i += 1) list.rows.push({ ...sold, id: `t${(ids += 1)}` });
    }
    if (happens(rates.edits)) edit(pick(random, list.rows), now);
    if (happens(rates.silentEdits)) edit(pick(random, list.rows), null);
    if (happens(rates.bulkEdits)) for (const row of list.rows) if (random() < 0.3) edit(row, now);
    if (happens(rates.deletes)) {
      const gone = pick(random, list.rows);
      list.rows = list.rows.filter((row) => row !== gone);
    }
  };
};

/** A list and the window that is read of it. */
function setup(world: World, by: Window['by'], rates: Rates): { list: MovingList; window: Window } {
  const random = randomFrom(world.seed);
  const rows = Array.from({ length: world.count }, (_, index) => {
    const late = random() < (rates.late ?? 0);
    return makeRow(random, world, { index, since: late ? 1 + Math.floor(random() * 60) : 0 });
  });
  const list = new MovingList({ ...world, rows, motion: motion(rates, world) });
  const { spread } = world;
  const window = list.keep({
    by,
    from: world.openBeginning ? null : BASE,
    to: BASE + (by === 'created' ? spread : 2 * spread),
    events: world.scoped ? Array.from({ length: world.events }, (_, i) => `e${i}`) : null,
  });
  return { list, window };
}

const hasStored = (list: MovingList, key: string) => list.stored.has(key) || list.rejected.has(`${key}#0`);

/** Rows that were listed when the read began and are in the window still. */
const missed = (list: MovingList, window: Window, atFirst: readonly ListRow[]) =>
  list.rows
    .filter((row) => atFirst.includes(row) && isIn(row, window))
    .map(keyOf)
    .filter((key) => !hasStored(list, key));

const outcomes = { complete: 0, loud: 0 };

/** Reads a moving list to the end and checks that nothing is missed and no `complete` could mark a listed row deleted. */
async function readAndCheck(world: World, by: Window['by'], rates: Rates): Promise<void> {
  const { list, window } = setup(world, by, rates);
  const atFirst = list.rows.filter((row) => row.since === 0 && isIn(row, window));
  try {
    await readWindows([window], list.reader);
    outcomes.complete += 1;
    expect(missed(list, window, atFirst)).toEqual([]);
    expect(list.kept.size).toBe(0);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    outcomes.loud += 1;
  }
  expect(list.completed.flatMap(({ lacking }) => lacking)).toEqual([]);
  expect(list.mostUnderWay).toBeLessThanOrEqual(world.workers);
}

describe('a closed window of a moving list', () => {
  const moving = { sales: 0.4, edits: 0.2, silentEdits: 0.1, bulkEdits: 0.01 };
  const check = (by: Window['by'], rates: Rates, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(worlds, (world) => readAndCheck(world, by, rates)),
      { numRuns },
    );

  it('loses no row of a creation window while rows are sold, edited and listed late', async () => {
    await check('created', { ...moving, late: 0.1 }, 200);
  });

  it('loses no row of a creation window while rows are deleted', async () => {
    await check('created', { ...moving, deletes: 0.1 }, 200);
  });

  it('loses no row that stays in an update window while others are edited out of it', async () => {
    await check('updated', { ...moving, deletes: 0.03 }, 300);
  });

  it('loses no row of a list that stands still', async () => {
    await check('created', {}, 150);
    await check('updated', {}, 150);
  });

  it('ends complete in nearly all of these histories, and loudly in the others', () => {
    expect(outcomes.loud).toBeLessThan(0.1 * outcomes.complete);
  });
});
