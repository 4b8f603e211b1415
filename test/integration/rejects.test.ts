import { describe, expect, it } from 'vitest';
import { startSimulator, type OddKind } from '../../src/simulator/simulator.js';
import { idsOf, KEY, REFUSED, SECOND, streamOf, world } from './world.js';

const FIELDS: Partial<Record<OddKind, [field: string, reason: RegExp]>> = {
  nul: ['name', /NUL character/],
  surrogate: ['name', /surrogate/],
  'bad-created': ['createdAt', /ISO 8601/],
  'bad-updated': ['updatedAt', /ISO 8601/],
  'text-price': ['realPrice', /expected a number, got string/],
  'numeric-text': ['realPrice', /expected a number, got string/],
  'null-event': ['eventId', /missing/],
  'no-id': ['_id', /missing/],
  twin: ['_id', /same id comes twice/],
  deep: ['tree', /nested deeper than/],
  'not-a-row': ['(record)', /expected an object, got string/],
};

const odd = (...kinds: OddKind[]) => [
  { token: KEY, events: [{ id: 'race', tickets: 60, underShops: 0 }], coupons: 20, odd: kinds },
];
const open = (rejects: readonly { closed_at: Date | null }[]) =>
  rejects.filter(({ closed_at }) => closed_at === null);

describe.each([...REFUSED])('a ticket that is odd by %s', (kind) => {
  const named = kind === 'null-event' || kind === 'not-a-row' || kind === 'no-id';
  it.each(named ? [{ eventIds: null }, { eventIds: ['race'] }] : [{ eventIds: ['race'] }])(
    'is set aside, and its page is kept, for events $eventIds',
    async (region) => {
      await using here = await world({ sellers: odd(kind), regions: [region] });
      const report = await here.complete();
      expect(streamOf(report)).toMatchObject({ rejected: 1, proven: true });
      expect(await here.stored()).toHaveLength(59);
      const [reject, ...more] = await here.rejects();
      expect(more).toEqual([]);
      const [field, reason] = FIELDS[kind]!;
      expect(reject).toMatchObject({ field, stream: 'tickets', schema_name: 'auckland', closed_at: null });
      expect(reject!.reason).toMatch(reason);
      expect(JSON.stringify(reject!.record)).toContain(kind === 'not-a-row' ? 'not a row' : '"status"');

      expect(streamOf(await here.complete({ full: true })).rejected).toBe(1);
      expect(await here.rejects()).toHaveLength(1);
    },
  );
});

describe('a page with every kind of odd row', () => {
  it.each(['oldest', 'random'] as const)(
    'is stored but for these, read page by page in order %s',
    async (order) => {
      const kinds = [...REFUSED].filter((kind) => kind !== 'twin');
      const sellers = [
        {
          token: KEY,
          events: [{ id: 'race', tickets: 900 }],
          odd: [...kinds, ...kinds.filter((kind) => kind !== 'not-a-row')],
        },
      ];
      await using here = await world({ sellers, order, top: { policy: 'clamp', max: 100 } });
      const report = await here.complete();
      expect(streamOf(report)).toMatchObject({ proven: true, rejected: 2 * kinds.length - 1 });
      await here.expectExact();
      await here.complete();
      await here.complete({ full: true });
      await here.expectExact();
      expect(open(await here.rejects())).toHaveLength(2 * kinds.length - 1);
    },
  );

  it('of coupons and events is stored but for these', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: Array.from({ length: 12 }, () => ({ tickets: 10, underShops: 1 })),
          coupons: 60,
          oddCoupons: ['nul', 'surrogate', 'no-id', 'twin', 'deep', 'not-a-row'],
          oddEvents: ['nul', 'surrogate', 'bad-updated', 'many-shops', 'nulls'],
        },
      ],
    });
    const report = await here.complete();
    expect(streamOf(report, 'coupons')).toMatchObject({ proven: true, rejected: 6, stored_total: 54 });
    expect(streamOf(report, 'events')).toMatchObject({ proven: true, rejected: 3, stored_total: 9 });
    await here.expectExact();
    await here.complete({ full: true });
    expect(open(await here.rejects())).toHaveLength(9);
  });
});

