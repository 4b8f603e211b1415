import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Client } from '../../src/load/client.js';
import { DatabaseManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import { createTables, tableOf } from '../../src/load/table.js';
import { loadProfile } from '../../src/profile/profile.js';
import { installReports } from '../../src/reports/install.js';
import { noteHistories, writeSummaries } from '../../src/reports/refresh.js';
import { streams } from '../../src/streams/index.js';
import { shapeOf } from '../../src/streams/shape.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';
import {
  COUPON_ROWS,
  DICE,
  EVENT_ROWS,
  SHOP_ROWS,
  TICKET_ROWS,
  TRANSFER_ROWS,
  TYPE_ROWS,
} from './reports-rows.js';

const SQL = new URL('../../sql/', import.meta.url);

/** What the engine hands to the summaries. */
export const FACTS = {
  region: 'auckland',
  schema: 'auckland',
  settings: [
    { category: 'max_capacity', value: '5000' },
    { category: 'price_trigger', value: '4000' },
    { category: 'price_tier', value: 'L2' },
    { category: 'locality', value: 'NZ' },
  ],
  groups: [
    { ticket_group: 'All_singles', categories: ['single'], is_headline: false, position: 1 },
    { ticket_group: 'All_doubles', categories: ['double'], is_headline: false, position: 2 },
    { ticket_group: 'All_relays', categories: ['relay'], is_headline: false, position: 3 },
    { ticket_group: 'spectators', categories: ['spectator'], is_headline: false, position: 4 },
    {
      ticket_group: 'Total_athletes',
      categories: ['single', 'double', 'relay'],
      is_headline: true,
      position: 5,
    },
    { ticket_group: 'Everything', categories: null as string[] | null, is_headline: false, position: 6 },
  ],
  ages: [
    ...ranges('single', [0, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70]),
    ...ranges('double', [0, 30, 40, 50, 60, 70]),
    { category: 'relay', label: 'U40', from: 0, to: 39 as number | null, position: 1 },
    { category: 'relay', label: '45+', from: 45, to: null, position: 2 },
  ],
  capacities: [
    { division: 'HYROX MEN', day: 'ALL', capacity: 900, position: 1 },
    { division: 'HYROX MEN', day: 'SATURDAY', capacity: 300, position: 1 },
    { division: 'HYROX DOUBLES MIXED', day: 'SUNDAY', capacity: 25, position: 2 },
    { division: 'FRIEND OF THE RACE', day: 'ALL', capacity: 70, position: 3 },
  ],
  countries: [
    { code: 'NZ', country: 'New Zealand', region: 'Oceania', sub_region: 'Australia and New Zealand' },
    { code: 'AU', country: 'Australia', region: 'Oceania', sub_region: 'Australia and New Zealand' },
    { code: 'IN', country: 'India', region: 'Asia', sub_region: 'Southern Asia' },
    { code: 'DE', country: 'Germany', region: 'Europe', sub_region: 'Western Europe' },
  ],
};

export type Facts = typeof FACTS;

function ranges(category: string, from: readonly number[]) {
  return from.map((low, i) => {
    const next = from[i + 1];
    const to = next === undefined ? null : next - 1;
    const label = to === null ? `${low}+` : low === 0 ? `U${to}` : `${low}-${to}`;
    return { category, label, from: low, to, position: i + 1 };
  });
}

/** A region of one schema, filled and refreshed; numbers come as numbers, dates and local times as text. */
export interface ReportsWorld extends AsyncDisposable {
  query<R = Record<string, unknown>>(text: string, values?: unknown[]): Promise<R[]>;
  /** Adds rows that say only what matters; the rest of them is made up. */
  add(table: string, ...rows: readonly Record<string, unknown>[]): Promise<void>;
  /** Brings every summary to what its select yields. */
  refresh(facts?: Facts): Promise<void>;
  /** Appends to the histories. */
  record(facts?: Facts): Promise<void>;
}

/** Builds the tables without rows, or with those of this many buyers. */
export async function reportsWorld(
  options: { buyers?: number; ticketBytes?: number; coupons?: number } = {},
): Promise<ReportsWorld> {
  const database = await freshDatabase();
  const client = new pg.Client({ connectionString: database.url, types: { getTypeParser } });
  await client.connect();
  const query = async <R>(text: string, values?: unknown[]) => (await client.query(text, values)).rows as R[];
  await createRegion(client, database.config);
  if (options.buyers !== undefined)
    await fill(client, { buyers: options.buyers, ticketBytes: 0, coupons: 400, ...options });
  return {
    query,
    add: async (table, ...rows) => {
      for (const row of rows) await add(client, table, row);
    },
    refresh: async (facts = FACTS) => await refresh(client, facts),
    record: async (facts = FACTS) => await noteHistories(asked(client), facts, await eventIds(client)),
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function createRegion(client: pg.Client, config: FreshDatabase['config']): Promise<void> {
  const shape = { storeBarcodes: false, excludeFields: [], profile: loadProfile('generic') };
  const tables = streams.map((stream) => tableOf('auckland', shapeOf(stream, shape)));
  await using db = await DatabaseManager.connect(config);
  await migrate(db);
  await db.transaction(async (asked) => {
    await createTables(asked, 'auckland', tables);
    await installReports(asked, { region: 'auckland', schema: 'auckland' });
  });
  await client.query(`set search_path = auckland`);
  await client.query(DICE);
}

/** The summaries' own code on the test's connection. */
const asked = (client: pg.Client): Client => ({
  query: async (text, values) => (await client.query(text, values as unknown[])) as never,
});

async function fill(
  client: pg.Client,
  size: { buyers: number; ticketBytes: number; coupons: number },
): Promise<void> {
  for (const rows of [EVENT_ROWS, TYPE_ROWS, SHOP_ROWS]) await client.query(rows);
  await client.query(TICKET_ROWS, [size.buyers, size.ticketBytes]);
  await client.query(TRANSFER_ROWS);
  const [series, coupons] = COUPON_ROWS.split(';\n');
  await client.query(series!);
  await client.query(coupons!, [size.coupons]);
  await client.query('analyze');
}

/** What the tickets of a test are unless it says otherwise. */
const DEFAULTS: Record<string, Record<string, unknown>> = {
  tickets: {
    event_id: 'akl',
    status: 'VALID',
    category: 'single',
    team_size: 1,
    team_role: 'main',
    created_at: '2026-10-01T10:00:00Z',
  },
};

const BOOKS = {
  raw: {},
  content_hash: '\\x00',
  first_seen_at: '2026-10-01T10:00:00Z',
  requested_at: '2026-10-01T10:00:00Z',
  synced_at: '2026-10-01T10:00:00Z',
  run_id: '00000000-0000-0000-0000-000000000000',
};

async function add(client: pg.Client, table: string, row: Record<string, unknown>): Promise<void> {
  const whole = { ...BOOKS, ...DEFAULTS[table], ...row };
  await client.query(
    `insert into ${table} (${Object.keys(whole).join(', ')})
     select ${Object.keys(whole).join(', ')} from jsonb_populate_record(null::${table}, $1)`,
    [whole],
  );
}

async function refresh(client: pg.Client, facts: Facts): Promise<void> {
  await client.query(`begin; set local enable_nestloop = off`);
  await writeSummaries(asked(client), facts, await eventIds(client));
  await client.query('commit; analyze');
}

const eventIds = async (client: pg.Client) =>
  (await client.query<{ id: string }>('select id from events')).rows.map(({ id }) => id);

/** Text of a file under `sql/`. */
export const sqlOf = async (file: string): Promise<string> =>
  await readFile(new URL(`${file}.sql`, SQL), 'utf8');

const { INT8, DATE, TIMESTAMP, NUMERIC } = pg.types.builtins;

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (oid === INT8 || oid === NUMERIC) return Number;
  if (oid === DATE || oid === TIMESTAMP) return (value: string) => value;
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
};
