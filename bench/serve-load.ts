/** One load of `serve`: a shop that delivers, the real command, a real PostgreSQL, and what is in it at the end. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../src/sync/report.js';
import { compare, KEY, storedIn, type Differences } from '../test/faults/scene.js';
import type { PostgresServer } from '../test/faults/server.js';
import { type CellDatabase } from '../test/faults/server.js';
import { askChild, endChild, startChild } from './child.js';
import { cpuOfTree, loadAverage, peakMemory } from './cpu.js';
import { probeDisk } from './disk.js';
import { POLL, Serving, succeed, until } from './serving.js';
import type { Order, Said, ShopOptions, Sold } from './shop.js';

/** What is loaded. */
export interface LoadOptions extends ShopOptions {
  /** Deliveries a second. */
  readonly rate: number;
  readonly seconds: number;
  /** PostgreSQL is killed in the middle and away for so long. @default not */
  readonly awayMs?: number;
  /** So many times, `serve` is killed while it is loaded, and started again. @default 0 */
  readonly kills?: number;
}

/** What came of it. */
export interface Load extends Sold {
  readonly rate: number;
  readonly seconds: number;
  /** How long PostgreSQL took no connections. */
  readonly awayMs: number | null;
  readonly kills: number;
  /** Of sales: seconds from `createdAt` until the transaction with the row was committed, sorted. */
  readonly toRow: readonly number[];
  /** Seconds from the last change until nothing was left to be worked off. */
  readonly workedOffAfter: number;
  /** Against what vivenu has, every ticket and the sum of those sold. */
  readonly differences: Differences;
  /** Of a full read after it. */
  readonly full: { readonly status: string; readonly written: number; readonly drift: number };
  /** CPU of `serve`, seconds, and the most memory that it held, MB. */
  readonly cpu: number;
  readonly peakMb: number;
  readonly loadAverage: number;
  /** Milliseconds that the disk took for 8 KB meanwhile, sorted. */
  readonly disk: readonly number[];
}

const HMAC = 'hmac_of_the_load';

/** Runs it all, from an empty database to the last comparison. Throws when a part does not work at all. */
export async function load(server: PostgresServer, options: LoadOptions): Promise<Load> {
  await using database = await server.createDatabase();
  await using shop = await Shop.open(options);
  const env = {
    DATABASE_URL: database.url,
    SERVE_PORT: '0',
    HTTP_REQUESTS_PER_HOUR: '1000000',
    EVENT_CONFIGS__auckland__token: KEY,
    EVENT_CONFIGS__auckland__event_id: '*',
    EVENT_CONFIGS__auckland__base_url: shop.url,
    EVENT_CONFIGS__auckland__webhook_key: HMAC,
  };
  await succeed(['run'], env);
  const loadBefore = await loadAverage();
  await using serving = await Serving.start(env);
  await succeed(['webhooks', 'register', '--url', serving.url, '--yes'], env);
  const { rate, seconds, kills = 0 } = options;
  const over = new AbortController();
  const disk = probeDisk(over.signal);
  const selling = shop.sell({ rate, seconds });
  const awayMs = options.awayMs === undefined ? null : await interrupt(server, seconds, options.awayMs);
  for (let n = 0; n < kills; n++) {
    await sleep((seconds * 1000) / (kills + 1));
    await serving.killed();
  }
  const sold = await selling;
  const ended = performance.now();
  over.abort();
  await workedOff(database, sold.sold + sold.edited - sold.lost);
  const workedOffAfter = (performance.now() - ended) / 1000;
  const toRow = await sinceSale(database);
  const truth = new Map(await shop.truth());
  const differences = await settled(database, truth);
  const [cpu, peak] = [await cpuOfTree(serving.pid), await peakMemory(serving.pid)];
  const full = await fullRead(env);
  const figures = { cpu, peakMb: (peak ?? 0) / 1e6, loadAverage: loadBefore, disk: await disk };
  return { ...sold, rate, seconds, awayMs, kills, toRow, workedOffAfter, differences, full, ...figures };
}

async function interrupt(server: PostgresServer, seconds: number, awayMs: number): Promise<number> {
  await sleep((seconds / 2) * 1000 - awayMs / 2);
  const began = performance.now();
  await server.restart(awayMs);
  return performance.now() - began;
}

async function workedOff(database: CellDatabase, count: number): Promise<void> {
  const look = async () => {
    const [row] = await database.query<{ all: number; open: number }>(
      `select count(*)::int as all, (count(*) filter (where processed_at is null))::int as open
       from vivenu_ingest.webhook_deliveries`,
    );
    return row?.all === count && row.open === 0 ? true : undefined;
  };
  await until(look, { every: POLL.later, otherwise: () => `${count} deliveries are not worked off` });
}

/** The commit's own time, of tickets that were made while it was loaded. */
async function sinceSale(database: CellDatabase): Promise<number[]> {
  const rows = await database.query<{ seconds: number }>(
    `select extract(epoch from pg_xact_commit_timestamp(xmin) - created_at)::float8 as seconds from auckland.tickets
     where created_at > (select min(received_at) - interval '10 s' from vivenu_ingest.webhook_deliveries)
     order by 1`,
  );
  return rows.map(({ seconds }) => seconds);
}

/** Summaries are a few seconds behind. */
async function settled(database: CellDatabase, truth: ReadonlyMap<string, string>): Promise<Differences> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const differences = compare(truth, await storedIn(database));
    if (Object.values(differences).every((n) => n === 0) || performance.now() > deadline) return differences;
    await sleep(500);
  }
}

async function fullRead(env: Readonly<Record<string, string>>): Promise<Load['full']> {
  const report = JSON.parse(await succeed(['run', '--full', '--json'], env)) as Report;
  const streams = report.regions.flatMap((region) => region.streams);
  const sum = (of: (stream: (typeof streams)[number]) => number) =>
    streams.reduce((n, one) => n + of(one), 0);
  return {
    status: report.status,
    written: sum(({ inserted, updated, deleted }) => inserted + updated + deleted),
    drift: sum(({ drift }) => drift?.rows ?? 0),
  };
}

/** The shop's process. */
class Shop implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async open(options: ShopOptions): Promise<Shop> {
    const child = startChild('shop.ts');
    const said = await askChild<Said>(child, options);
    if (!('url' in said)) throw new Error('the shop did not open');
    return new Shop(child, said.url);
  }

  async sell(sell: { rate: number; seconds: number }): Promise<Sold> {
    const said = await this.#ask({ sell });
    if (!('result' in said)) throw new Error('the shop did not sell');
    return said.result;
  }

  async truth(): Promise<[string, string][]> {
    const said = await this.#ask({ truth: true });
    return 'lines' in said ? said.lines : [];
  }

  #ask(order: Order): Promise<Said> {
    return askChild<Said>(this.#child, order);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endChild(this.#child);
  }
}
