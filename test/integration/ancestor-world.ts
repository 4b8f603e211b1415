import type { RegionConfig } from '../../src/config/config.js';
import type { Adoption } from '../../src/adopt/adopt.js';
import { lookAt, takeOver } from '../../src/adopt/run.js';
import { DatabaseManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import { loadProfile } from '../../src/profile/profile.js';
import { regionOf } from '../../src/sync/region.js';
import { buildAncestor, type AncestorOptions } from './ancestor.js';
import { answer } from './ancestor-session.js';
import { KEY, world, type World, type WorldOptions } from './world.js';

export const ZONE = 'Asia/Hong_Kong';

/** The settings that the Python system had, under the names that stay. */
const SETTINGS: Partial<RegionConfig> = {
  maxCapacity: 5000,
  startWave: '60',
  priceTier: 'EB',
  priceTrigger: 2000,
};

/** A vivenu and the database of a Python system that read it, in the schema `auckland`. */
export async function pythonWorld(options: WorldOptions & Partial<AncestorOptions> = {}): Promise<World> {
  const { tickets = 600, regions = [{}], json = 'json', zone = ZONE, schema = 'auckland', ...rest } = options;
  const made = await world({
    sellers: [{ token: KEY, events: [{ id: 'race', tickets, underShops: 9 }], coupons: 120, series: 4 }],
    regions: regions.map((region) => ({ profile: loadProfile('hyrox'), ...SETTINGS, ...region })),
    ...rest,
  });
  await buildAncestor({ url: made.database.url, schema, zone, json, api: made.simulator.url, token: KEY });
  return made;
}

/** Takes it over, as the command does after its questions. */
export async function takeOverNow(
  { config, database }: World,
  { zone = ZONE, rehearse = false }: { zone?: string; rehearse?: boolean } = {},
): Promise<Adoption> {
  await using db = await DatabaseManager.connect(database.config);
  const region = regionOf(config.events[0]!, config);
  const { setting } = await lookAt(db, region.schema, [...region.tables.values()], zone);
  if (!rehearse) await migrate(db);
  return await takeOver(db, setting, {
    regionName: region.schema,
    rehearse,
    lost: new AbortController().signal,
  });
}

/** Tables of the Python system, in an order of their own. */
export const PYTHON_TABLES = [
  ...[
    'events',
    'tickets',
    'ticket_under_shops',
    'ticket_volumes',
    'coupon_series',
    'coupons',
    'ticket_summary',
  ],
  ...['summary_report', 'ticket_under_shop_summary', 'ticket_addon_summary', 'ticket_age_groups'],
  ...['ticket_capacity_configs', 'event_capacity_configs', 'country_configs', 'coupon_usage_summary'],
  'tickets_gender_analysis',
];

/** Every row of a table as text, with these columns. */
export async function rowsOf(
  { database }: World,
  path: string,
  table: string,
  columns: readonly string[],
): Promise<string[]> {
  const list = columns.map((name) => `"${name}"::text`).join(', ');
  return (
    await answer({ url: database.url, path: [path], zone: ZONE }, `select ${list} from ${table}`)
  ).sort();
}

/** Column names of a table, in their order. */
export async function columnsOf(w: World, schema: string, table: string): Promise<string[]> {
  const rows = await w.sql<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position`,
    [schema, table],
  );
  return rows.map(({ name }) => name);
}

/** What the Python system's readers see: every table with its columns and rows. */
export async function pythonTables(w: World, path: string, columns?: Seen): Promise<Seen> {
  const seen: Seen = new Map();
  for (const table of PYTHON_TABLES) {
    const names = columns?.get(table)?.columns ?? (await columnsOf(w, path, table));
    seen.set(table, { columns: names, rows: await rowsOf(w, path, table, names) });
  }
  return seen;
}

export type Seen = Map<string, { columns: readonly string[]; rows: readonly string[] }>;
