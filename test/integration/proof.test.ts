import { describe, expect, it } from 'vitest';
import { errorsOf, idsOf, isCount, KEY, MINUTE, parameter, SECOND, streamOf, world } from './world.js';

const HOUR = 60 * MINUTE;

describe('a proof', () => {
  it('compares what vivenu lists with what is stored and set aside', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ tickets: 300 }], odd: ['nul', 'text-price', 'deep'] }],
    });
    const report = await here.complete();
    expect(streamOf(report)).toMatchObject({
      ...{ proven: true, proof: 'ids', api_total: 300, stored_total: 297, rejected: 3 },
    });
    expect(report.keys).toMatchObject([{ api_total: 300, stored_total: 297, rejected: 3, proven: true }]);
    expect(streamOf(await here.complete())).toMatchObject({ proven: true, proof: 'counts', rejected: 3 });
  });

  it('of several regions of a key is one count, and then one of the states', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: ['a', 'b', 'c'].map((id) => ({ id, tickets: 60 })) }],
      regions: ['a', 'b', 'c'].map((id) => ({ region: id, eventIds: [id] })),
    });
    await here.complete();
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    expect(requests.filter(isCount)).toHaveLength(2);
  });

  it('is not disturbed by what is sold and edited meanwhile', async () => {
    const motion = { sellPerRequest: 5, editPerRequest: 5 };
    await using here = await world({ motion });
    expect(streamOf(await here.complete()).proven).toBe(true);
    expect(streamOf(await here.complete()).proven).toBe(true);
  });
});

describe('a proof repairs', () => {
  it('rows that were deleted in the database', async () => {
    await using here = await world({ tickets: 1000, top: { policy: 'clamp', max: 50 } });
    await here.complete();
    here.simulator.edit(KEY, 60);
    here.simulator.advance(10 * SECOND);
    const gone = await here.sql(
      `delete from auckland.tickets where id in (select id from auckland.tickets order by created_at offset 400 limit 7) returning id`,
    );
    const requests = await here.requestsOf(async () => {
      const report = await here.complete();
      expect(streamOf(report)).toMatchObject({ inserted: gone.length, deleted: 0, proven: true });
    }, '/tickets');
    await here.expectExact();
    expect(requests.length).toBeLessThan(24);
  });

  it('rows that were deleted here and there in several events and regions', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: ['a', 'b', 'c'].map((id) => ({ id, tickets: 150 })) }],
      regions: [
        { region: 'one', eventIds: ['a', 'b'] },
        { region: 'two', eventIds: ['c'] },
      ],
    });
    await here.complete();
    for (const schema of ['one', 'two']) await here.sql(`delete from "${schema}".tickets where id like '%3'`);
    await here.complete();
    await here.expectExact('one', ['a', 'b']);
    await here.expectExact('two', ['c']);
  });

  it('rows that were marked deleted in the database', async () => {
    await using here = await world();
    await here.complete();
    await here.sql(`update auckland.tickets set deleted_at = now()`);
    await here.complete();
    await here.expectExact();
  });

  it('a schema that was dropped, coupons included', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ tickets: 300, underShops: 2 }], coupons: 50, series: 3 }],
    });
    await here.complete();
    await here.sql('drop schema auckland cascade');
    await here.complete();
    await here.expectExact();
    expect(await here.stored('events')).toHaveLength(1);
    expect(await here.stored('ticket_under_shops')).toHaveLength(2);
    expect(await here.stored('coupons')).toHaveLength(50);
    expect(await here.stored('coupon_series')).toHaveLength(3);
  });

  it('a table that was emptied', async () => {
    await using here = await world({ order: 'random', top: { policy: 'clamp', max: 100 } });
    await here.complete();
    await here.sql('truncate auckland.tickets');
    await here.complete();
    await here.expectExact();
  });

  it('rows that vivenu added behind the cursor', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.sell(KEY, 9, { at: here.simulator.now() - 5 * HOUR });
    const requests = await here.requestsOf(async () => {
      expect(streamOf(await here.complete())).toMatchObject({ inserted: 9, proven: true });
    }, '/tickets');
    const read = requests.filter((request) => !isCount(request));
    expect(read.some((request) => parameter(request, 'end') !== null)).toBe(true);
    await here.expectExact();
  });
});

