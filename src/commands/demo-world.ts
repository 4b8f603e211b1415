import { getConfig, type Config, type RegionConfig } from '../config/config.js';
import { forget } from '../load/forget.js';
import { quoteIdentifier, type Client, type DatabaseManager } from '../load/database.js';
import { migrate } from '../load/migrate.js';
import type { SellerOptions, Simulator, SimulatorOptions } from '../simulator/simulator.js';
import { BusyError } from '../sync/choose.js';

/** A region of the demo: its share of the tickets and what is special about it. */
interface DemoRegion {
  readonly name: string;
  readonly schema: string;
  readonly token: string;
  readonly seller: (tickets: number) => Omit<SellerOptions, 'token'>;
}

const region = (name: string, seller: DemoRegion['seller']): DemoRegion => ({
  name,
  schema: `demo_${name.replaceAll('-', '_')}`,
  token: `key_demo_${name}`,
  seller,
});

const part = (tickets: number, share: number) => Math.floor(tickets * share);

/** Three sellers: an event with two below it, a launch-day rush, and an import of thousands in one millisecond. */
export const DEMO_REGIONS: readonly DemoRegion[] = [
  region('auckland', (tickets) => ({
    events: [{ name: 'Race Auckland', tickets: part(tickets, 0.3), shape: 'waves', children: 2 }],
    ...{ coupons: 800, series: 6, odd: ['text-price', 'unicode', 'no-id'] },
  })),
  region('berlin', (tickets) => ({
    events: [
      {
        name: 'Race Berlin',
        tickets: tickets - part(tickets, 0.3) - part(tickets, 0.2) - part(tickets, 0.1),
        ...{ shape: 'launch', underShops: 12, country: 'DE' },
      },
    ],
    ...{ coupons: 1500, series: 10, odd: ['nul', 'unknown-status'] },
  })),
  region('hong-kong', (tickets) => ({
    events: [
      { name: 'Race Hong Kong', tickets: part(tickets, 0.2), shape: 'import', country: 'HK' },
      { name: 'Race Hong Kong Winter', tickets: part(tickets, 0.1), shape: 'even', country: 'HK' },
    ],
    ...{ coupons: 400, series: 4 },
  })),
];

const MINUTE_MS = 60_000;
/** Passes between the two runs. */
const BETWEEN_MS = 10 * MINUTE_MS;

/**
 * A made-up vivenu for the demo, without a request budget: nobody should wait for a limit that is not real. It begins in the past, so
 * that after the second run its time is that of the wall clock.
 */
export const simulatorOptions = (tickets: number, seed: number): SimulatorOptions => ({
  seed,
  requestsPerHour: null,
  clock: { start: Date.now() - BETWEEN_MS },
  sellers: DEMO_REGIONS.map(({ token, seller }) => ({ token, ...seller(tickets) })),
});

/** Each minute, for when it is served. */
const SCHEDULE = '* * * * *';
/** Its deliveries come from this machine to this machine. */
const WEBHOOK_KEY = 'hmac_key_of_the_demo';

/**
 * The configuration of the demo: its own three regions and the embedded database, nothing of the environment; the dashboard listens at
 * `port` on this machine (0: a free one). The events are races, so the profile is that of races.
 */
export function demoConfig(simulator: Simulator, port = 0): Config {
  const regions = DEMO_REGIONS.flatMap(({ name, token, schema }) => {
    const settings = {
      token,
      schema_name: schema,
      base_url: simulator.url,
      event_id: '*',
      profile: 'hyrox',
      locality: 'DE',
      webhook_key: WEBHOOK_KEY,
    };
    return Object.entries(settings).map(([key, value]) => [`EVENT_CONFIGS__${name}__${key}`, value]);
  });
  const env = {
    HTTP_REQUESTS_PER_HOUR: '1000000',
    COUPONS_EVERY_MINUTES: '0',
    SERVE_PORT: String(port),
    SCHEDULE,
  };
  return getConfig({ env: { ...env, ...(Object.fromEntries(regions) as object) }, envFile: null });
}

