import { describe, expect, it } from 'vitest';
import { ORDERS } from '../../src/simulator/select.js';
import type { MotionRates } from '../../src/simulator/motion.js';
import { idsOf, isCount, KEY, MINUTE, parameter, SECOND, streamOf, world } from './world.js';

const POLICIES = [
  { policy: 'reject', max: 1000 },
  { policy: 'clamp', max: 1000 },
  { policy: 'clamp', max: 100 },
] as const;

describe('a full read', () => {
  it.each(ORDERS.flatMap((order) => POLICIES.map((top) => ({ order, top, ...top }))))(
    'is exact and within its requests, in order $order where top is at most $max by $policy',
    async ({ order, top }) => {
      await using here = await world({ tickets: 1100, order, top });
      const requests = await here.requestsOf(() => here.complete());
      await here.expectExact();
      const pages = Math.ceil(1100 / top.max);
      expect(requests.length).toBeLessThanOrEqual(order === 'random' ? 2 * pages + 40 : 1.1 * pages + 20);
    },
  );

  it('asks for 100 once 1000 are refused, and remembers it', async () => {
    await using here = await world({ tickets: 450, top: { policy: 'reject', max: 100 } });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    expect(requests.filter(({ status }) => status === 400)).toHaveLength(1);
  });

  it('halves a window of more than 50 pages before it reads deep into it', async () => {
    await using here = await world({ tickets: 1500, order: 'shuffled', top: { policy: 'clamp', max: 20 } });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    expect(Math.max(...requests.map((request) => Number(parameter(request, 'skip'))))).toBeLessThan(50 * 20);
  });

  it.each(['oldest', 'shuffled', 'random'] as const)(
    'is exact where 15 % of the tickets share one millisecond, in order %s',
    async (order) => {
      await using here = await world({
        order,
        top: { policy: 'clamp', max: 100 },
        sellers: [{ token: KEY, events: [{ tickets: 1000, shape: 'import', importShare: 0.15 }] }],
      });
      const requests = await here.requestsOf(() => here.complete());
      await here.expectExact();
      if (order !== 'random') expect(requests.length).toBeLessThanOrEqual(1.1 * 10 + 20);
    },
  );

  it.each(['oldest', 'updated-newest', 'random'] as const)(
    'misses nothing of a list that moves between every two requests, in order %s',
    async (order) => {
      const motion: MotionRates = {
        ...{ sellPerRequest: 3, editPerRequest: 4, flipPerRequest: 2 },
        ...{ transferPerRequest: 1, bulkEditPerRequest: 2, cancelPerRequest: 0.5 },
      };
      await using here = await world({ tickets: 1000, order, top: { policy: 'clamp', max: 100 }, motion });
      const before = idsOf(here.truth());
      await here.complete();
      const stored = new Set(idsOf(await here.stored()));
      expect(before.filter((id) => !stored.has(id))).toEqual([]);
      await here.complete();
      for (const rate of Object.keys(motion) as (keyof MotionRates)[]) motion[rate] = 0;
      here.simulator.advance(10 * SECOND);
      await here.complete();
      await here.expectExact();
    },
  );

  it('reads nothing beyond the time at which it began', async () => {
    await using here = await world({ clock: { rate: 0 } });
    const [late] = here.simulator.sell(KEY, 1);
    await here.complete();
    expect(idsOf(await here.stored())).not.toContain(late);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });

  it.each(['no-total', 'no-rows'] as const)(
    'takes an answer with %s for a fault and never for an empty list',
    async (fault) => {
      await using here = await world({ tickets: 300, http: { retries: 1 } });
      here.simulator.failNext(fault, 1, '/tickets');
      expect(streamOf(await here.complete()).retries).toBe(1);
      await here.expectExact();
      here.simulator.failNext(fault, 50, '/tickets');
      const report = await here.run();
      expect(streamOf(report)).toMatchObject({ status: 'incomplete', proven: false, deleted: 0 });
      expect(report.status).toBe('incomplete');
      await here.expectExact();
    },
  );
});

