import { describe, expect, it } from 'vitest';
import { dayName, heatLevel, heatOf, leftSays } from '../src/event/heat.js';
import {
  changed,
  curveOf,
  dateOf,
  dayNumber,
  hourNumber,
  hourOf,
  hoursOf,
  lastDays,
  localHour,
  together,
  valueAt,
} from '../src/event/series.js';
import { held, matching } from '../src/overview/order.js';
import { href, routeOf } from '../src/shell/router.js';
import type { OverviewRegion } from '../../src/server/api/types.js';

const daily = (days: [string, number][]) =>
  days.map(([day, sold], n) => ({
    ...{ day, sold, revenue: null, running_total: 0 },
    headline_total: days.slice(0, n + 1).reduce((sum, [, one]) => sum + one, 0),
  }));

describe('a curve', () => {
  const days = daily([
    ['2026-10-24', 3],
    ['2026-10-25', 0],
    ['2026-10-26', 4],
  ]);

  it('has days one apart, also where the clocks are put back', () => {
    const { x, y } = curveOf(days, 'total', null);
    expect(x.map((at) => at - (x[0] ?? 0))).toEqual([0, 1, 2]);
    expect(y).toEqual([3, 3, 7]);
    expect(x.map(dateOf)).toEqual(days.map(({ day }) => day));
  });

  it('is aligned by days to the start, and shares an axis with another', () => {
    const own = curveOf(days, 'day', '2026-10-30');
    const other = curveOf(daily([['2025-10-26', 9]]), 'day', '2025-10-30');
    expect(own.x).toEqual([-6, -5, -4]);
    expect(together(own, other)).toEqual([
      [-6, -5, -4],
      [3, 0, 4],
      [null, null, 9],
    ]);
    expect([valueAt(own, -7), valueAt(own, -5), valueAt(own, 0)]).toEqual([null, 0, 4]);
  });

  it('is moved and zoomed within what there is', () => {
    const whole = { from: 0, to: 100 };
    expect(lastDays(whole, 14)).toEqual({ from: 86, to: 100 });
    expect(changed({ from: 86, to: 100 }, whole, { move: 7 })).toEqual({ from: 86, to: 100 });
    expect(changed({ from: 40, to: 60 }, whole, { zoom: 0.5 })).toEqual({ from: 45, to: 55 });
    expect(changed({ from: 40, to: 60 }, whole, { zoom: 99 })).toEqual(whole);
  });

  it('takes a day for what it is, whatever the hour', () => {
    expect(dayNumber('2027-01-15T13:00') - dayNumber('2027-01-14')).toBe(1);
  });
});

describe('the table of places', () => {
  const place = (division: string, event_day: string | null, sold: number, capacity: number | null) => ({
    ...{ category: null, division, event_day, is_total: false, sold, capacity },
    remaining: capacity === null ? null : capacity - sold,
  });

  it('has the days of the week in their order, and none where nothing is offered', () => {
    const heat = heatOf([
      place('A', 'SUNDAY', 1, 9),
      place('B', 'FRIDAY', 1, 9),
      place('A', 'MULTI_DAY', 1, 9),
    ]);
    expect(heat.days.map(dayName)).toEqual(['Friday', 'Sunday', 'Several days']);
    expect(heat.rows[1]?.cells.map((cell) => cell?.sold ?? null)).toEqual([1, null, null]);
  });

  it.each([
    [0, 10, 0, '10'],
    [5, 10, 1, '5'],
    [8, 10, 2, '2'],
    [9, 10, 3, '1'],
    [10, 10, 4, 'full'],
    [12, 10, 4, '2 over'],
    [3, null, null, '3 sold'],
  ])('says of %i sold of %s: %s, %s', (sold, capacity, level, says) => {
    expect([heatLevel({ sold, capacity }), leftSays({ sold, capacity }, String)]).toEqual([level, says]);
  });
});

describe('the order of regions', () => {
  const regions = ['b', 'a', 'c'].map((region) => ({
    region,
    events: [{ name: `Race ${region.toUpperCase()}` }],
  })) as unknown as OverviewRegion[];

  it('holds while somebody points at it, and tells how many would move', () => {
    expect(held(regions, ['a', 'b', 'c'])).toMatchObject({ moved: 2 });
    expect(held(regions, ['a', 'b', 'c']).rows.map(({ region }) => region)).toEqual(['a', 'b', 'c']);
    expect(held(regions, [])).toEqual({ rows: regions, moved: 0 });
  });

  it('is searched by region and event', () => {
    expect(matching(regions, ' race c').map(({ region }) => region)).toEqual(['c']);
    expect(matching(regions, '')).toHaveLength(3);
  });
});

describe('an address', () => {
  it('leaves out what is not given, and is read as it was written', () => {
    const address = href('/event/hong-kong/a%20b', { compare: 'x/y', by: null, day: '' });
    expect(address).toBe('/event/hong-kong/a%20b?compare=x%2Fy&day=');
    expect(routeOf(address).path).toEqual(['event', 'hong-kong', 'a b']);
    expect(routeOf('/event/%E0%A4%A').path).toEqual(['event', '%E0%A4%A']);
  });
});

describe('hours', () => {
  it('are parts of a day, the current one by the clock of the event', () => {
    const points = [
      { local: '2026-11-25T23:00', sold: 3, running_total: 3, headline_total: 3 },
      { local: '2026-11-26T00:00', sold: 1, running_total: 4, headline_total: 4 },
    ];
    const { x, y } = hoursOf(points);
    expect(y).toEqual([3, 1]);
    const [first = NaN, second = NaN] = x;
    expect((second - first) * 24).toBeCloseTo(1, 6);
    expect(x.map(hourOf)).toEqual([
      { day: '2026-11-25', clock: '23:00' },
      { day: '2026-11-26', clock: '00:00' },
    ]);
    expect(localHour('2026-11-25T16:30:00Z', 'Asia/Hong_Kong')).toBe('2026-11-26T00');
    expect(hourNumber(localHour('2026-11-25T16:30:00Z', 'Asia/Hong_Kong'))).toBe(second);
  });

  it('are moved and zoomed by the hour', () => {
    const whole = { from: 100, to: 107 };
    const { from, to } = changed({ from: 106, to: 107 }, whole, { move: -1, step: 1 / 24 });
    expect([from * 24, to * 24]).toEqual([expect.closeTo(106 * 24 - 1, 6), expect.closeTo(107 * 24 - 1, 6)]);
    const least = changed({ from: 106, to: 107 }, whole, { zoom: 0.001, step: 1 / 24 });
    expect((least.to - least.from) * 24).toBeCloseTo(2, 6);
  });
});
