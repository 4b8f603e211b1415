import { describe, expect, it } from 'vitest';
import { idsOf, isCount, KEY, SECOND, streamOf, world } from './world.js';

type World = Awaited<ReturnType<typeof world>>;

const marked = async (here: World, schema?: string, table?: string) =>
  idsOf((await here.stored(table, schema)).filter(({ deleted_at }) => deleted_at !== null));

describe('a ticket that is gone from vivenu', () => {
  it('is marked by a full read, and stays', async () => {
    await using here = await world({ order: 'random', top: { policy: 'clamp', max: 100 } });
    await here.complete();
    const gone = here.simulator.remove(KEY, 9);
    const report = await here.complete({ full: true });
    expect(streamOf(report)).toMatchObject({ deleted: 9, proof: 'ids', api_total: 291, stored_total: 291 });
    expect(await marked(here)).toEqual(gone.sort());
    expect(await here.stored()).toHaveLength(300);
  });

  it('is marked by the proof of an incremental read, which finds it by counting', async () => {
    await using here = await world({ tickets: 600, top: { policy: 'clamp', max: 50 } });
    await here.complete();
    const gone = here.simulator.remove(KEY, 1);
    // More than a page, so that the size of a page is known when the proof has to choose between counting and reading.
    here.simulator.edit(KEY, 60);
    here.simulator.advance(10 * SECOND);
    const requests = await here.requestsOf(async () => {
      const report = await here.complete();
      expect(streamOf(report)).toMatchObject({ mode: 'incremental', deleted: 1, proof: 'counts' });
    }, '/tickets');
    expect(await marked(here)).toEqual(gone);
    expect(requests.filter((request) => !isCount(request)).length).toBeLessThan(12);
    expect(requests.length).toBeLessThan(24);
  });

  it('is unmarked when it is seen again, though nothing of it changed', async () => {
    await using here = await world();
    await here.complete();
    await here.sql(
      `update auckland.tickets set deleted_at = now() where id in (select id from auckland.tickets order by id limit 30)`,
    );
    await here.complete();
    expect(await marked(here)).toEqual([]);
    await here.expectExact();
  });

  it('is not marked again by the next run', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.remove(KEY, 9);
    await here.complete({ full: true });
    const written = await here.writesOf(() => here.complete({ full: true }));
    expect(written).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });
});

describe('the brake', () => {
  it('marks none of more than 5 % and 20 rows, and says how to confirm', async () => {
    await using here = await world();
    await here.complete();
    const gone = here.simulator.remove(KEY, 21);
    for (const options of [{ full: true }, {}, { full: true }]) {
      const report = await here.run(options);
      expect(report.status).toBe('incomplete');
      expect(streamOf(report)).toMatchObject({ status: 'incomplete', deleted: 0, proven: false });
      expect(streamOf(report).error).toMatch(
        /21 of 300 .* none was marked .*--allow-deletes auckland\/tickets/,
      );
    }
    expect(await marked(here)).toEqual([]);
    const report = await here.complete({ full: true, allowDeletes: ['auckland/tickets'] });
    expect(streamOf(report).deleted).toBe(21);
    expect(await marked(here)).toEqual(gone.sort());
  });

  it('lets 20 rows pass however few there are, and the per cent of many', async () => {
    await using few = await world({ tickets: 40 });
    await few.complete();
    few.simulator.remove(KEY, 20);
    expect(streamOf(await few.complete()).deleted).toBe(20);

    await using many = await world({ tickets: 1000, sync: { deleteLimitPercent: 10 } });
    await many.complete();
    many.simulator.remove(KEY, 100);
    expect(streamOf(await many.complete()).deleted).toBe(100);
  });

  it('counts the deletes of all windows of a run together', async () => {
    await using here = await world({ tickets: 600, top: { policy: 'clamp', max: 50 }, order: 'random' });
    await here.complete();
    here.simulator.remove(KEY, 31);
    const report = await here.run({ full: true });
    expect(streamOf(report)).toMatchObject({ status: 'incomplete', deleted: 0 });
    expect(await marked(here)).toEqual([]);
  });

  it('is confirmed for one region and stream alone', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'north', tickets: 100 },
            { id: 'south', tickets: 100 },
          ],
        },
      ],
      regions: [
        { region: 'north', eventIds: ['north'] },
        { region: 'south', eventIds: ['south'] },
      ],
    });
    await here.complete();
    const of = (event: string) => idsOf(here.truth().filter(({ eventId }) => eventId === event)).slice(0, 40);
    const gone = here.simulator.remove(KEY, of('north'));
    here.simulator.remove(KEY, of('south'));
    const report = await here.run({ full: true, allowDeletes: ['north/tickets'] });
    expect(report.regions.map(({ region, status }) => [region, status])).toEqual([
      ['north', 'complete'],
      ['south', 'incomplete'],
    ]);
    expect(await marked(here, 'north')).toEqual(gone.sort());
    expect(await marked(here, 'south')).toEqual([]);
  });

  it('holds while an increment goes on: what changed is stored all the same', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.remove(KEY, 30);
    const edited = here.simulator.edit(KEY, 5);
    here.simulator.advance(10 * SECOND);
    const report = await here.run();
    expect(report.status).toBe('incomplete');
    const truth = new Map(here.truth().map(({ id, updatedAt }) => [id, updatedAt]));
    const stored = (await here.stored()).filter(({ id }) => edited.includes(id));
    expect(stored.map(({ updated_at }) => updated_at?.getTime())).toEqual(
      stored.map(({ id }) => truth.get(id)),
    );
  });
});