describe('the clock', () => {
  it.each([
    { says: '3 hours ahead', clock: { offsetMs: 180 * MINUTE } },
    { says: '3 hours behind', clock: { offsetMs: -180 * MINUTE } },
    { says: '30 s apart between its machines', clock: { jitterMs: 30 * SECOND } },
  ])('of vivenu may be $says', async ({ clock }) => {
    await using here = await world({ clock });
    await here.complete();
    await here.expectExact();
    for (let round = 0; round < 2; round += 1) {
      here.simulator.edit(KEY, 20);
      here.simulator.sell(KEY, 20);
      here.simulator.advance(40 * SECOND);
      await here.complete();
      await here.expectExact();
    }
  });

  it('is the local one minus 5 minutes where vivenu sends no Date', async () => {
    await using here = await world({ clock: { dateHeader: false } });
    const began = Date.now();
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    const until = Date.parse(parameter(requests[0]!, 'end')!);
    expect(until).toBeGreaterThanOrEqual(began - 5 * MINUTE);
    expect(until).toBeLessThan(began - 4 * MINUTE);
    const older = here.truth().filter(({ createdAt }) => createdAt! <= until);
    expect(idsOf(await here.stored())).toEqual(idsOf(older));
  });

  it('of a vivenu without Date may be behind: all is read', async () => {
    await using here = await world({ clock: { dateHeader: false, offsetMs: -10 * MINUTE } });
    await here.complete();
    here.simulator.edit(KEY, 10);
    here.simulator.sell(KEY, 10);
    await here.complete();
    await here.expectExact();
  });

  it('finds rows that became visible a minute late by the overlap', async () => {
    await using here = await world({ visibleAfterMs: MINUTE });
    await here.complete();
    here.simulator.sell(KEY, 30);
    here.simulator.edit(KEY, 30);
    here.simulator.advance(30 * SECOND);
    await here.complete();
    here.simulator.advance(40 * SECOND);
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    const read = requests.filter((request) => !isCount(request));
    expect(read.map((request) => parameter(request, 'end')).filter(Boolean)).toEqual([]);
  });
});

describe('events', () => {
  const forty = Array.from({ length: 40 }, (_, n) => `event${n}`);
  const sellers = [{ token: KEY, events: forty.map((id) => ({ id, tickets: 20, underShops: 0 })) }];

  it('of one key are read together, forty as a list', async () => {
    await using here = await world({ sellers, regions: [{ eventIds: forty }] });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    expect(requests.length).toBeLessThanOrEqual(8);
  });

  it('of one key are read together, forty as *, without an event filter', async () => {
    await using here = await world({ sellers, regions: [{ eventIds: null }] });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    expect(requests.length).toBeLessThanOrEqual(8);
    expect(requests.map((request) => parameter(request, 'event')).filter(Boolean)).toEqual([]);
  });

  it('of one key are read together, forty in forty regions', async () => {
    await using here = await world({ sellers, regions: forty.map((id) => ({ region: id, eventIds: [id] })) });
    const first = await here.requestsOf(() => here.complete(), '/tickets');
    for (const id of forty) await here.expectExact(id, [id]);
    expect(first.length).toBeLessThanOrEqual(8);
    const second = await here.requestsOf(() => here.complete(), '/tickets');
    expect(second.length).toBeLessThanOrEqual(4);
  });

  it('that two regions share go to both', async () => {
    const regions = [
      { region: 'one', eventIds: ['event1', 'event2'] },
      { region: 'two', eventIds: ['event2', 'event3'] },
      { region: 'all', eventIds: null },
    ];
    await using here = await world({ sellers, regions });
    await here.complete();
    await here.expectExact('one', ['event1', 'event2']);
    await here.expectExact('two', ['event2', 'event3']);
    await here.expectExact('all');
    here.simulator.edit(KEY, 30);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact('one', ['event1', 'event2']);
    await here.expectExact('two', ['event2', 'event3']);
    await here.expectExact('all');
  });

  it('in a list longer than 6,000 characters are asked for in parts', async () => {
    const long = Array.from({ length: 40 }, (_, n) => `${'e'.repeat(197)}${n + 100}`);
    await using here = await world({
      sellers: [{ token: KEY, events: long.map((id) => ({ id, tickets: 10, underShops: 0 })) }],
      regions: [{ eventIds: long }],
    });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    const lists = requests.map((request) => parameter(request, 'event') ?? '');
    expect(Math.max(...lists.map(({ length }) => length))).toBeLessThanOrEqual(6000);
    expect(new Set(lists).size).toBe(2);
    expect(Math.min(...lists.map(({ length }) => length))).toBeGreaterThan(0);
    here.simulator.edit(KEY, 9);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });

  it.each(['root', 'group'] as const)('bring their children with them, tied as %s', async (childrenAs) => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'race', tickets: 300, children: 2, childrenAs },
            { id: 'other', tickets: 100 },
          ],
        },
      ],
      regions: [{ eventIds: ['race'] }],
    });
    await here.complete();
    await here.expectExact('auckland', ['race', 'race-1', 'race-2']);
    expect(idsOf(await here.stored('events'))).toEqual(['race', 'race-1', 'race-2']);
  });

  it('that left the list are read on, for as long as stored tickets name their root', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 300, children: 2 }] }],
      regions: [{ eventIds: ['race'] }],
    });
    await here.complete();
    here.simulator.removeEvents(KEY, ['race-2']);
    here.simulator.edit(KEY, 50);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });

  it('that are no longer configured keep their rows', async () => {
    await using here = await world({ sellers, regions: [{ eventIds: ['event1', 'event2'] }] });
    await here.complete();
    here.configure({ eventIds: ['event1'] });
    await here.complete();
    await here.complete({ full: true });
    await here.expectExact('auckland', ['event1', 'event2']);
  });

  it('are read again on each run, since an edit of an under shop may not move their update time', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 10, underShops: 2 }] }],
    });
    await here.complete();
    here.simulator.editShops(KEY, ['race'], { movesUpdatedAt: false });
    const written = await here.writesOf(() => here.complete(), 'auckland', 'ticket_volumes');
    expect(written.updated).toBeGreaterThan(0);
    expect(written).toMatchObject({ inserted: 0, deleted: 0 });
  });
});

