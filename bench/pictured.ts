/** Made-up races as the pictures of the dashboard show them: each region in another state, some hours of runs behind them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSimulator, type SellerOptions, type Simulator } from '../src/simulator/simulator.js';
import { Command } from '../test/faults/command.js';
import { PostgresServer, type CellDatabase } from '../test/faults/server.js';
import { succeed } from './serving.js';

type Settings = Readonly<Record<string, string>>;

interface City {
  readonly name: string;
  readonly seller: Omit<SellerOptions, 'token'>;
  readonly settings?: Settings;
}

const race = (
  name: string,
  country: string,
  tickets: number,
  more: Partial<SellerOptions['events'][number]> = {},
) => ({
  ...{ name: `Race ${name}`, id: `race-${name.toLowerCase().replaceAll(' ', '-')}`, country, tickets },
  ...{ shape: 'waves' as const, underShops: 6, days: 60 },
  ...more,
});

const CITIES: readonly City[] = [
  {
    name: 'manchester',
    seller: { events: [race('Manchester', 'GB', 3800, { underShops: 8 })], coupons: 320, series: 4 },
    settings: { max_capacity: '4200', price_tier: 'L2', price_trigger: '3600', locality: 'GB' },
  },
  {
    name: 'berlin',
    seller: {
      events: [race('Berlin', 'DE', 5200), race('Berlin Winter', 'DE', 1400, { shape: 'even', days: 30 })],
      ...{ coupons: 240, series: 4, odd: ['text-price', 'nul'] },
    },
    settings: { max_capacity: '5500', locality: 'DE' },
  },
  {
    name: 'athens',
    seller: { events: [race('Athens', 'GR', 2900, { shape: 'even' })], coupons: 120, series: 3 },
    settings: { max_capacity: '6000', price_tier: 'L1', price_trigger: '2000', locality: 'GR' },
  },
  { name: 'warsaw', seller: { events: [race('Warsaw', 'PL', 4100, { shape: 'even' })], coupons: 80 } },
  {
    name: 'hamburg',
    seller: { events: [race('Hamburg', 'DE', 4700, { shape: 'even', days: 90 })], coupons: 90 },
    settings: { max_capacity: '3900', locality: 'DE' },
  },
  { name: 'london', seller: { events: [race('London', 'GB', 1700)], coupons: 40 } },
  { name: 'krakow', seller: { events: [race('Kraków', 'PL', 300)] } },
];
/** Its key is taken back after the first run. */
const LOCKED_OUT = 'london';
const NEVER_READ = 'krakow';
/** Is read all again while the last pictures are taken. */
const SLOW = 'warsaw';
const HANDED_OUT = 'manchester';
const CODES = 'codes.csv';

const KNOWN = CITIES.filter(({ name }) => name !== NEVER_READ);
const SOUND = KNOWN.filter(({ name }) => name !== LOCKED_OUT);

const HOUR_MS = 3_600_000;
/** Runs after the first, an hour apart. */
const RUNS = 6;
const SLOW_MS = 5000;

const tokenOf = (name: string) => `key_of_${name}`;

/** A database that was filled for some hours, and its vivenu, which still sells. */
export class Pictured implements AsyncDisposable {
  /** Configuration of the command with every region. */
  readonly env: Settings;
  readonly #vivenu: Simulator;
  readonly #server: PostgresServer;
  readonly #folder: string;
  readonly #common: Settings;

