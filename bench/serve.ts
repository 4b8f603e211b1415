/** `npm run bench:serve`: deliveries by the second to the real command, and whether any is late or lost. */
import { parseArgs } from 'node:util';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { load, type Load } from './serve-load.js';

const HELP = `Delivers to \`vivenu-ingest serve\` by the second, over HTTP and signed, and compares every row at the end.

  npm run bench:serve -- [options]

  --rate N        deliveries a second, half sales and half edits (500)
  --seconds N     for so long (60)
  --away N        second leg: PostgreSQL is killed in the middle, for so many seconds (10; 0: no such leg)
  --tickets N     at the beginning (20000)
  --docs          writes the figures into docs/serve.md
  --help          this

Exits with 1 when a target is missed. Works on Linux. Let the machine be quiet.
`;

const TARGETS = { p99Ms: 100, medianToRow: 1 };

function readOptions() {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '500' },
      seconds: { type: 'string', default: '60' },
      away: { type: 'string', default: '10' },
      tickets: { type: 'string', default: '20000' },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'rate' | 'seconds' | 'away' | 'tickets') => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${values[name]}: expected a number`);
    return value;
  };
  return {
    ...{ docs: values.docs, help: values.help },
    ...{ rate: number('rate'), seconds: number('seconds'), away: number('away'), tickets: number('tickets') },
  };
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
const ms = (sorted: readonly number[], share: number) => `${at(sorted, share).toFixed(1)} ms`;
const s = (sorted: readonly number[], share: number) => `${at(sorted, share).toFixed(2)} s`;

/** What is wrong with a load. */
function faultsOf(one: Load): string[] {
  const { differences, full, lost, awayMs } = one;
  const faults = [
    lost > 0 && `${lost} deliveries were lost`,
    Object.values(differences).some((n) => n > 0) && `rows differ: ${JSON.stringify(differences)}`,
    (full.status !== 'complete' || full.written > 0 || full.drift > 0) &&
      `the full read found something: ${JSON.stringify(full)}`,
    awayMs === null && at(one.ms, 0.99) >= TARGETS.p99Ms && `the answer's p99 is ${ms(one.ms, 0.99)}`,
    awayMs === null && at(one.toRow, 0.5) >= TARGETS.medianToRow && `sale to row takes ${s(one.toRow, 0.5)}`,
  ];
  return faults.filter((fault) => fault !== false);
}

function rowOf(one: Load): (string | number)[] {
  const answers = Object.entries(one.answers).map(
    ([status, n]) => `${n} × ${status === '0' ? 'none' : status}`,
  );
  const exact = Object.values(one.differences).every((n) => n === 0) && one.full.written === 0;
  return [
    `${one.rate}/s for ${one.seconds} s${one.awayMs === null ? '' : `, PostgreSQL killed and away for ${(one.awayMs / 1000).toFixed(0)} s`}`,
    answers.join(', '),
    `${ms(one.ms, 0.5)}, ${ms(one.ms, 0.99)}, ${ms(one.ms, 1)}`,
    `${s(one.toRow, 0.5)}, ${s(one.toRow, 0.99)}`,
    `${one.workedOffAfter.toFixed(1)} s`,
    `${one.lost}, ${exact ? 'exact' : '**differs**'}`,
    `${Math.round((one.cpu / (one.seconds + one.workedOffAfter)) * 100)} %, ${Math.round(one.peakMb)} MB`,
    one.loadAverage,
  ];
}

const HEAD = [
  'deliveries',
  'answers',
  'answer: median, p99, most',
  'sale to row: median, p99',
  'all worked off after',
  'lost, state',
  'CPU and memory of serve',
  'load before',
];

async function main({ docs, away, ...options }: ReturnType<typeof readOptions>): Promise<void> {
  say('starting PostgreSQL');
  await using server = await PostgresServer.start({ track_commit_timestamp: 'on' });
  const loads: Load[] = [];
  for (const awayMs of [null, ...(away > 0 ? [away * 1000] : [])]) {
    say(`${options.rate} a second for ${options.seconds} s${awayMs === null ? '' : ', PostgreSQL away'}`);
    const one = await load(server, { ...options, ...(awayMs === null ? {} : { awayMs }) });
    loads.push(one);
    say(`behind its plan by at most ${one.behindMs.toFixed(0)} ms; ${JSON.stringify(one.full)}`);
  }
  const text = `${table(HEAD, loads.map(rowOf))}\n\n${conditions(server.version)}.`;
  process.stdout.write(`${text}\n`);
  if (docs) await writePart('docs/serve.md', 'measured', text);
  const faults = loads.flatMap(faultsOf);
  for (const fault of faults) say(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

const given = readOptions();
if (given.help) process.stdout.write(HELP);
else await main(given);
