import { describe, expect, it } from 'vitest';
import type { SyncEvent } from '../../src/observer.js';
import type { OddKind } from '../../src/simulator/simulator.js';
import { dump, everything, found, tablesOf } from './dump.js';
import { KEY, world } from './world.js';

type World = Awaited<ReturnType<typeof world>>;

const ODD: OddKind[] = [
  'nul',
  'surrogate',
  'text-price',
  'bad-created',
  'deep',
  'no-id',
  'twin',
  'proto',
  'null-event',
];
const sellers = [
  { token: KEY, events: [{ id: 'race', tickets: 300, underShops: 2 }], coupons: 30, series: 3, odd: ODD },
];

/** Every field that the simulator writes a mail address into. */
const MAIL = ['email', 'extraFields.athletes_e_mail_address', 'extraFields.spectators_e_mail_address'];

interface Raw {
  _id?: string;
  secret: string;
  barcode: string;
  email?: string | null;
}

async function asked(here: World): Promise<Raw[]> {
  const answer = await fetch(`${here.simulator.url}/tickets?top=1000`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  return ((await answer.json()) as { rows: Raw[] }).rows;
}

describe('the database', () => {
  it('holds no token, ticket secret or barcode, not even of rows that were set aside', async () => {
    await using here = await world({ sellers });
    const told: SyncEvent[] = [];
    const report = await here.run({ watch: (event) => told.push(event) });
    expect(report.status).toBe('complete');
    const tickets = await asked(here);
    const secrets = [KEY, ...tickets.map(({ secret }) => secret), ...tickets.map(({ barcode }) => barcode)];
    expect(secrets.filter(Boolean).length).toBeGreaterThan(600);
    expect((await tablesOf(here.database)).length).toBeGreaterThan(12);
    const dump = await everything(here.database);
    expect(found(dump, secrets)).toEqual([]);
    expect(dump).not.toContain('"secret"');
    expect(dump).not.toContain('"barcode"');
    expect(found(JSON.stringify([report, told]), secrets)).toEqual([]);
    expect(dump).toContain('"status"');
  });

  it('holds barcodes when they are asked for, and still no secret', async () => {
    await using here = await world({ sellers, sync: { storeBarcodes: true } });
    await here.complete();
    const tickets = await asked(here);
    const dump = await everything(here.database);
    expect(
      found(
        dump,
        tickets.map(({ secret }) => secret),
      ),
    ).toEqual([]);
    const stored = await here.stored<{ id: string; barcode: string | null }>();
    const barcodes = new Map(tickets.map(({ _id, barcode }) => [_id, barcode]));
    expect(stored.filter(({ id, barcode }) => barcode !== barcodes.get(id)).length).toBeLessThanOrEqual(1);
  });

  it('holds no field that a region excludes, anywhere', async () => {
    const excludeFields = ['email', 'extraFields.nationality'];
    await using here = await world({
      sellers,
      regions: [
        { region: 'auckland', excludeFields, fields: { nation: 'nationality' } },
        { region: 'berlin' },
      ],
    });
    await here.complete();
    const [row] = await here.sql<object>(
      `select count(email)::int as email, count(nation)::int as nation,
         count(*) filter (where raw ? 'email' or raw -> 'extraFields' ? 'nationality')::int as raw from auckland.tickets`,
    );
    expect(row).toEqual({ email: 0, nation: 0, raw: 0 });
    const aside = await here.sql(
      `select 1 from vivenu_ingest.rejected_records where region = 'auckland' and record::text like '%"email"%'`,
    );
    expect(aside).toEqual([]);
    const [other] = await here.sql<{ emails: number }>(
      'select count(email)::int as emails from berlin.tickets',
    );
    expect(other!.emails).toBeGreaterThan(100);
  });

  it('loses a field that is excluded later, from rows and rejects, without asking vivenu', async () => {
    await using here = await world({ sellers });
    await here.complete();
    expect(await everything(here.database)).toContain('@example.');
    const before = await here.sql(
      'select id, name, status, synced_at, run_id from auckland.tickets order by id',
    );
    const without = await here.sql<{ id: string }>(
      `select id from auckland.tickets where raw::text not like '%@example.%'`,
    );
    const versions = () =>
      here.sql('select id, xmin::text from auckland.tickets where id = any($1) order by id', [
        without.map(({ id }) => id),
      ]);
    const untouched = await versions();
    here.configure({ excludeFields: MAIL });
    const requests = await here.requestsOf(() => here.complete({ skipFetch: true }));
    expect(requests).toEqual([]);
    for (const text of [await dump(here.database), await everything(here.database)])
      expect(text).not.toContain('@example.');
    expect(
      await here.sql('select id, name, status, synced_at, run_id from auckland.tickets order by id'),
    ).toEqual(before);
    expect(without.length).toBeGreaterThan(5);
    expect(await versions()).toEqual(untouched);
    expect((await here.rejects()).map(({ field }) => field)).toContain('realPrice');

    const again = await here.writesOf(() => here.complete({ skipFetch: true }));
    expect(again).toEqual({ inserted: 0, updated: 0, deleted: 0 });
    await here.complete({ full: true });
    expect(await everything(here.database)).not.toContain('@example.');
  });

  it('loses an excluded field of a row that the mapping of today refuses', async () => {
    await using here = await world({ sellers: [{ token: KEY, events: [{ tickets: 50 }] }] });
    await here.complete();
    await here.sql(`update auckland.tickets set raw = raw || '{"realPrice": "as text"}'`);
    here.configure({ excludeFields: [...MAIL, 'city'] });
    await here.complete({ skipFetch: true });
    expect(await everything(here.database)).not.toContain('@example.');
    const [row] = await here.sql<object>(
      'select count(city)::int as cities, count(real_price)::int as prices, count(name)::int as names from auckland.tickets',
    );
    expect(row).toMatchObject({ cities: 0, prices: 50 });
    await here.complete({ full: true });
    expect(await everything(here.database)).not.toContain('@example.');
  });

  it('loses barcodes when they are not asked for any more', async () => {
    await using here = await world({ sellers, sync: { storeBarcodes: true } });
    await here.complete();
    const barcodes = (await asked(here)).map(({ barcode }) => barcode);
    expect(found(await dump(here.database), barcodes).length).toBeGreaterThan(200);
    here.config = { ...here.config, sync: { ...here.config.sync, storeBarcodes: false } };
    await here.complete({ skipFetch: true });
    expect(found(await dump(here.database), barcodes)).toEqual([]);
    expect(found(await everything(here.database), barcodes)).toEqual([]);
  });

  it('gets a field that is not excluded any more with the next full read', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ tickets: 100 }] }],
      regions: [{ excludeFields: MAIL }],
    });
    await here.complete();
    here.configure({});
    await here.complete({ skipFetch: true });
    expect(await everything(here.database)).not.toContain('@example.');
    await here.complete({ full: true });
    expect(await everything(here.database)).toContain('@example.');
  });
});
