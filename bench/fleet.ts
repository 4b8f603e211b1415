/** Many keys of a simulated vivenu, a database, and workers as real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { compare, storedIn, truthOf, type Differences } from '../test/faults/scene.js';
import type { CellDatabase, PostgresServer } from '../test/faults/server.js';

const CLI = 'dist/cli.js';
const LOOK_MS = 100;
const GIVE_UP_MS = 20 * 60_000;

/** A run as the books hold it; times in seconds. */
export interface RunRow {
  readonly region: string;
  readonly status: string;
  readonly began: number;
  readonly ended: number;
}

/** Keys of a region each, and what is stored of them. */
export class Fleet implements AsyncDisposable {
  readonly database: CellDatabase;
  readonly #simulator: Simulator;
  readonly #regions: readonly string[];
  readonly #workers = new Set<ChildProcess>();

  private constructor(simulator: Simulator, database: CellDatabase, regions: readonly string[]) {
    this.#simulator = simulator;
    this.database = database;
    this.#regions = regions;
  }

  static async open(
    server: PostgresServer,
    { keys, tickets }: { keys: number; tickets: number },
  ): Promise<Fleet> {
    const regions = Array.from({ length: keys }, (_, n) => `city${n}`);
    const own = Math.ceil(tickets / keys);
    const simulator = await startSimulator({
      requestsPerHour: null,
      sellers: regions.map((region) => ({
        token: keyOf(region),
        events: [{ id: `race_${region}`, tickets: own, underShops: 2 }],
      })),
    });
    return new Fleet(simulator, await server.createDatabase(), regions);
  }

  get #environment(): NodeJS.ProcessEnv {
    const regions = this.#regions.flatMap((region) => [
      [`EVENT_CONFIGS__${region}__token`, keyOf(region)],
      [`EVENT_CONFIGS__${region}__event_id`, '*'],
      [`EVENT_CONFIGS__${region}__base_url`, this.#simulator.url],
    ]);
    return {
      PATH: process.env['PATH'],
      DATABASE_URL: this.database.url,
      ENABLE_FILE_LOGGING: 'false',
      LOG_LEVEL: 'ERROR',
      HTTP_REQUESTS_PER_HOUR: '1000000',
      ...(Object.fromEntries(regions) as Record<string, string>),
    };
  }

  #spawn(args: readonly string[]): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
    return spawn(process.execPath, [CLI, ...args], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** Starts a worker and waits until it works. */
  async worker(runs: number): Promise<ChildProcess> {
    const child = this.#spawn(['worker', '--runs', String(runs)]);
    this.#workers.add(child);
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('vivenu-ingest works')) break;
    child.stdout.resume();
    return child;
  }

  /** Asks for a run of every key; throws when that was refused. */
  async send(): Promise<void> {
    const [code] = (await once(this.#spawn(['jobs', 'send']), 'exit')) as [number | null];
    if (code !== 0) throw new Error(`jobs send ended with ${code}`);
  }

  /** Waits until no job waits or is under way. */
  async idle(): Promise<void> {
    const until = performance.now() + GIVE_UP_MS;
    while (performance.now() < until) {
      const [row] = await this.database.query<{ open: number }>(
        `select count(*)::int as open from vivenu_jobs.job where name = 'runs' and state <= 'active'`,
      );
      if (row?.open === 0) return;
      await sleep(LOOK_MS);
    }
    throw new Error('the workers did not come to an end');
  }

  async runs(): Promise<RunRow[]> {
    return await this.database.query<RunRow>(
      `select region, status, extract(epoch from started_at)::float8 as began, extract(epoch from finished_at)::float8 as ended
       from vivenu_ingest.runs, jsonb_array_elements_text(options->'regions') as region
       order by region, started_at`,
    );
  }

  /** Every row of every key against what vivenu has. */
  async differences(): Promise<Differences> {
    const sum = { missing: 0, different: 0, extra: 0 };
    for (const region of this.#regions) {
      const stored = await storedIn(this.database, region);
      const one = compare(truthOf(this.#simulator, keyOf(region)), stored);
      for (const name of ['missing', 'different', 'extra'] as const) sum[name] += one[name];
    }
    return sum;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#workers)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    await this.#simulator.close();
    await this.database[Symbol.asyncDispose]();
  }
}

const keyOf = (region: string) => `key_of_${region}`;