  private constructor(server: PostgresServer, database: CellDatabase, vivenu: Simulator, folder: string) {
    this.#server = server;
    this.#vivenu = vivenu;
    this.#folder = folder;
    this.#common = {
      ...{ DATABASE_URL: database.url, SERVE_PORT: '0', COUPONS_EVERY_MINUTES: '0' },
      [`EVENT_CONFIGS__${HANDED_OUT}__coupon_codes`]: path.join(folder, CODES),
    };
    this.env = this.#of(CITIES);
  }

  static async open(): Promise<Pictured> {
    const server = await PostgresServer.start();
    const database = await server.createDatabase();
    const vivenu = await startSimulator({
      ...{ seed: 7, requestsPerHour: null, faultSettings: { slowMs: SLOW_MS } },
      clock: { offsetMs: -RUNS * HOUR_MS },
      sellers: CITIES.map(({ name, seller }) => ({ token: tokenOf(name), ...seller })),
    });
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-pictured-'));
    await writeFile(path.join(folder, CODES), handedOut(vivenu));
    const pictured = new Pictured(server, database, vivenu, folder);
    await pictured.#fill(database);
    return pictured;
  }

  /** Lets vivenu deliver to an address, sells something, and waits until it has come there. */
  async deliver(url: string): Promise<void> {
    await succeed(
      ['webhooks', 'register', '--url', url, '--yes', '--region', ...SOUND.map(({ name }) => name)],
      this.env,
    );
    for (const { name } of SOUND) this.#vivenu.sell(tokenOf(name), 3);
    await this.#vivenu.delivered();
  }

  /** Does something while a run is under way. */
  async whileReading(work: () => Promise<void>): Promise<void> {
    this.#vivenu.failNext('slow', Infinity, '/tickets');
    await using run = await Command.start(['run', '--full', '--region', SLOW], {
      ...this.env,
      BATCH_SIZE: '200',
    });
    await work();
    run.signal('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vivenu.close();
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #fill(database: CellDatabase): Promise<void> {
    await succeed(['run'], this.#of(KNOWN));
    for (let n = 1; n <= RUNS; n++) {
      await passHour(database);
      for (const share of [0.3, 0.6]) {
        this.#vivenu.advance(HOUR_MS * share);
        for (const { name } of KNOWN) this.#happen(tokenOf(name), n);
      }
      this.#vivenu.advance(HOUR_MS * 0.1);
      if (n < RUNS) await succeed(['run'], this.#of(SOUND));
    }
    const lost = { ...this.#of(KNOWN), [`EVENT_CONFIGS__${LOCKED_OUT}__token`]: 'key_taken_back' };
    await using last = await Command.start(['run'], lost);
    await last.ended;
  }

  #happen(token: string, n: number): void {
    this.#vivenu.sell(token, 4 + n);
    this.#vivenu.cancel(token, 1);
    this.#vivenu.redeem(token, 2);
  }

  #of(cities: readonly City[]): Settings {
    const all = cities.flatMap(({ name, settings = {} }) =>
      Object.entries({
        ...{ token: tokenOf(name), event_id: '*', base_url: this.#vivenu.url, profile: 'hyrox' },
        ...{ webhook_key: 'hmac_of_the_pictures', ...settings },
        ...(SOUND.some((one) => one.name === name) ? { schedule: '0 5 * * *' } : {}),
      }).map(([key, value]) => [`EVENT_CONFIGS__${name}__${key}`, value]),
    );
    return { ...this.#common, ...(Object.fromEntries(all) as Settings) };
  }
}

/** Most codes of a region, so that some were used that nobody handed out. */
function handedOut(vivenu: Simulator): string {
  const codes = [...vivenu.truth(tokenOf(HANDED_OUT), 'coupons')].map(({ code }) => code);
  const lines = codes
    .filter((_, n) => n % 8 !== 0)
    .map((code, n) => `${code},${['gym', 'press', 'team'][n % 3]}`);
  return ['Code,Category', ...lines, ''].join('\n');
}

/** All that the database has noted by its own clock lies an hour further back. */
async function passHour(database: CellDatabase): Promise<void> {
  const back = (table: string, columns: readonly string[]) =>
    database.query(
      `update ${table} set ${columns.map((one) => `${one} = ${one} - interval '1 hour'`).join(', ')}`,
    );
  await back('vivenu_ingest.runs', ['started_at', 'finished_at']);
  await back('vivenu_ingest.run_streams', ['finished_at']);
  await back('vivenu_ingest.rejected_records', ['first_seen_at', 'last_seen_at']);
  for (const { name } of KNOWN) await back(`"${name}".summary_report`, ['created_at', 'updated_at']);
}
