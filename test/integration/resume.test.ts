import { describe, expect, it } from 'vitest';
import type { RequestLine } from '../../src/simulator/simulator.js';
import { idsOf, isCount, KEY, MINUTE, parameter, SECOND, streamOf, world } from './world.js';

type World = Awaited<ReturnType<typeof world>>;

interface Cursor {
  key_id: string;
  schema_name: string;
  event_id: string;
  read_at: Date | null;
  newest_updated_at: Date | null;
  full_read_at: Date | null;
  read_kind: string | null;
  read_began_at: Date | null;
}

const cursors = (here: World) =>
  here.sql<Cursor>(
    `select * from vivenu_ingest.cursors where stream = 'tickets' order by schema_name, event_id`,
  );
const pagesOf = (requests: readonly RequestLine[]) => requests.filter((request) => !isCount(request));
const isIncrement = (request: RequestLine) => parameter(request, 'updatedAt[$lte]') !== null;
const fromOf = (requests: readonly RequestLine[]) =>
  Date.parse(parameter(pagesOf(requests).find(isIncrement)!, 'updatedAt[$gte]')!);
const north = { region: 'north', eventIds: ['north'] };
const south = { region: 'south', eventIds: ['south'] };
const two = (tickets = 100) => [
  {
    token: KEY,
    events: [
      { id: 'north', tickets },
      { id: 'south', tickets },
    ],
  },
];

describe('a cursor', () => {
  it('stands at the newest update that was read, where that is older than the read', async () => {
    await using here = await world({ clock: { rate: 0 } });
    await here.complete();
    const newest = Math.max(...here.truth().map(({ updatedAt }) => updatedAt!));
    expect(newest).toBeLessThan(here.simulator.now());
    here.simulator.advance(MINUTE);
    for (let run = 0; run < 2; run += 1) {
      const requests = await here.requestsOf(() => here.complete(), '/tickets');
      expect(fromOf(requests)).toBe(newest - 120 * SECOND);
    }
  });

  it('stands at the beginning of the read, where updates are stamped later than that', async () => {
    await using here = await world({ clock: { rate: 0 } });
    const began = Math.floor(here.simulator.now() / SECOND) * SECOND;
    here.simulator.sell(KEY, 3, { at: began - 60 * MINUTE });
    const ahead = here.simulator.sell(KEY, 1, { at: began - 2 * MINUTE });
    here.simulator.advance(60 * MINUTE);
    here.simulator.edit(KEY, ahead);
    here.simulator.advance(-60 * MINUTE);
    await here.complete();
    const [cursor] = await cursors(here);
    expect(cursor!.newest_updated_at!.getTime()).toBeGreaterThan(began);
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    expect(fromOf(requests)).toBe(began - 120 * SECOND);
  });

  it('keeps the overlap that is configured, subtracted once however many runs find nothing', async () => {
    await using here = await world({ clock: { rate: 0 }, sync: { overlapMs: 7 * SECOND } });
    await here.complete();
    const newest = Math.max(...here.truth().map(({ updatedAt }) => updatedAt!));
    for (let run = 0; run < 3; run += 1)
      expect(fromOf(await here.requestsOf(() => here.complete(), '/tickets'))).toBe(newest - 7 * SECOND);
  });

  it('belongs to a key, a schema and an event', async () => {
    await using here = await world({
      sellers: two(),
      regions: [north, south, { ...north, region: 'again' }],
    });
    await here.complete();
    const rows = await cursors(here);
    expect(rows.map(({ schema_name, event_id }) => [schema_name, event_id])).toEqual([
      ['again', 'north'],
      ['north', 'north'],
      ['south', 'south'],
    ]);
    expect(new Set(rows.map(({ key_id }) => key_id)).size).toBe(1);
  });

  it('stays where it is when the read did not end', async () => {
    await using here = await world({ http: { retries: 0 } });
    await here.complete();
    const before = await cursors(here);
    here.simulator.edit(KEY, 9);
    here.simulator.advance(10 * SECOND);
    here.simulator.failNext('500', 1, '/tickets');
    expect((await here.run()).status).toBe('incomplete');
    const [after] = await cursors(here);
    expect(after!.read_at).toEqual(before[0]!.read_at);
    await here.complete();
    await here.expectExact();
  });

  it('of another key is none: the events are read in full', async () => {
    await using here = await world({
      sellers: [KEY, 'key_new'].map((token) => ({ token, events: [{ id: 'race', tickets: 50 }] })),
    });
    await here.complete();
    here.configure({ token: 'key_new' });
    expect(streamOf(await here.run({ allowDeletes: ['auckland/tickets'] })).mode).toBe('full');
    await here.expectExact('auckland', null, 'key_new');
  });
});

describe('an event that is added to the configuration', () => {
  it('is read in full while the others are read on', async () => {
    await using here = await world({ sellers: two(), regions: [{ eventIds: ['north'] }] });
    await here.complete();
    here.simulator.edit(KEY, 10);
    here.simulator.advance(10 * SECOND);
    here.configure({ eventIds: ['north', 'south'] });
    const pages = pagesOf(await here.requestsOf(() => here.complete(), '/tickets'));
    await here.expectExact();
    const events = (requests: RequestLine[]) =>
      new Set(requests.map((request) => parameter(request, 'event')));
    expect(events(pages.filter((request) => !isIncrement(request)))).toEqual(new Set(['south']));
    expect(events(pages.filter(isIncrement))).toEqual(new Set(['north']));
  });

  it('as a region of its own is read in full while the others are read on', async () => {
    await using here = await world({ sellers: two(), regions: [north] });
    await here.complete();
    here.configure(north, south);
    const report = await here.complete();
    expect(streamOf(report, 'tickets', 'north').mode).toBe('incremental');
    expect(streamOf(report, 'tickets', 'south').mode).toBe('full');
    await here.expectExact('south', ['south']);
  });
});

