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
  --kills N       third leg: serve is killed so many times and started again (3)
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
    ...{ docs: values.docs, help: values.help },
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

async function main({ docs, away, kills, ...options }: ReturnType<typeof readOptions>): Promise<void> {
  say('starting PostgreSQL');
  await using server = await PostgresServer.start({ track_commit_timestamp: 'on' });
  const loads: Load[] = [];
  const legs = [{}, ...(away > 0 ? [{ awayMs: away * 1000 }] : []), ...(kills > 0 ? [{ kills }] : [])];
  for (const leg of legs) {
    say(`${options.rate} a second for ${options.seconds} s ${JSON.stringify(leg)}`);
    const one = await load(server, { ...options, ...leg });
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