describe('a row that was set aside', () => {
  it('is stored, and its reject closed, when vivenu has mended it', async () => {
    await using here = await world({ sellers: odd('nul') });
    await here.complete();
    const [reject] = await here.rejects();
    here.simulator.makeOdd(KEY, reject!.record_id!, 'null-name');
    here.simulator.edit(KEY, [reject!.record_id!]);
    here.simulator.advance(10 * SECOND);
    expect(streamOf(await here.complete())).toMatchObject({ inserted: 1, rejected: 0 });
    expect(await here.rejects()).toMatchObject([{ closed_because: 'stored' }]);
    await here.expectExact();
  });

  it('is closed when vivenu no longer lists it', async () => {
    await using here = await world({ sellers: odd('nul', 'text-price') });
    await here.complete();
    const [reject] = await here.rejects();
    here.simulator.remove(KEY, [reject!.record_id!]);
    expect(streamOf(await here.complete({ full: true }))).toMatchObject({ rejected: 1, proven: true });
    expect((await here.rejects())[0]).toMatchObject({ closed_because: 'no longer listed' });
  });

  it('is closed by the proof of an incremental run as well', async () => {
    await using here = await world({ sellers: odd('nul', 'text-price') });
    await here.complete();
    const [reject] = await here.rejects();
    here.simulator.remove(KEY, [reject!.record_id!]);
    expect(streamOf(await here.complete())).toMatchObject({ rejected: 1, proven: true });
  });

  it('without an id is one open reject, however often it is read, and is closed when it is mended', async () => {
    const clock = { start: Date.UTC(2026, 5, 1), rate: 0 };
    await using plain = await startSimulator({ sellers: odd(), clock });
    await using here = await world({ sellers: odd('no-id'), clock });
    await here.complete();
    await here.complete({ full: true });
    expect(await here.rejects()).toHaveLength(1);

    const named = new Set(idsOf(here.truth()));
    const [unnamed] = idsOf([...plain.truth(KEY)]).filter((id) => !named.has(id));
    here.simulator.makeOdd(KEY, unnamed!, 'zero');
    here.simulator.edit(KEY, [unnamed!]);
    here.simulator.advance(10 * SECOND);
    expect(streamOf(await here.complete())).toMatchObject({ inserted: 1, rejected: 0, proven: true });
    expect(await here.rejects()).toMatchObject([{ closed_because: 'no longer listed' }]);
    await here.expectExact();
  });

  it('keeps the older version when an edit made it bad, and opens a reject', async () => {
    await using here = await world({ sellers: odd() });
    await here.complete();
    const before = await here.stored();
    const [first] = before;
    here.simulator.makeOdd(KEY, first!.id, 'text-price');
    here.simulator.edit(KEY, [first!.id]);
    here.simulator.advance(10 * SECOND);
    expect(streamOf(await here.complete())).toMatchObject({ rejected: 1, updated: 0, proven: true });
    expect((await here.stored()).find(({ id }) => id === first!.id)).toEqual(first);
    expect(await here.rejects()).toMatchObject([
      { record_id: first!.id, field: 'realPrice', closed_at: null },
    ]);

    here.simulator.makeOdd(KEY, first!.id, 'zero');
    here.simulator.edit(KEY, [first!.id]);
    here.simulator.advance(10 * SECOND);
    expect(streamOf(await here.complete())).toMatchObject({ rejected: 0, updated: 1, proven: true });
    await here.expectExact();
  });

  it('whose creation time an edit spoilt is a reject of a full read', async () => {
    await using here = await world({ sellers: odd() });
    await here.complete();
    const [first] = await here.stored();
    here.simulator.makeOdd(KEY, first!.id, 'bad-created');
    here.simulator.edit(KEY, [first!.id]);
    here.simulator.advance(10 * SECOND);
    const report = await here.complete();
    expect(streamOf(report)).toMatchObject({ rejected: 1, proven: true });
    expect(streamOf(await here.complete({ full: true }))).toMatchObject({ rejected: 1, proven: true });
  });

  it('is set aside by what PostgreSQL says of it alone, in a page of good ones', async () => {
    await using here = await world({ sellers: odd() });
    await here.complete({ only: ['events'] });
    const [victim] = idsOf(here.truth());
    await here.sql(`alter table auckland.tickets add check (id <> '${victim!}')`);
    const report = await here.complete();
    expect(streamOf(report)).toMatchObject({ inserted: 59, rejected: 1, proven: true });
    expect(await here.rejects()).toMatchObject([
      { record_id: victim, reason: 'PostgreSQL refuses the row (SQLSTATE 23514)' },
    ]);
    await here.sql('alter table auckland.tickets drop constraint tickets_id_check');
    expect(streamOf(await here.complete({ full: true }))).toMatchObject({ inserted: 1, rejected: 0 });
    await here.expectExact();
  });
});

describe('the same id twice', () => {
  it.each(['oldest', 'random'] as const)(
    'on different pages in order %s never ends as complete with a row missing',
    async (order) => {
      const sellers = [
        { token: KEY, events: [{ id: 'race', tickets: 400 }], odd: ['twin', 'twin', 'twin'] as const },
      ];
      await using here = await world({ sellers, order, top: { policy: 'clamp', max: 50 } });
      const report = await here.run();
      const distinct = new Set(here.truth().map(({ id }) => id));
      expect(idsOf(await here.stored())).toEqual([...distinct].sort());
      const { status, rejected } = streamOf(report);
      if (status === 'complete') expect(rejected).toBe(3);
    },
  );
});
