import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import { createTables, tableOf } from '../../src/load/table.js';
import { upsert, type Written } from '../../src/load/upsert.js';
import type { OddKind } from '../../src/simulator/simulator.js';
import { shapeOf, type Row } from '../../src/streams/shape.js';
import { loadProfile } from '../../src/profile/profile.js';
import { tickets } from '../../src/streams/tickets.js';
import { NOBODY } from '../../src/streams/erased.js';
import { shapePage } from '../../src/transform/page.js';
import { freshDatabase } from './database-fixture.js';
import { idsOf, isCount, KEY, MINUTE, SECOND, streamOf, world } from './world.js';

const NOTHING = { inserted: 0, updated: 0, deleted: 0 };

describe('a second run', () => {
  const sellers = [
    { token: KEY, events: [{ tickets: 700, underShops: 3 }, { tickets: 300 }], coupons: 60, series: 4 },
  ];

  it('writes nothing and asks little when nothing changed', async () => {
    await using here = await world({ sellers });
    await here.complete();
    const written = here.writesOf(async () => {
      const requests = await here.requestsOf(() => here.complete());
      const overlap = requests.filter(({ query, rows }) => query.includes('updatedAt') && rows > 0);
      expect(requests.filter(({ path }) => path === '/api/events')).toHaveLength(1);
      expect(requests.length - 1 - overlap.length).toBeLessThanOrEqual(4);
    });
    expect(await written).toEqual(NOTHING);
  });

  it('writes nothing when it reads everything again', async () => {
    await using here = await world({ sellers, order: 'random', top: { policy: 'clamp', max: 100 } });
    await here.complete();
    expect(await here.writesOf(() => here.complete({ full: true }))).toEqual(NOTHING);
  });

  it('writes exactly the 1 % that changed', async () => {
    await using here = await world({ sellers });
    await here.complete();
    const before = new Map((await here.stored()).map(({ id, synced_at }) => [id, synced_at.getTime()]));
    const edited = here.simulator.edit(KEY, 10);
    here.simulator.advance(10 * SECOND);
    const written = await here.writesOf(async () => {
      expect(streamOf(await here.complete())).toMatchObject({ inserted: 0, updated: 10, deleted: 0 });
    });
    expect(written).toEqual({ inserted: 0, updated: 10, deleted: 0 });
    const touched = (await here.stored()).filter(
      ({ id, synced_at }) => before.get(id) !== synced_at.getTime(),
    );
    expect(idsOf(touched)).toEqual(edited.sort());
    await here.expectExact();
  });

  it('brings what has no update time only when it reads everything', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ tickets: 100 }], odd: ['no-updated', 'no-updated'] }],
    });
    expect(streamOf(await here.complete()).without_update_time).toBe(2);
    here.simulator.cancel(KEY, idsOf(here.truth().filter(({ odd }) => odd)));
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.complete({ full: true });
    await here.expectExact();
  });
});

describe('of two versions of a ticket', () => {
  it('the later update time wins, whichever came first', async () => {
    await using table = await ticketTable();
    await table.load([ticket('a', { updatedAt: at(2), name: 'new' })], { requestedAt: 1 });
    await table.load([ticket('a', { updatedAt: at(1), name: 'old' })], { requestedAt: 2 });
    expect(await table.names()).toEqual({ a: 'new' });
  });

  it('the later request wins on a tie, and where either has no update time', async () => {
    await using table = await ticketTable();
    for (const [id, first, second] of [
      ['tie', at(1), at(1)],
      ['first', null, at(1)],
      ['second', at(1), null],
      ['none', null, null],
    ] as const) {
      await table.load([ticket(id, { updatedAt: first, name: 'early' })], { requestedAt: 5 });
      await table.load([ticket(id, { updatedAt: second, name: 'late' })], { requestedAt: 6 });
      await table.load([ticket(id, { updatedAt: second, name: 'before' })], { requestedAt: 4 });
    }
    expect(new Set(Object.values(await table.names()))).toEqual(new Set(['late']));
  });

  it('the one of a full read wins when it was asked for after the other was written', async () => {
    await using table = await ticketTable();
    await table.load([ticket('a', { updatedAt: at(9), name: 'clock ahead' })], { requestedAt: 1 });
    const behind = ticket('a', { updatedAt: at(1), name: 'clock set back' });
    await table.load([behind], { requestedAt: Date.now() - MINUTE, full: true });
    expect(await table.names()).toEqual({ a: 'clock ahead' });
    await table.load([behind], { requestedAt: Date.now() + MINUTE, full: false });
    expect(await table.names()).toEqual({ a: 'clock ahead' });
    await table.load([behind], { requestedAt: Date.now() + MINUTE, full: true });
    expect(await table.names()).toEqual({ a: 'clock set back' });
  });

  it('the one that is seen unmarks a ticket that was marked deleted', async () => {
    await using table = await ticketTable();
    await table.load([ticket('a', { updatedAt: at(1), name: 'same' })], { requestedAt: 1 });
    await table.mark('a');
    const seen = await table.load([ticket('a', { updatedAt: at(1), name: 'same' })], { requestedAt: 2 });
    expect(seen).toEqual({ inserted: 0, updated: 1, unchanged: 0 });
    expect(await table.marked()).toEqual([]);
  });

  it('a full read heals the row whose server clock was set back', async () => {
    await using here = await world();
    await here.complete();
    const [id] = idsOf(here.truth());
    await here.sql(
      `update auckland.tickets set updated_at = now() + interval '1 day', content_hash = 'x', name = 'x' where id = $1`,
      [id],
    );
    here.simulator.edit(KEY, [id!]);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.complete({ full: true });
    await here.expectExact();
  });

  it('a full read heals the row whose edit did not move its update time', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.cancel(KEY, 7, { movesUpdatedAt: false });
    await here.complete();
    await here.complete({ full: true });
    await here.expectExact();
  });
});