describe('a read that was interrupted', () => {
  const paged = { top: { policy: 'clamp', max: 100 }, batch: { maxWorkers: 1 } } as const;

  it('goes on with the pages that are missing, and its cursor is of the run that began it', async () => {
    await using here = await world({ tickets: 1000, ...paged });
    const began = here.simulator.now();
    const first = pagesOf(await here.requestsOf(() => here.interrupted(4), '/tickets'));
    expect(await cursors(here)).toMatchObject([{ read_kind: 'full', read_at: null }]);
    here.simulator.advance(60 * MINUTE);
    const later = await here.requestsOf(() => here.complete(), '/tickets');
    const second = pagesOf(later).filter((request) => !isIncrement(request));
    expect(first.length + second.length).toBe(10);
    const [cursor] = await cursors(here);
    expect(cursor!.full_read_at!.getTime()).toBeLessThan(began + MINUTE);
    expect(cursor!.full_read_at!.getTime()).toBeGreaterThan(began - MINUTE);
    await here.expectExact();
    for (const table of ['windows', 'read_progress'])
      expect(await here.sql(`select 1 from vivenu_ingest.${table}`)).toEqual([]);
  });

  it('misses nothing of what was sold and edited in between', async () => {
    await using here = await world({ tickets: 1000, ...paged, order: 'newest' });
    await here.interrupted(4);
    here.simulator.edit(KEY, 200);
    here.simulator.sell(KEY, 40);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });

  it('reads a window again whose total moved in between', async () => {
    await using here = await world({ tickets: 1000, ...paged });
    await here.interrupted(4);
    const oldest = here.truth().toSorted((a, b) => a.createdAt! - b.createdAt!);
    here.simulator.remove(KEY, idsOf(oldest.slice(0, 5)));
    await here.complete();
    await here.expectExact();
  });

  it.each(['random', 'shuffled', 'updated'] as const)(
    'and interrupted again ends exact, in order %s',
    async (order) => {
      await using here = await world({ tickets: 1200, ...paged, order });
      for (const pages of [1, 2, 3, 5]) {
        await here.interrupted(pages);
        here.simulator.edit(KEY, 20);
        here.simulator.sell(KEY, 5);
      }
      here.simulator.advance(10 * SECOND);
      await here.complete();
      await here.expectExact();
    },
  );

  it('is given up at once when it is aborted, and goes on all the same', async () => {
    await using here = await world({ tickets: 1000, ...paged, batch: { maxWorkers: 3 } });
    let pages = 0;
    const report = await here.run({
      watch: (event, { stop, abort }) => {
        if (event.type !== 'page' || event.stream !== 'tickets' || ++pages < 3) return;
        stop();
        abort();
      },
    });
    expect(report.status).not.toBe('complete');
    await here.complete();
    await here.expectExact();
  });

  it('of changes goes on as such', async () => {
    await using here = await world({ tickets: 1000, ...paged });
    await here.complete();
    here.simulator.edit(KEY, 600);
    here.simulator.advance(10 * SECOND);
    await here.interrupted(3);
    expect(await cursors(here)).toMatchObject([{ read_kind: 'incremental' }]);
    here.simulator.edit(KEY, 30);
    here.simulator.advance(10 * SECOND);
    expect(streamOf(await here.complete())).toMatchObject({ mode: 'incremental', proven: true });
    await here.expectExact();
  });

  it('of everything goes on in a run that was not asked for everything', async () => {
    await using here = await world({ tickets: 1000, ...paged });
    await here.complete();
    await here.interrupted(3, { full: true });
    expect(streamOf(await here.complete()).mode).toBe('full');
    await here.expectExact();
  });

  it('together with a region that was removed is begun anew for the others', async () => {
    await using here = await world({ sellers: two(500), regions: [north, south], ...paged });
    await here.interrupted(4);
    here.configure(north);
    await here.complete();
    await here.expectExact('north', ['north']);
    here.configure(north, south);
    await here.complete();
    await here.expectExact('north', ['north']);
    await here.expectExact('south', ['south']);
    expect(await here.sql('select 1 from vivenu_ingest.windows')).toEqual([]);
  });

  it('goes on beside a region that was added', async () => {
    await using here = await world({ sellers: two(500), regions: [north], ...paged });
    const first = pagesOf(await here.requestsOf(() => here.interrupted(3), '/tickets'));
    here.configure(north, south);
    const later = pagesOf(await here.requestsOf(() => here.complete(), '/tickets'));
    const ofNorth = later.filter(
      (request) => !isIncrement(request) && parameter(request, 'event') === 'north',
    );
    expect(first.length + ofNorth.length).toBe(5);
    await here.expectExact('north', ['north']);
    await here.expectExact('south', ['south']);
  });
});