const OURS = 'made by vivenu-ingest demo; the next demo drops it';
const LOCK_WAIT = '10s';

/**
 * Empties the demo's three schemas and forgets what the books say of them; nothing else is touched. Throws a BusyError while a run
 * is at work there, an Error for a schema of that name that no demo made.
 */
export async function emptyDemo(db: DatabaseManager): Promise<void> {
  const schemas = DEMO_REGIONS.map(({ schema }) => schema);
  await using lock = await db.tryLock(schemas.map((schema) => `run ${schema}`));
  if (lock === null) throw new BusyError('a run holds a region of the demo; try again when it has ended.');
  await migrate(db);
  await db.transaction(async (client) => {
    await client.query(`set local lock_timeout = '${LOCK_WAIT}'`);
    for (const schema of schemas) await emptySchema(client, schema);
    await forget(client, schemas, null);
    for (const table of ['rejected_records', 'mappings', 'changed_events', 'regions'])
      await client.query(`delete from vivenu_ingest.${table} where schema_name = any($1::text[])`, [schemas]);
  });
}

async function emptySchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ comment: string | null }>(
    `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`,
    [schema],
  );
  const name = quoteIdentifier(schema);
  if (rows.length > 0 && rows[0]?.comment !== OURS)
    throw new Error(
      `there is a schema ${schema} that no demo made; it stays as it is. Rename or drop it for the demo.`,
    );
  await client.query(`drop schema if exists ${name} cascade`).catch((error: unknown) => {
    if ((error as { code?: string }).code !== '55P03') throw error;
    throw new Error(
      `another program is using the tables of the last demo (${schema}); close it and try again.`,
      {
        cause: error,
      },
    );
  });
  await client.query(`create schema ${name}; comment on schema ${name} is '${OURS}'`);
}

/** What happens at the made-up vivenu between the two runs. */
export interface Changes {
  readonly sold: number;
  readonly edited: number;
  readonly cancelled: number;
  readonly redeemed: number;
}

/** Lets ten minutes pass in which tickets are sold, edited and cancelled and coupons redeemed, in every region. */
export function changeTheWorld(simulator: Simulator, tickets: number): Changes {
  const each = Math.max(1, Math.round(tickets / 1500));
  simulator.advance(BETWEEN_MS - MINUTE_MS);
  const changes = DEMO_REGIONS.map(({ token }) => ({
    sold: simulator.sell(token, 2 * each).length,
    edited: simulator.edit(token, each).length,
    cancelled: simulator.cancel(token, Math.ceil(each / 4)).length,
    redeemed: simulator.redeem(token, each).length,
  }));
  simulator.advance(MINUTE_MS);
  const sum = (of: keyof Changes) => changes.reduce((total, one) => total + one[of], 0);
  return { sold: sum('sold'), edited: sum('edited'), cancelled: sum('cancelled'), redeemed: sum('redeemed') };
}

/** Lets a little be sold in one of the regions, and now and then something else happen. */
export function sellOn(simulator: Simulator): void {
  const { token } = DEMO_REGIONS[Math.floor(Math.random() * DEMO_REGIONS.length)] ?? { token: '' };
  simulator.sell(token, 1 + Math.floor(Math.random() * 4));
  const chance = Math.random();
  if (chance < 0.1) simulator.cancel(token, 1);
  else if (chance < 0.3) simulator.edit(token, 1);
  else if (chance < 0.4) simulator.redeem(token, 1);
}

/** What the user has configured and the demo leaves alone, in words; empty: nothing. */
export function leftAlone(read: () => Config): string[] {
  try {
    const { events, database } = read();
    const names = events.map(({ region: name }: RegionConfig) => name).join(', ');
    return [
      ...(events.length > 0 ? [`the configured region${events.length > 1 ? 's' : ''} (${names})`] : []),
      ...(database.kind === 'server' ? ['the configured PostgreSQL'] : []),
    ];
  } catch {
    return ['your configuration, which has problems (vivenu-ingest check names them)'];
  }
}
