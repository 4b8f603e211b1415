/** `npm run bench:workers`: many keys, one worker and several, and workers that are killed. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { loadAverage } from './cpu.js';
import { Fleet, type RunRow } from './fleet.js';

const HELP = `Loads many keys with one worker and with several, then kills two of them at random, again and again.

  npm run bench:workers -- [options]

  --keys N        keys of vivenu, a region each (40)
  --tickets N     of all keys together (400000)
  --workers N     (4)
  --runs N        runs at once of a worker: with room for those of the killed, what is measured is when they are noticed (20)
  --rounds N      times that two workers are killed, each from an empty database (10)
  --docs          writes the figures into docs/workers.md
  --help          this

Exits with 1 when a row is missing or wrong, two runs of a key lay over each other, or a job was left for longer than 30 s.
`;

const RECOVER_WITHIN_S = 30;
const KILLED = 2;

function readOptions() {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '40' },
      tickets: { type: 'string', default: '400000' },
      workers: { type: 'string', default: '4' },
      runs: { type: 'string', default: '20' },
      rounds: { type: 'string', default: '10' },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'keys' | 'tickets' | 'workers' | 'runs' | 'rounds') => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 0)
      throw new Error(`--${name} ${values[name]}: expected a whole number`);
    return value;
  };
  return {
    ...{ docs: values.docs, help: values.help },
    ...{ keys: whole('keys'), tickets: whole('tickets'), workers: whole('workers'), runs: whole('runs') },
    rounds: whole('rounds'),
  };
}

type Options = ReturnType<typeof readOptions>;

/** Times that two runs of a region lay over each other. */
function overlaps(runs: readonly RunRow[]): number {
  return runs.filter((run, n) => {
    const next = runs[n + 1];
    return next !== undefined && next.region === run.region && next.began < run.ended;
  }).length;
}

interface Round {
  readonly seconds: number;
  /** Seconds into the round at which workers were killed; null: none was. */
  readonly killedAfter: number | null;
  /** From the kill until each run that it broke off was begun again, seconds. */
  readonly recovered: readonly number[];
  readonly wrong: number;
  readonly overlaps: number;
  readonly load: number;
}

async function play(
  server: PostgresServer,
  options: Options,
  { workers, killAfter }: { workers: number; killAfter: number | null },
): Promise<Round> {
  await using fleet = await Fleet.open(server, options);
  const children = await Promise.all(Array.from({ length: workers }, () => fleet.worker(options.runs)));
  const began = performance.now();
  await fleet.send();
  let killedAt = Infinity;
  if (killAfter !== null) {
    await sleep(killAfter * 1000);
    killedAt = Date.now() / 1000;
    for (const child of children.slice(0, KILLED)) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await fleet.idle();
  const seconds = (performance.now() - began) / 1000;
  const runs = await fleet.runs();
  const broken = runs.filter(({ status }) => status === 'killed').map(({ region }) => region);
  const again = broken.map((region) => runs.find((run) => run.region === region && run.began > killedAt));
  const { missing, different, extra } = await fleet.differences();
  return {
    ...{ seconds, killedAfter: killAfter, overlaps: overlaps(runs), load: await loadAverage() },
    recovered: again.map((run) => (run?.began ?? Infinity) - killedAt).sort((a, b) => a - b),
    wrong: missing + different + extra,
  };
}

const seconds = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} s`);

function rowOf(name: string, { tickets }: Options, round: Round): string[] {
  const { recovered } = round;
  return [
    name,
    round.killedAfter === null ? '–' : `after ${seconds(round.killedAfter)}`,
    seconds(round.seconds),
    Math.round(tickets / round.seconds).toLocaleString('en'),
    recovered.length === 0
      ? '–'
      : `${recovered.length}: ${seconds(recovered[0])} to ${seconds(recovered.at(-1))}`,
    round.wrong === 0 ? 'exact' : `**${round.wrong} wrong**`,
    String(round.overlaps),
    round.load.toFixed(1),
  ];
}

const HEAD = [
  'workers',
  'two killed',
  'until all was complete',
  'tickets a second',
  'runs broken off, and when they went on',
  'rows',
  'runs of a key at once',
  'load of the machine',
];

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  // Every worker has its pool and a session for each lock of its runs.
  await using server = await PostgresServer.start({ max_connections: '300' });
  const rows: string[][] = [];
  const rounds: Round[] = [];
  const note = (name: string, round: Round) => {
    rounds.push(round);
    rows.push(rowOf(name, options, round));
    say(rows.at(-1)?.join('  ') ?? '');
  };
  note('1', await play(server, options, { workers: 1, killAfter: null }));
  const many = await play(server, options, { workers: options.workers, killAfter: null });
  note(String(options.workers), many);
  for (let n = 0; n < options.rounds; n++) {
    const killAfter = many.seconds * (0.05 + 0.7 * Math.random());
    note(String(options.workers), await play(server, options, { workers: options.workers, killAfter }));
  }
  const text = [
    table(HEAD, rows),
    '',
    `${options.keys} keys, ${options.tickets.toLocaleString('en')} tickets, ${options.runs} runs at once a worker, each row from an empty database; simulator, workers and`,
    `PostgreSQL share the machine. ${conditions(server.version)}. \`npm run bench:workers\``,
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (options.docs) await writePart('docs/workers.md', 'workers', text);
  const bad = rounds.filter(
    (round) => round.wrong > 0 || round.overlaps > 0 || (round.recovered.at(-1) ?? 0) > RECOVER_WITHIN_S,
  );
  if (bad.length > 0) process.exitCode = 1;
}

await main();
