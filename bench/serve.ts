/** `npm run bench:serve`: deliveries by the second to the real command, and whether any is late or lost. */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { conditions, say, table, writePart } from '../test/faults/page.js';
import { PostgresServer } from '../test/faults/server.js';
import { load, type Load, type LoadOptions } from './serve-load.js';

const HELP = `Delivers to \`vivenu-ingest serve\` by the second, over HTTP and signed, and compares every row at the end.

  npm run bench:serve -- [options]

  --rate N        deliveries a second, half sales and half edits (500)
  --seconds N     for so long (60)
  --away N        second leg: PostgreSQL is killed in the middle, for so many seconds (10; 0: no such leg)
  --kills N       third leg: serve is killed so many times and started again (3)
  --memory        first the same with PostgreSQL's data in memory (/dev/shm), where no other's writing is waited for
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
      kills: { type: 'string', default: '3' },
      tickets: { type: 'string', default: '20000' },
      memory: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'rate' | 'seconds' | 'away' | 'kills' | 'tickets') => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${values[name]}: expected a number`);
    return value;
  };
  return {
    ...{ docs: values.docs, help: values.help, memory: values.memory },
    ...{ rate: number('rate'), seconds: number('seconds'), tickets: number('tickets') },
    ...{ away: number('away'), kills: number('kills') },
  };
}

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
const ms = (sorted: readonly number[], share: number) => `${at(sorted, share).toFixed(1)} ms`;
const s = (sorted: readonly number[], share: number) => `${at(sorted, share).toFixed(2)} s`;

const isCalm = ({ awayMs, kills }: Load) => awayMs === null && kills === 0;

/** What is wrong with a load. */
function faultsOf(one: Load): string[] {
  const { differences, full, lost } = one;
  const faults = [
    lost > 0 && `${lost} deliveries were lost`,
    Object.values(differences).some((n) => n > 0) && `rows differ: ${JSON.stringify(differences)}`,
    (full.status !== 'complete' || full.written > 0 || full.drift > 0) &&
      `the full read found something: ${JSON.stringify(full)}`,
    isCalm(one) && at(one.ms, 0.99) >= TARGETS.p99Ms && `the answer's p99 is ${ms(one.ms, 0.99)}`,
    isCalm(one) && at(one.toRow, 0.5) >= TARGETS.medianToRow && `sale to row takes ${s(one.toRow, 0.5)}`,
  ];
  return faults.filter((fault) => fault !== false);
}

function nameOf({ rate, seconds, awayMs, kills }: Load): string {
  const away = awayMs === null ? '' : `, PostgreSQL killed and away for ${(awayMs / 1000).toFixed(0)} s`;
  return `${rate}/s for ${seconds} s${away}${kills > 0 ? `, serve killed ${kills} times` : ''}`;
}

function rowOf(one: Load): (string | number)[] {
  const answers = Object.entries(one.answers).map(
    ([status, n]) => `${n} × ${status === '0' ? 'none' : status}`,
  );
  const exact = Object.values(one.differences).every((n) => n === 0) && one.full.written === 0;
  return [
    nameOf(one),
    answers.join(', '),
    `${ms(one.ms, 0.5)}, ${ms(one.ms, 0.99)}, ${ms(one.ms, 1)}`,
    `${s(one.toRow, 0.5)}, ${s(one.toRow, 0.99)}`,
    `${one.workedOffAfter.toFixed(1)} s`,
    `${one.lost}, ${exact ? 'exact' : '**differs**'}`,
    one.kills > 0
      ? '–'
      : `${Math.round((one.cpu / (one.seconds + one.workedOffAfter)) * 100)} %, ${Math.round(one.peakMb)} MB`,
    `${ms(one.disk, 0.5)}, ${ms(one.disk, 0.99)}, ${ms(one.disk, 1)}`,
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
  'disk for 8 KB: median, p99, most',
  'load before',
];

interface Leg extends Partial<LoadOptions> {
  /** Folder of PostgreSQL's data. */
  readonly folder: string;
}

async function main({
  docs,
  away,
  kills,
  memory,
  ...options
}: ReturnType<typeof readOptions>): Promise<void> {
  const folder = tmpdir();
  const legs: Leg[] = [
    ...(memory ? [{ folder: '/dev/shm' }] : []),
    { folder },
    ...(away > 0 ? [{ folder, awayMs: away * 1000 }] : []),
    ...(kills > 0 ? [{ folder, kills }] : []),
  ];
  const rows: (string | number)[][] = [];
  const faults: string[] = [];
  let version = '';
  for (const { folder: where, ...leg } of legs) {
    say(`${options.rate} a second for ${options.seconds} s, data in ${where} ${JSON.stringify(leg)}`);
    process.env['TMPDIR'] = where;
    await using server = await PostgresServer.start({ track_commit_timestamp: 'on' });
    version = server.version;
    const one = await load(server, { ...options, ...leg });
    const [name, ...figures] = rowOf(one);
    rows.push([where === folder ? (name ?? '') : `${name}, data in memory`, ...figures]);
    faults.push(...faultsOf(one));
    say(`behind its plan by at most ${one.behindMs.toFixed(0)} ms; ${JSON.stringify(one.full)}`);
  }
  const text = `${table(HEAD, rows)}\n\n${conditions(version)}.`;
  process.stdout.write(`${text}\n`);
  if (docs) await writePart('docs/serve.md', 'measured', text);
  for (const fault of faults) say(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

const given = readOptions();
if (given.help) process.stdout.write(HELP);
else await main(given);
