/** `npm run bench`: measures the real command against design section 9's targets, as ratios within one run. */
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { loadAverage } from './cpu.js';
import { loads, memory, requests, type Bench, type Line, type Measured } from './measures.js';
import { startServer } from './server.js';

const HELP = `Measures vivenu-ingest against its targets and prints a table.

  npm run bench -- [options]

  --tickets N     tickets of the main measures (100000)
  --pairs N       times that COPY and first load take turns, and that the other work is repeated; medians count (3)
  --big N         also loads so many, to compare the memory (0: not), such as 1000000
  --only LIST     some of: loads, memory, requests (all)
  --json FILE     where the figures go (bench-result.json in the folder of temporary files)
  --docs          writes docs/benchmarks.json, and the table into docs/benchmarks.md
  --cli FILE      the command to measure (dist/cli.js)
  --help          this

Works on Linux, whose /proc tells the CPU and memory of processes. Needs about 1 GB of disk for 100,000 tickets
and 3 KB of memory for each ticket. Let the machine be quiet: ratios stand noise, figures in seconds do not.
`;

const GROUPS = ['loads', 'memory', 'requests'];

function readOptions() {
  const { values } = parseArgs({
    options: {
      tickets: { type: 'string', default: '100000' },
      pairs: { type: 'string', default: '3' },
      big: { type: 'string', default: '0' },
      only: { type: 'string', default: GROUPS.join(',') },
      json: { type: 'string', default: path.join(tmpdir(), 'bench-result.json') },
      docs: { type: 'boolean', default: false },
      cli: { type: 'string', default: 'dist/cli.js' },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'tickets' | 'pairs' | 'big', least: number) => {
    const value = Number(values[name].replaceAll(/[_,]/g, ''));
    if (!Number.isSafeInteger(value) || value < least)
      throw new Error(`--${name} ${values[name]}: expected a whole number from ${least} up`);
    return value;
  };
  const only = values.only.split(',');
  const unknown = only.filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: expected ${GROUPS.join(', ')}`);
  return { ...values, only, tickets: whole('tickets', 1), pairs: whole('pairs', 1), big: whole('big', 0) };
}

type Options = ReturnType<typeof readOptions>;

const say = (what: string) =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);

async function main(options: Options): Promise<void> {
  if (process.platform !== 'linux') throw new Error('the benchmark reads /proc, so it runs on Linux only');
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-bench-'));
  try {
    // As root the server runs as another user, who has to get in.
    await chmod(folder, 0o755);
    const work = path.join(folder, 'work');
    await mkdir(work);
    say('starting PostgreSQL');
    await using server = await startServer(folder);
    const bench: Bench = {
      ...options,
      cli: path.resolve(options.cli),
      folder: work,
      scratch: folder,
      server,
      say,
    };
    const machine = await machineOf(server.version);
    const measured = await measure(bench, options);
    const lines = measured.flatMap((part) => part.lines);
    const figures = Object.assign({}, ...measured.map((part) => part.figures)) as object;
    const { tickets, pairs, big } = options;
    await report(options, { ...machine, options: { tickets, pairs, big }, lines, figures });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(bench: Bench, { only, big }: Options): Promise<Measured[]> {
  const measured: Measured[] = [];
  if (only.includes('loads') || only.includes('memory')) {
    const loaded = await loads(bench);
    measured.push(loaded);
    if (only.includes('memory')) {
      const { lines, figures } = await memory(bench, loaded.peakMb, big);
      measured.push({ lines, figures: { memory: figures } });
    }
  }
  if (only.includes('requests')) {
    const { lines, figures } = await requests(bench);
    measured.push({ lines, figures: { requests: figures } });
  }
  return measured;
}

async function machineOf(postgres: string) {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 1e9),
      node: process.version,
      postgres,
      load_average_before: await loadAverage(),
    },
  };
}

interface Result extends Awaited<ReturnType<typeof machineOf>> {
  readonly options: object;
  readonly lines: readonly Line[];
  readonly figures: object;
}

async function report({ json, docs }: Options, result: Result): Promise<void> {
  const text = await prettier(JSON.stringify(result), 'json');
  await writeFile(json, text);
  const table = await prettier(tableOf(result), 'markdown');
  process.stdout.write(`\n${table}\nFigures: ${json}\n`);
  if (!docs) return;
  await writeFile('docs/benchmarks.json', text);
  const page = await readFile('docs/benchmarks.md', 'utf8');
  const parts = /^([^]*<!-- measured -->\n)[^]*(<!-- \/measured -->[^]*)$/.exec(page);
  if (!parts) throw new Error('docs/benchmarks.md has no place for the table');
  await writeFile('docs/benchmarks.md', `${parts[1]}\n${table}\n${parts[2]}`);
}

function tableOf({ date, machine, lines }: Result): string {
  const reached = (line: Line) => (line.reached === null ? '–' : line.reached ? 'yes' : '**no**');
  const rows = lines.map((line) => `| ${line.work} | ${line.target} | ${line.measured} | ${reached(line)} |`);
  const { cpu, cores, memory_gb, node, postgres } = machine;
  return [
    `${date}, ${cores} cores (${cpu}), ${memory_gb} GB, Node ${node.slice(1)}, PostgreSQL ${postgres}. Medians; in brackets lowest and highest.`,
    '',
    '| work | target | measured | reached |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

async function prettier(text: string, parser: 'json' | 'markdown'): Promise<string> {
  const options = JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as object;
  return await format(text, { ...options, parser });
}

const options = readOptions();
if (options.help) process.stdout.write(HELP);
else await main(options);