describe('no row is marked', () => {
  it('by a read that an earlier run began', async () => {
    await using here = await world({
      tickets: 1000,
      top: { policy: 'clamp', max: 100 },
      batch: { maxWorkers: 1 },
    });
    await here.complete();
    await here.interrupted(4, { full: true });
    const [row] = await here.sql<{ pages: number }>(
      'select coalesce(max(cardinality(pages_done)), 0)::int as pages from vivenu_ingest.windows',
    );
    expect(row!.pages).toBeGreaterThan(0);
    // Stored since, and unknown to vivenu: a complete read of its window would mark it.
    await here.sql(
      `update auckland.tickets set id = 'unknown', requested_at = '2020-01-01' where id = (select min(id) from auckland.tickets)`,
    );
    let marked = 0;
    await here.run({
      watch: (event, { stop }) => {
        if (event.type === 'proof') stop();
      },
    });
    marked = (await here.stored()).filter(({ deleted_at }) => deleted_at !== null).length;
    expect(marked).toBe(0);
  });

  it('when an answer lacks a row', async () => {
    await using here = await world({ tickets: 500, top: { policy: 'clamp', max: 100 } });
    await here.complete();
    here.simulator.faults['lost-row'] = 0.3;
    await here.run({ full: true });
    expect(await marked(here)).toEqual([]);
    here.simulator.faults['lost-row'] = 0;
    await here.complete();
    await here.expectExact();
  });

  it('when answers are empty', async () => {
    await using here = await world({ http: { retries: 0 } });
    await here.complete();
    here.simulator.failNext('empty-page', 50, '/tickets');
    expect((await here.run({ full: true })).status).toBe('incomplete');
    expect(await marked(here)).toEqual([]);
    expect(await here.stored()).toHaveLength(300);
  });
});

describe('an event that is gone from vivenu', () => {
  it('is marked with what lived in it, while its tickets stay as long as vivenu lists them', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'north', tickets: 50, underShops: 1 },
            { id: 'south', tickets: 50, underShops: 1 },
          ],
        },
      ],
    });
    await here.complete();
    here.simulator.removeEvents(KEY, ['south']);
    await here.complete({ allowDeletes: ['auckland/ticket_types'] });
    expect(await marked(here, 'auckland', 'events')).toEqual(['south']);
    const types = await here.stored<{ event_id: string; deleted_at: Date | null }>('ticket_types');
    for (const type of types) expect(type.deleted_at !== null).toBe(type.event_id === 'south');
    await here.expectExact();
  });
});
