import { describe, expect, it } from 'vitest';
import { DEEP, MarkedVivenu } from './marked-vivenu.js';
import { KEY, streamOf, world } from './world.js';

describe('a record nested deeper than a recursion can go', () => {
  it.each([[[{}]], [[{}, { region: 'berlin' }]]])(
    'is set aside, with an id and without one, and the rest is stored: regions %j',
    async (regions) => {
      await using here = await world({
        sellers: [{ token: KEY, events: [{ id: 'race', tickets: 40 }], coupons: 10, series: 1 }],
      });
      const [first, second] = here.truth().map(({ id }) => id);
      const [coupon] = [...here.simulator.truth(KEY, 'coupons')].map(({ id }) => id);
      await using vivenu = await MarkedVivenu.before(here.simulator, (record) => {
        if (record['_id'] === first || record['_id'] === coupon) return { ...record, tree: DEEP };
        if (record['_id'] !== second) return record;
        const { _id, ...rest } = record;
        return { ...rest, tree: DEEP, was: _id };
      });
      here.configure(...regions.map((region) => ({ ...region, baseUrl: vivenu.url })));
      const report = await here.complete();
      for (const { region } of here.config.events) {
        expect(streamOf(report, 'tickets', region)).toMatchObject({
          proven: true,
          inserted: 38,
          rejected: 2,
        });
        expect(streamOf(report, 'coupons', region)).toMatchObject({ proven: true, inserted: 9, rejected: 1 });
      }
      for (const { field, reason, exact } of await here.rejects())
        expect([field, reason, exact]).toEqual([
          'tree',
          expect.stringContaining('deeper than 200 levels'),
          false,
        ]);
    },
  );

  it('in an event leaves the event to be set aside', async () => {
    await using here = await world({ tickets: 20 });
    await using vivenu = await MarkedVivenu.before(here.simulator, (record, path) =>
      path === '/events' ? { ...record, tree: DEEP } : record,
    );
    here.configure({ baseUrl: vivenu.url }, { region: 'berlin', baseUrl: vivenu.url });
    const report = await here.complete();
    for (const region of ['auckland', 'berlin']) {
      expect(streamOf(report, 'events', region)).toMatchObject({ proven: true, rejected: 1 });
      expect(streamOf(report, 'tickets', region)).toMatchObject({ proven: true, inserted: 20 });
    }
  });
});