describe('coupons', () => {
  const sellers = (series: number) => [{ token: KEY, events: [{ tickets: 10 }], coupons: 340, series }];
  interface Coupon {
    id: string;
    used: number;
    active: boolean | null;
    coupon_series_id: string | null;
    deleted_at: Date | null;
  }
  const expectCoupons = async (here: Awaited<ReturnType<typeof world>>) => {
    const stored = (await here.stored<Coupon>('coupons')).map(
      ({ id, used, coupon_series_id: series }) => `${id} ${used} ${series ?? ''}`,
    );
    const truth = [...here.simulator.truth(KEY, 'coupons')].map(
      ({ id, used, seriesId }) => `${id} ${used} ${seriesId ?? ''}`,
    );
    expect(stored.sort()).toEqual(truth.sort());
    const series = idsOf(await here.stored<{ id: string }>('coupon_series'));
    expect(series).toEqual(idsOf([...here.simulator.truth(KEY, 'series')]));
  };

  it.each(['oldest', 'updated-newest', 'random'] as const)(
    'are read whole, with and without series, in order %s',
    async (order) => {
      await using here = await world({ order, sellers: sellers(7), top: { policy: 'clamp', max: 100 } });
      await here.complete();
      await expectCoupons(here);
    },
  );

  it.each(['docs', 'array'] as const)('have series that come as %s', async (seriesShape) => {
    await using here = await world({ seriesShape, sellers: sellers(130), top: { policy: 'clamp', max: 50 } });
    await here.complete();
    await expectCoupons(here);
  });

  it('are written when `used` moves though their update time does not', async () => {
    await using here = await world({ sellers: sellers(3), batch: { maxWorkers: 1 } });
    await here.complete();
    here.simulator.redeem(KEY, 5);
    expect(await here.writesOf(() => here.complete({ only: ['coupons'] }))).toEqual({
      ...{ inserted: 0, updated: 5, deleted: 0 },
    });
    await expectCoupons(here);
  });

  it('are left alone until 60 minutes have passed since they were proven', async () => {
    await using here = await world({ sellers: sellers(3) });
    await here.complete();
    here.simulator.redeem(KEY, 5);
    expect(await here.requestsOf(() => here.complete(), '/coupon/rich')).toEqual([]);
    expect(streamOf(await here.complete(), 'coupons')).toMatchObject({ mode: 'skipped', status: 'skipped' });
    await here.sql(`update vivenu_ingest.cursors set proven_at = proven_at - interval '61 minutes'`);
    await here.complete();
    await expectCoupons(here);
  });

  it('are read at once with --only coupons, and then nothing else is', async () => {
    await using here = await world({ sellers: sellers(3) });
    const requests = await here.requestsOf(() => here.complete({ only: ['coupons'] }));
    expect([...new Set(requests.map(({ path }) => path))].sort()).toEqual([
      '/api/coupon/rich',
      '/api/coupon/series',
    ]);
    here.simulator.redeem(KEY, 5);
    await here.complete({ only: ['coupons'] });
    await expectCoupons(here);
  });

  it('go to every region of the key', async () => {
    await using here = await world({ sellers: sellers(3), regions: [{ region: 'one' }, { region: 'two' }] });
    await here.complete();
    const [one, two] = [await here.stored('coupons', 'one'), await here.stored('coupons', 'two')];
    expect(idsOf(one)).toHaveLength(340);
    expect(idsOf(two)).toEqual(idsOf(one));
  });
});