describe('what a proof cannot repair', () => {
  const swallow = `
    create function public.swallow() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger swallow before insert on auckland.tickets for each row execute function public.swallow()`;

  it('makes the run incomplete and is named, with the region and by how much', async () => {
    await using here = await world();
    await here.complete();
    await here.sql(`delete from auckland.tickets where id in (select id from auckland.tickets limit 4)`);
    await here.sql(swallow);
    const requests = await here.requestsOf(async () => {
      const report = await here.run();
      expect(report.status).toBe('incomplete');
      expect(streamOf(report)).toMatchObject({ status: 'incomplete', proven: false });
      expect(errorsOf(report)).toEqual([
        'auckland/tickets: vivenu lists 300 tickets; 296 are stored and 0 set aside',
      ]);
    }, '/tickets');
    expect(requests.length).toBeLessThan(20);
    await here.sql('drop trigger swallow on auckland.tickets');
    await here.complete();
    await here.expectExact();
  });

  it('leaves the other regions of the key proven', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: ['a', 'b'].map((id) => ({ id, tickets: 100 })) }],
      regions: [
        { region: 'auckland', eventIds: ['a'] },
        { region: 'berlin', eventIds: ['b'] },
      ],
    });
    await here.complete();
    await here.sql(`delete from auckland.tickets where id in (select id from auckland.tickets limit 4)`);
    await here.sql(swallow);
    const report = await here.run();
    expect(streamOf(report, 'tickets', 'auckland')).toMatchObject({ status: 'incomplete', proven: false });
    expect(streamOf(report, 'tickets', 'berlin')).toMatchObject({ status: 'complete', proven: true });
  });

  it('is a total that vivenu states wrongly', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.faults['wrong-total'] = 1;
    const report = await here.run({ only: ['tickets'] });
    expect(report.status).not.toBe('complete');
    here.simulator.faults['wrong-total'] = 0;
    await here.complete();
  });
});

describe('the count of the tickets sold', () => {
  const someValid = (here: Awaited<ReturnType<typeof world>>, count: number) =>
    idsOf(here.truth().filter(({ status }) => status === 'VALID')).slice(0, count);

  it('warns of edits that did not move the update time, until a full read brings them', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.cancel(KEY, someValid(here, 5), { movesUpdatedAt: false });
    const [warning] = streamOf(await here.complete()).warnings ?? [];
    expect(warning).toMatch(/^vivenu counts \d+ VALID and DETAILSREQUIRED, \d+ are stored/);
    expect(streamOf(await here.complete({ full: true })).warnings).toBeUndefined();
    await here.expectExact();
  });

  it('is settled by reading on when tickets were edited since', async () => {
    await using here = await world();
    await here.complete();
    let edited = false;
    const report = await here.complete({
      watch: ({ type }) => {
        if (type !== 'proof' || edited) return;
        edited = true;
        here.simulator.cancel(KEY, someValid(here, 5));
        here.simulator.advance(10 * SECOND);
      },
    });
    expect(edited).toBe(true);
    expect(streamOf(report)).toMatchObject({ proven: true, updated: 5 });
    expect(streamOf(report).warnings).toBeUndefined();
    await here.expectExact();
  });
});

describe('a creation time that is no time', () => {
  it.each([{ eventIds: null }, { eventIds: ['race'] }])(
    'is found by a full read of events $eventIds',
    async (region) => {
      await using here = await world({
        sellers: [
          { token: KEY, events: [{ id: 'race', tickets: 300 }], odd: ['bad-created', 'bad-created'] },
        ],
        regions: [region],
        order: 'shuffled',
        top: { policy: 'clamp', max: 100 },
      });
      const report = await here.complete();
      expect(streamOf(report)).toMatchObject({ rejected: 2, proven: true });
      const rejects = await here.rejects();
      expect(rejects.map(({ field, closed_at }) => [field, closed_at])).toEqual([
        ['createdAt', null],
        ['createdAt', null],
      ]);
      await here.complete();
      await here.complete({ full: true });
      expect(await here.rejects()).toHaveLength(2);
      await here.expectExact();
    },
  );
});
