import { describe, expect, it } from 'vitest';
import type { SyncEvent } from '../../src/observer.js';
import type { OddKind } from '../../src/simulator/simulator.js';
import { everything, found, tablesOf } from './dump.js';
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

  it('loses a field that is excluded later, with the next full read', async () => {
    await using here = await world({ sellers: [{ token: KEY, events: [{ tickets: 100 }] }] });
    await here.complete();
    here.configure({ excludeFields: ['email'] });
    await here.complete({ full: true });
    const [row] = await here.sql<object>(
      `select count(email)::int as emails, count(*) filter (where raw ? 'email')::int as raw from auckland.tickets`,
    );
    expect(row).toEqual({ emails: 0, raw: 0 });
  });
});
