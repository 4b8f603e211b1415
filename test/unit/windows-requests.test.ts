import { describe, expect, it } from 'vitest';
import { readWindows } from '../../src/source/windows.js';
import { MovingList, randomFrom, type ListRow, type Order } from './moving-list.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');
const END = BEGIN + 180 * DAY;

/** When a row is created, by shape of the sale. */
const SHAPES: Record<string, (random: () => number) => number> = {
  even: (random) => BEGIN + Math.floor(random() * 180 * DAY),
  'launch-day spike': (random) =>
    random() < 0.8
      ? BEGIN + 20 * DAY + Math.floor(-Math.log(1 - random()) * 20 * MINUTE)
      : BEGIN + Math.floor(random() * 180 * DAY),
  waves: (random) =>
    BEGIN + (10 + 20 * Math.floor(random() * 8)) * DAY + Math.floor(random() * random() * 180 * MINUTE),
  // A third of the rows comes in imports of up to a page, each within one millisecond.
  imports: (random) => BEGIN + Math.floor(random() * 180 * DAY),
};

function rowsOf(shape: string, count: number, cap: number): ListRow[] {
  const random = randomFrom(count + cap);
  const timeOf = SHAPES[shape]!;
  let left = 0;
  let moment = 0;
  const rows = Array.from({ length: count }, (_, index) => {
    const imported = shape === 'imports' && index % 3 === 0;
    if (imported && (left -= 1) < 0) {
      left = Math.floor(random() * cap);
      moment = timeOf(random);
    }
    const created = imported ? moment : Math.min(END, timeOf(random));
    return { id: `t${index}`, created, updated: created, event: 'e', content: 0, since: 0 };
  });
  return rows.sort((a, b) => a.created - b.created);
}

async function readFull(rows: readonly ListRow[], order: Order, cap: number) {
  const list = new MovingList({
    rows,
    order,
    cap,
    top: 1000,
    workers: 5,
    earliest: BEGIN - 30 * DAY,
    seed: 11,
  });
  const window = list.keep({ by: 'created', from: null, to: END, events: null });
  await readWindows([window], list.reader);
  return list;
}

describe.each(Object.keys(SHAPES))('a full read of %s', (shape) => {
  for (const count of [50_000, 300_000])
    for (const cap of [1000, 100]) {
      const rows = rowsOf(shape, count, cap);
      const pages = Math.ceil(count / cap);

      it(`takes at most 1.1 x ${pages} + 20 requests when the order of ${count} rows holds`, async () => {
        for (const order of count === 50_000 ? (['oldest', 'newest'] as const) : (['newest'] as const)) {
          const list = await readFull(rows, order, cap);
          expect(list.stored.size).toBe(count);
          expect(list.requests).toBeLessThanOrEqual(1.1 * pages + 20);
        }
      });

      it(`takes at most 2 x ${pages} + 40 requests when ${count} rows stand anew on each, and holds few of their keys`, async () => {
        const list = await readFull(rows, 'random', cap);
        expect(list.stored.size).toBe(count);
        expect(list.requests).toBeLessThanOrEqual(2 * pages + 40);
        expect(list.mostHeld).toBeLessThanOrEqual(5 * 51 * cap);
      });
    }
});
