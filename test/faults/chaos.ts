/** `npm run chaos`: a shop that never rests, a vivenu that fails, a database that crashes and a command that is killed, for minutes; then it must be exact. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDraw } from '../../src/simulator/random.js';
import { Cron, type RunFacts } from './chaos-cron.js';
import { hoursPage, playHours } from './chaos-hours.js';
import { chaosPage, judge, type Chaos } from './chaos-page.js';
import { VivenuPeer } from './chaos-peer.js';
import { drawChaos } from './chaos-plot.js';
import { CHAOS_KEY } from './chaos-vivenu.js';
import { watch } from './chaos-watch.js';
import { say, writePart } from './page.js';
import { compare, storedIn } from './scene.js';
import { PostgresServer } from './server.js';

const HELP = `Runs the real command against a vivenu that fails and a database that crashes, for minutes, and compares every row at the end.

  npm run chaos -- [options]

  --minutes N           real minutes of real processes (10)
  --simulated-hours N   instead, so many hours of vivenu's clock, made to run fast, in one process
  --seed N              of the shop, the faults and the kills (today's date)
  --tickets N           at the beginning (20000)
  --no-docs             leaves docs/reliability.md and docs/chaos.png as they are; so does less than 10 minutes or 2 hours
  --help                this

Exits with 1 when a row differs at the end, an exit code is wrong, or memory grows.
`;

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      minutes: { type: 'string', default: '10' },
      'simulated-hours': { type: 'string', default: '0' },
      seed: { type: 'string', default: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
      tickets: { type: 'string', default: '20000' },
      docs: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'minutes' | 'simulated-hours' | 'seed' | 'tickets') => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${values[name]}: expected a number`);
    return value;
  };
  const [minutes, hours, seed, tickets] = [
    number('minutes'),
    number('simulated-hours'),
    number('seed'),
    number('tickets'),
  ];
  return { ...values, minutes, hours, seed, tickets };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Vivenu leaves its newest rows to the next run. */
const SETTLED_MS = 4 * SECOND;
const DOWN_MS = 1500;
const MOST_LAST_RUNS = 6;

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly tickets: number;
}

/** Plays it; everything that was seen. */
async function playChaos({ minutes, seed, tickets }: ChaosOptions): Promise<Chaos> {
  await using server = await PostgresServer.start();
  await using database = await server.createDatabase();
  await using vivenu = await VivenuPeer.start({ seed, tickets });
  const [cronUntil, watchUntil] = [new AbortController(), new AbortController()];
  const env = environment(database.url, vivenu.url);
  const cron = new Cron({ env, draw: createDraw(seed + 1), until: cronUntil.signal });
  const watched = watch({ vivenu, database, cron }, watchUntil.signal);
  const carried = cron.carryOn();
  const restarts: number[] = [];
  for (const part of [1, 2, 3]) {
    await sleep((minutes * MINUTE) / 3);
    say(`${cron.runs.length} runs`);
    if (part === 3) continue;
    restarts.push(cron.seconds());
    say('PostgreSQL crashes');
    await server.restart(DOWN_MS);
  }
  cronUntil.abort();
  await carried;
  await vivenu.quiet();
  const quietAt = cron.seconds();
  await sleep(SETTLED_MS);
  const last = await untilComplete(cron);
  const differences = compare(await vivenu.truth(), await storedIn(database));
  const { requests, faults, changes } = await vivenu.state();
  watchUntil.abort();
  const samples = await watched;
  const { version } = server;
  return {
    seed,
    minutes,
    version,
    runs: cron.runs,
    last,
    samples,
    restarts,
    quietAt,
    differences,
    requests,
    faults,
    changes,
  };
}

/** One last run, and those before it that found a session of a killed one. */
async function untilComplete(cron: Cron): Promise<RunFacts[]> {
  const last: RunFacts[] = [];
  while (last.length < MOST_LAST_RUNS && last.at(-1)?.code !== 0) {
    if (last.length > 0) await sleep(SECOND);
    last.push(await cron.once());
  }
  return last;
}

const environment = (databaseUrl: string, baseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  EVENT_CONFIGS__auckland__token: CHAOS_KEY,
  EVENT_CONFIGS__auckland__event_id: '*',
  EVENT_CONFIGS__auckland__base_url: baseUrl,
  HTTP_REQUESTS_PER_HOUR: '1000000',
  HTTP_TIMEOUT: '4',
  HTTP_MAX_WAIT: '60',
  COUPONS_EVERY_MINUTES: '0',
});

async function main({ hours, docs, ...options }: ReturnType<typeof readOptions>): Promise<void> {
  if (hours > 0) {
    const played = await playHours({ ...options, hours });
    const page = hoursPage(played);
    process.stdout.write(`${page}\n`);
    if (docs && hours >= 2) await writePart('docs/reliability.md', 'chaos-hours', page);
    if (played.wrong.length > 0) process.exitCode = 1;
    return;
  }
  const chaos = await playChaos(options);
  const page = chaosPage(chaos);
  process.stdout.write(`${page}\n`);
  for (const wrong of judge(chaos)) process.stderr.write(`WRONG: ${wrong}\n`);
  const isLong = options.minutes >= 10;
  await drawChaos(chaos, docs && isLong ? 'docs/chaos.png' : path.join(tmpdir(), 'chaos.png'));
  if (docs && isLong) await writePart('docs/reliability.md', 'chaos', page);
  if (judge(chaos).length > 0) process.exitCode = 1;
}

const options = readOptions();
if (options.help) process.stdout.write(HELP);
else await main(options);