describe('loading', () => {
  it('ends in the same rows in whatever order pages come, however often', async () => {
    await using table = await ticketTable();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const version = fc.record({
      id: fc.constantFrom(...ids),
      version: fc.integer({ min: 1, max: 4 }),
      requestedAt: fc.integer({ min: 1, max: 9 }),
    });
    const history = fc.uniqueArray(version, {
      selector: ({ id, version }) => `${id} ${version}`,
      maxLength: 16,
    });
    const loads = fc.tuple(history, fc.array(fc.nat(), { maxLength: 24 }), fc.integer({ min: 1, max: 5 }));
    await fc.assert(
      fc.asyncProperty(loads, async ([versions, picks, size]) => {
        const rows = versions.map(({ id, version, requestedAt }) => ({
          record: ticket(id, { updatedAt: at(version), name: `version ${version}` }),
          requestedAt,
        }));
        const shuffled = picks.flatMap((pick) => rows[pick % Math.max(1, rows.length)] ?? []);
        await table.empty();
        for (const { record, requestedAt } of rows) await table.load([record], { requestedAt });
        const once = await table.content();
        await table.empty();
        const pages = [...shuffled, ...rows];
        for (let from = 0; from < pages.length; from += size) {
          const page = pages.slice(from, from + size);
          await table.load(
            page.map(({ record }) => record),
            { requestedAt: page[0]!.requestedAt },
          );
        }
        expect(await table.content()).toEqual(once);
      }),
      { numRuns: 25 },
    );
  });

  it('brings the tables to this version when several start at once on an empty database', async () => {
    await using here = await world({ regions: [{ region: 'one' }, { region: 'two' }, { region: 'three' }] });
    const runs = ['one', 'two', 'three'].map((region) => here.complete({ regions: [region] }));
    await Promise.all(runs);
    for (const schema of ['one', 'two', 'three']) await here.expectExact(schema);
    await using db = await DatabaseManager.connect(here.database.config);
    expect(await Promise.all([migrate(db), migrate(db)])).toEqual([[], []]);
  });

  it.each(['hong-kong "Ü"', 'select', 'x'.repeat(63), '東京'])('takes the schema name %s', async (schema) => {
    await using here = await world({ tickets: 30, regions: [{ schema }], superuser: false });
    await here.complete();
    await here.expectExact(schema);
    here.simulator.edit(KEY, 5);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact(schema);
  });

  it('stores the odd but storable whole: an unknown status, __proto__ keys, 2 MB', async () => {
    const odd: OddKind[] = [
      'unknown-status',
      'unknown-origin',
      'proto',
      'big',
      'extra',
      'unicode',
      'nulls',
      'zero',
      'decimals',
    ];
    await using here = await world({ sellers: [{ token: KEY, events: [{ tickets: 90 }], odd }] });
    await here.complete();
    await here.expectExact();
    expect(await here.rejects()).toEqual([]);
    const [facts] = await here.sql<object>(
      `select count(*) filter (where status = 'CHECKEDIN')::int as unknown,
         count(*) filter (where raw ? '__proto__')::int as proto,
         count(*) filter (where pg_column_size(raw -> 'attachment') > 20000)::int as big
       from auckland.tickets`,
    );
    expect(facts).toEqual({ unknown: 1, proto: 1, big: 1 });
  });

  it('fills a column that is configured later', async () => {
    await using here = await world();
    await here.complete();
    here.configure({ fields: { passport: 'nationality' } });
    const report = await here.complete();
    const [row] = await here.sql<{ wanted: number; filled: number }>(
      `select count(raw #>> '{extraFields,nationality}')::int as wanted, count(passport)::int as filled from auckland.tickets`,
    );
    expect(row!.wanted).toBeGreaterThan(0);
    expect(row!.filled).toBe(row!.wanted);
    expect(streamOf(report).fetched).toBeLessThan(300);
  });
});

