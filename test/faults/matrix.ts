/** `npm run test:faults`: plays every fault in every phase of a run, and writes what became of it into docs/reliability.md. */
import { parseArgs } from 'node:util';
import { playCell, type Outcome } from './cell.js';
import type { Fault } from './fault.js';
import { cellsOf, type CellName } from './faults.js';
import { conditions, say, table, writePart } from './page.js';
import { Scene } from './scene.js';
import { PostgresServer } from './server.js';

const HELP = `Plays every fault in every phase of a run of the real command, and prints a table.

  npm run test:faults -- [options]

  --only TEXT     cells whose fault/phase holds the text, such as deadlock or /proving
  --lanes N       cells played at the same time, each lane with a PostgreSQL of its own (2)
  --no-docs       leaves docs/reliability.md as it is; so does --only
  --help          this

Exits with 1 when a row was lost or an exit code is wrong.
`;

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      only: { type: 'string', default: '' },
      lanes: { type: 'string', default: '2' },
      docs: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const lanes = Number(values.lanes);
  if (!Number.isSafeInteger(lanes) || lanes < 1)
    throw new Error(`--lanes ${values.lanes}: expected 1 or more`);
  const cells = cellsOf(values.only);
  if (cells.length === 0) throw new Error(`--only ${values.only}: no cell has this in its name`);
  return { ...values, lanes, cells };
}

/** Takes cells until none is left. */
async function lane(cells: CellName[], outcomes: Map<CellName, Outcome>): Promise<Lane> {
  await using server = await PostgresServer.start();
  const usualSeconds = await undisturbed(server);
  for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) {
    const outcome = await played(server, cell);
    outcomes.set(cell, outcome);
    const verdict = outcome.wrong.length === 0 ? 'right' : `WRONG: ${outcome.wrong.join('; ')}`;
    say(`${outcome.fault} / ${outcome.phase}: ${verdict}`);
  }
  return { usualSeconds, version: server.version };
}

interface Lane {
  /** Of a run that meets no fault. */
  readonly usualSeconds: number;
  readonly version: string;
}

async function undisturbed(server: PostgresServer): Promise<number> {
  await using scene = await Scene.open(server, {});
  await using command = await scene.start();
  const { at, code } = await command.ended;
  if (code !== 0) throw new Error(`without any fault the command ends with ${code}: ${command.err}`);
  return (at - command.startedAt) / 1000;
}

async function played(server: PostgresServer, { fault, phase }: CellName): Promise<Outcome> {
  try {
    return await playCell(server, fault, phase);
  } catch (error) {
    const nothing = {
      lost: NaN,
      codes: [],
      recoverySeconds: NaN,
      endSeconds: NaN,
      pagesTwice: NaN,
      failed: NaN,
    };
    return { fault: fault.name, phase, ...nothing, wrong: [String(error)] };
  }
}

const TITLES: Readonly<Record<Fault['group'], string>> = {
  vivenu: 'Vivenu and the network to it',
  database: 'PostgreSQL and the network to it',
  clock: 'Clocks that jump',
  signal: 'Signals in the middle',
};

function pageOf(outcomes: ReadonlyMap<CellName, Outcome>, lanes: readonly Lane[], minutes: number): string {
  const all = [...outcomes.values()];
  const wrong = all.filter((outcome) => outcome.wrong.length > 0).length;
  const lost = all.reduce((sum, outcome) => sum + outcome.lost, 0);
  const usual = Math.max(...lanes.map(({ usualSeconds }) => usualSeconds));
  const intro = [
    `${conditions(lanes[0]?.version ?? '')}; ${lanes.length} cells at a time, ${minutes.toFixed(1)} minutes in all.`,
    `**${all.length} cells: ${lost} rows lost, ${wrong} wrong.** A run that meets no fault takes ${usual.toFixed(1)} s here.`,
  ].join('\n');
  const groups = Object.entries(TITLES).flatMap(([group, title]) => {
    const rows = [...outcomes]
      .filter(([cell]) => cell.fault.group === group)
      .map(([, outcome]) => rowOf(outcome));
    return rows.length === 0 ? [] : [`### ${title}\n\n${table(HEAD, rows)}`];
  });
  return [intro, ...groups].join('\n\n');
}

const HEAD = [
  'fault',
  'phase',
  'rows lost',
  'exit codes',
  'struck run ended after',
  'complete after',
  'failed requests',
  'pages twice',
];

const rowOf = (outcome: Outcome) => [
  outcome.fault,
  outcome.phase,
  outcome.lost,
  `${outcome.codes.join(', ')}${outcome.wrong.length > 0 ? ' **wrong**' : ''}`,
  `${outcome.endSeconds.toFixed(1)} s`,
  `${outcome.recoverySeconds.toFixed(1)} s`,
  outcome.failed,
  outcome.pagesTwice,
];

async function main({ cells, lanes: count, docs, only }: ReturnType<typeof readOptions>): Promise<void> {
  const began = performance.now();
  const outcomes = new Map<CellName, Outcome>();
  // Those that wait for something are begun first, so that the lanes end together.
  const left = cells.toSorted((a, b) => Number(isLong(b.fault)) - Number(isLong(a.fault)));
  const lanes = await Promise.all(
    Array.from({ length: Math.min(count, cells.length) }, () => lane(left, outcomes)),
  );
  const inOrder = new Map(cells.map((cell) => [cell, outcomes.get(cell)!]));
  const page = pageOf(inOrder, lanes, (performance.now() - began) / 60_000);
  process.stdout.write(`${page}\n`);
  if (docs && only === '') await writePart('docs/reliability.md', 'faults', page);
  if ([...inOrder.values()].some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
}

const isLong = ({ name }: Fault) => /outage|slow|hang/.test(name);

const options = readOptions();
if (options.help) process.stdout.write(HELP);
else await main(options);
