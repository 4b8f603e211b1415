/** Hours of vivenu's clock in minutes of ours, in one process: whether its memory stays what it was. */
import { runInNewContext } from 'node:vm';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { getConfig, type Config } from '../../src/config/config.js';
import { DatabaseManager } from '../../src/load/database.js';
import { createDraw } from '../../src/simulator/random.js';
import type { Simulator } from '../../src/simulator/simulator.js';
import { WHOLE_RUN } from '../../src/sync/context.js';
import { runIngest } from '../../src/sync/run.js';
import { growthOf, median } from './chaos-page.js';
import { bustle, changeWeather, CHAOS_KEY, startVivenu } from './chaos-vivenu.js';
import { conditions, say, table } from './page.js';
import { compare, storedIn, truthOf, type Differences } from './scene.js';
import { PostgresServer } from './server.js';

export interface HoursOptions {
  readonly hours: number;
  readonly seed: number;
  readonly tickets: number;
}

export interface Hours extends HoursOptions {
  readonly version: string;
  /** Status of each run. */
  readonly statuses: readonly string[];
  /** After each run, once what is not needed any more was thrown away, MB. */
  readonly heapMb: readonly number[];
  readonly memoryMb: readonly number[];
  readonly changes: number;
  readonly requests: number;
  readonly faults: number;
  readonly realSeconds: number;
  readonly differences: Differences;
  readonly wrong: readonly string[];
}

const SECOND = 1000;
/** Between two runs, by vivenu's clock, and between two moments of the shop. */
const [RUN_EVERY_MS, MOVE_EVERY_MS] = [120 * SECOND, 2 * SECOND];
/** The heap after a run may be so much larger in the last third. */
const FLAT = 1.15;

/** Plays them. */
export async function playHours(options: HoursOptions): Promise<Hours> {
  const began = performance.now();
  await using server = await PostgresServer.start();
  await using database = await server.createDatabase();
  await using simulator = await startVivenu(options);
  await using db = await DatabaseManager.connect(configOf(database.url, simulator.url).database);
  const config = configOf(database.url, simulator.url);
  const draw = createDraw(options.seed);
  const statuses: string[] = [];
  const [heapMb, memoryMb]: [number[], number[]] = [[], []];
  let changes = 0;
  const end = simulator.now() + options.hours * 3600 * SECOND;
  while (simulator.now() < end) {
    for (let ms = 0; ms < RUN_EVERY_MS; ms += MOVE_EVERY_MS) {
      changes += bustle(simulator, draw);
      simulator.advance(MOVE_EVERY_MS);
    }
    weather(simulator, draw);
    statuses.push(await run(config, db));
    heapMb.push(heapNow());
    memoryMb.push(process.memoryUsage.rss() / 1e6);
    if (statuses.length % 10 === 0) say(`${statuses.length} runs, heap ${heapMb.at(-1)?.toFixed(0)} MB`);
  }
  calm(simulator);
  const last = await run(config, db);
  const differences = compare(truthOf(simulator, CHAOS_KEY), await storedIn(database));
  const { requests } = simulator.stats;
  const faults = Object.values(simulator.stats.faults).reduce((sum, count) => sum + count, 0);
  const realSeconds = (performance.now() - began) / 1000;
  const seen = {
    version: server.version,
    statuses,
    heapMb,
    memoryMb,
    changes,
    requests,
    faults,
    realSeconds,
    differences,
  };
  return { ...options, ...seen, wrong: judge({ ...seen, last }) };
}

function judge({
  last,
  differences,
  heapMb,
}: Pick<Hours, 'differences' | 'heapMb'> & { last: string }): string[] {
  const { missing, different, extra } = differences;
  const growth = growthOf(heapMb);
  return [
    ...(last === 'complete' ? [] : [`the last run is ${last}`]),
    ...(missing + different + extra > 0 ? [`not exact: ${JSON.stringify(differences)}`] : []),
    ...(growth > FLAT ? [`the heap grows: ${growth.toFixed(2)} times as large in the last third`] : []),
  ];
}

/** An outage would be waited out by our clock, not by vivenu's. */
function weather(simulator: Simulator, draw: () => number): void {
  do changeWeather(simulator, draw);
  while (Object.values(simulator.faults).includes(1));
}

function calm(simulator: Simulator): void {
  const { faults } = simulator;
  for (const name of Object.keys(faults) as (keyof typeof faults)[]) faults[name] = 0;
  simulator.advance(10 * SECOND);
}

async function run(config: Config, db: DatabaseManager): Promise<string> {
  const { signal } = new AbortController();
  const world = { config, db, observe: () => undefined, stop: signal, abort: signal };
  return (await runIngest(world, { ...WHOLE_RUN, wait: true })).status;
}

const configOf = (databaseUrl: string, baseUrl: string): Config =>
  getConfig({
    envFile: null,
    env: {
      DATABASE_URL: databaseUrl,
      EVENT_CONFIGS__auckland__token: CHAOS_KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: baseUrl,
      HTTP_REQUESTS_PER_HOUR: '1000000',
      HTTP_TIMEOUT: '2',
      HTTP_MAX_WAIT: '60',
      COUPONS_EVERY_MINUTES: '0',
    },
  });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** MB that are in use once everything that is not was thrown away. */
function heapNow(): number {
  collect();
  return getHeapStatistics().used_heap_size / 1e6;
}

/** The figures. */
export function hoursPage(played: Hours): string {
  const { hours, seed, version, statuses, heapMb, memoryMb, differences, realSeconds } = played;
  const third = Math.max(1, Math.floor(heapMb.length / 3));
  const thirds = (values: readonly number[]) =>
    [values.slice(0, third), values.slice(third, -third), values.slice(-third)]
      .map((part) => `${median(part).toFixed(0)} MB`)
      .join(', ');
  const counts = [...new Set(statuses)].map(
    (one) => `${one}: ${statuses.filter((status) => status === one).length}`,
  );
  const intro =
    `${conditions(version)}; ${hours} hours of vivenu's clock in ${(realSeconds / 60).toFixed(1)} minutes, seed ${seed}, one process.` +
    ` **At the end ${differences.missing} rows are missing, ${differences.different} differ, ${differences.extra} are too many.**`;
  const rows: [string, string][] = [
    ['runs', `${statuses.length} (${counts.join(', ')})`],
    ['changes by the shop', String(played.changes)],
    ['requests, and those that met a fault', `${played.requests}, ${played.faults}`],
    ['heap after a run: median of the first, second and last third', thirds(heapMb)],
    ['memory of the process (simulator included), the same', thirds(memoryMb)],
  ];
  return `${intro}\n\n${table(['figure', 'value'], rows)}`;
}