describe('a dry run', () => {
  it('on an empty database says what it would store and leaves nothing', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ tickets: 300 }], coupons: 20, odd: ['nul'] }],
    });
    const report = await here.complete({ dryRun: true });
    expect(report.dry_run).toBe(true);
    expect(streamOf(report)).toMatchObject({ inserted: 299, updated: 0, rejected: 1, proven: true });
    expect(streamOf(report, 'coupons')).toMatchObject({ inserted: 20, proven: true });
    const schemas = await here.sql(
      `select 1 from pg_namespace where nspname in ('auckland', 'vivenu_ingest')`,
    );
    expect(schemas).toEqual([]);
  });

  it('on a filled database says what it would change and writes nothing, not even its books', async () => {
    await using here = await world();
    await here.complete();
    const books = () => here.sql(`select * from vivenu_ingest.cursors order by event_id, stream`);
    const runs = () => here.sql(`select run_id from vivenu_ingest.runs`);
    const before = [await books(), await runs(), (await here.stored()).length];
    here.simulator.cancel(KEY, 12);
    here.simulator.sell(KEY, 8);
    here.simulator.advance(10 * SECOND);
    for (const schema of ['auckland', 'vivenu_ingest']) {
      const written = await here.writesOf(async () => {
        const report = await here.complete({ dryRun: true });
        expect(streamOf(report)).toMatchObject({ inserted: 8, updated: 12, proven: true });
      }, schema);
      expect(written).toEqual(NOTHING);
    }
    expect([await books(), await runs(), (await here.stored()).length]).toEqual(before);
    expect(streamOf(await here.complete())).toMatchObject({ inserted: 8, updated: 12 });
    await here.expectExact();
  });

  it('says how many rows it would mark deleted, and marks none', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.remove(KEY, 6);
    const report = await here.complete({ dryRun: true, full: true });
    expect(streamOf(report)).toMatchObject({ deleted: 6, proven: true });
    expect(await here.sql('select 1 from auckland.tickets where deleted_at is not null')).toEqual([]);
  });

  it('counts no request for what it does not do: it ends where the run would', async () => {
    await using here = await world();
    await here.complete();
    here.simulator.remove(KEY, 60);
    expect((await here.run({ dryRun: true, full: true })).status).toBe('incomplete');
    const requests = await here.requestsOf(() => here.run({ dryRun: true }), '/tickets');
    expect(requests.filter(isCount).length).toBeGreaterThan(0);
  });
});

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const ticket = (id: string, { updatedAt, name }: { updatedAt: string | null; name: string }) => ({
  _id: id,
  eventId: 'race',
  name,
  status: 'VALID',
  createdAt: at(0),
  ...(updatedAt === null ? {} : { updatedAt }),
});

/** The table of tickets alone, loaded by hand. */
async function ticketTable() {
  const fresh = await freshDatabase();
  const db = await DatabaseManager.connect(fresh.config);
  const table = tableOf(
    'region',
    shapeOf(tickets, { storeBarcodes: false, excludeFields: [], profile: loadProfile('generic') }),
  );
  await migrate(db);
  await db.transaction((client) => createTables(client, 'region', [table]));
  const runId = '00000000-0000-4000-8000-000000000000';
  return {
    async load(
      records: readonly object[],
      { requestedAt, full = false }: { requestedAt: number; full?: boolean },
    ): Promise<Written> {
      const page = shapePage(
        table.shape,
        records.map((record) => [structuredClone(record)]),
        NOBODY,
      );
      const rows: readonly Row[] = page.rows;
      return await db.transaction((client) => upsert(client, table, rows, { runId, requestedAt, full }));
    },
    mark: (id: string) => db.query(`update ${table.sql} set deleted_at = now() where id = $1`, [id]),
    marked: () => db.query(`select id from ${table.sql} where deleted_at is not null`),
    empty: () => db.query(`delete from ${table.sql}`),
    content: () => db.query(`select id, name, updated_at, raw from ${table.sql} order by id`),
    async names(): Promise<Record<string, string>> {
      const rows = await db.query<{ id: string; name: string }>(`select id, name from ${table.sql}`);
      return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
    },
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}
