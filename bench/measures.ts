/** What is measured, one function a measure; each returns rows of the table, and the figures behind them. */
import { cpu, runCommand, type Cost, type Ran, type Setting } from './command.js';
import { loadAverage } from './cpu.js';
import { copyFloor, prepareFloor } from './floor.js';
import type { Database, Server } from './server.js';
import { startVivenu, type Vivenu } from './vivenu.js';

/** One line of the table; `reached` is null where there is nothing to compare with. */
export interface Line {
  readonly work: string;
  readonly target: string;
  readonly measured: string;
  readonly reached: boolean | null;
}

export interface Measured {
  readonly lines: readonly Line[];
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface Bench {
  readonly cli: string;
  /** Empty folder for the command to run in. */
  readonly folder: string;
  /** Folder for a file of our own. */
  readonly scratch: string;
  readonly server: Server;
  readonly tickets: number;
  readonly pairs: number;
  /** Says what is being done. */
  readonly say: (what: string) => void;
}

const SCHEMA = 'demo';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

const settingOf = ({ cli, folder, server }: Bench, database: Database, vivenu: Vivenu): Setting => ({
  ...{ cli, folder, server, database, vivenu },
});

const round = (value: number, digits = 2) => Number(value.toFixed(digits));
const micros = (seconds: number, rows: number) => round((seconds * 1e6) / rows, 1);
const spread = (values: readonly number[], digits = 2) =>
  values.length === 1 ? '' : ` (${round(Math.min(...values), digits)}–${round(Math.max(...values), digits)})`;
const count = (value: number) => value.toLocaleString('en');

const costs = ({ node, postgres, wall, peakMb }: Ran) => ({
  ...{
    node_cpu_s: round(node),
    postgres_cpu_s: round(postgres),
    wall_s: round(wall),
    peak_mb: round(peakMb, 1),
  },
});

/** A key whose rows are all there; a benchmark of a wrong load would be worth nothing. */
function mustHold(ran: Ran, rows: number): void {
  const stored = ran.report.keys[0]?.stored_total;
  if (stored !== rows) throw new Error(`${stored} of ${rows} tickets are stored`);
}

export interface Loads extends Measured {
  readonly peakMb: number;
}

/** First load against COPY, alternating, then the work on what is loaded. */
export async function loads(bench: Bench): Promise<Loads> {
  const { server, tickets, pairs, say } = bench;
  await using vivenu = await startVivenu(bench.cli, { tickets });
  say('writing the file for COPY');
  const data = await prepareFloor(vivenu, bench.scratch);
  const floors: Cost[] = [];
  const firsts: Ran[] = [];
  const noise: number[] = [];
  let database: Database | undefined;
  for (let pair = 1; pair <= pairs; pair += 1) {
    say(`first load of ${count(tickets)} tickets against COPY, ${pair} of ${pairs}`);
    floors.push(await copyFloor(server, `floor_${pair}`, data));
    await database?.drop();
    database = await server.create(`load_${pair}`);
    const ran = await runCommand(settingOf(bench, database, vivenu));
    mustHold(ran, tickets);
    firsts.push(ran);
    noise.push(await loadAverage());
  }
  const cpuRatios = firsts.map((ran, pair) => cpu(ran) / cpu(floors[pair]!));
  const wallRatios = firsts.map((ran, pair) => ran.wall / floors[pair]!.wall);
  const first = {
    lines: [
      {
        work: `first load of ${count(tickets)} tickets of ${round(data.bytes / data.rows / 1000, 1)} KB against COPY, CPU`,
        target: '≤ 1.5 ×',
        measured: `${median(cpuRatios).toFixed(2)} ×${spread(cpuRatios)}`,
        reached: median(cpuRatios) <= 1.5,
      },
      {
        work: 'the same, wall',
        target: '≤ 1.5 ×',
        measured: `${median(wallRatios).toFixed(2)} ×${spread(wallRatios)}`,
        reached: median(wallRatios) <= 1.5,
      },
    ],
    figures: {
      raw_bytes_a_ticket: round(data.bytes / data.rows, 0),
      copy_us_a_row: floors.map((cost) => micros(cpu(cost), tickets)),
      copy_wall_s: floors.map(({ wall }) => round(wall)),
      load_node_us_a_row: firsts.map(({ node }) => micros(node, tickets)),
      load_postgres_us_a_row: firsts.map(({ postgres }) => micros(postgres, tickets)),
      load_wall_s: firsts.map(({ wall }) => round(wall)),
      load_rows_a_second: firsts.map(({ wall }) => round(tickets / wall, 0)),
      load_requests: firsts.map(({ report }) => report.requests),
      cpu_ratios: cpuRatios.map((ratio) => round(ratio)),
      wall_ratios: wallRatios.map((ratio) => round(ratio)),
      peak_mb: firsts.map(({ peakMb }) => round(peakMb, 1)),
      load_average: noise,
    },
  };
  const setting = settingOf(bench, database!, vivenu);
  const again = await unchanged(bench, setting);
  const fresh = await incremental(bench, setting, 'right after the load');
  // As autovacuum does within a minute or two: from then on counts are read from the index alone.
  await database!.query(`vacuum (analyze) ${SCHEMA}.tickets`);
  const idle = await incremental(bench, setting, 'once vacuumed');
  await database!.drop();
  return {
    lines: [...first.lines, ...again.lines, ...fresh.lines, ...idle.lines],
    figures: {
      first_load: first.figures,
      unchanged: again.figures,
      incremental_fresh: fresh.figures,
      incremental: idle.figures,
    },
    peakMb: Math.max(...firsts.map(({ peakMb }) => peakMb), again.peakMb),
  };
}

/** Everything read again, nothing changed. */
async function unchanged({ tickets, pairs, say }: Bench, setting: Setting): Promise<Loads> {
  const before = await setting.database.writes(SCHEMA);
  const runs: Ran[] = [];
  for (let run = 1; run <= pairs; run += 1) {
    say(`unchanged full read, ${run} of ${pairs}`);
    runs.push(await runCommand(setting, ['--full']));
  }
  const after = await setting.database.writes(SCHEMA);
  const written =
    after.inserted - before.inserted + after.updated - before.updated + after.deleted - before.deleted;
  const each = runs.map((ran) => (cpu(ran) * 1e6) / tickets);
  return {
    lines: [
      {
        work: 'unchanged, full read: CPU a row',
        target: '≤ 70 µs',
        measured: `${median(each).toFixed(0)} µs${spread(each, 0)}`,
        reached: median(each) <= 70,
      },
      {
        work: 'unchanged, full read: rows written',
        target: '0',
        measured: count(written),
        reached: written === 0,
      },
    ],
    figures: {
      node_us_a_row: runs.map(({ node }) => micros(node, tickets)),
      postgres_us_a_row: runs.map(({ postgres }) => micros(postgres, tickets)),
      wall_s: runs.map(({ wall }) => round(wall)),
      requests: runs.map(({ report }) => report.requests),
      rows_written: written,
      peak_mb: runs.map(({ peakMb }) => round(peakMb, 1)),
    },
    peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
  };
}

/** What a run costs when nothing happened. */
async function incremental({ pairs, say }: Bench, setting: Setting, when: string): Promise<Measured> {
  const runs: Ran[] = [];
  for (let run = 1; run <= pairs; run += 1) {
    say(`nothing changed, ${when}, ${run} of ${pairs}`);
    runs.push(await runCommand(setting));
  }
  const requests = Math.max(...runs.map(({ report }) => report.requests));
  const overlap = runs.map(({ report }) => ticketsOf(report).fetched);
  const allowed = 4 + 1 + Math.ceil(Math.max(...overlap) / 1000);
  const walls = runs.map(({ wall }) => wall);
  return {
    lines: [
      {
        work: `nothing changed, incremental, ${when}: requests`,
        target: `≤ ${allowed} (4, the events, the pages inside the overlap)`,
        measured: String(requests),
        reached: requests <= allowed,
      },
      {
        work: `nothing changed, incremental, ${when}: seconds, start of Node included`,
        target: '≤ 1 s',
        measured: `${median(walls).toFixed(2)} s${spread(walls)}`,
        reached: median(walls) <= 1,
      },
    ],
    figures: {
      requests: runs.map(({ report }) => report.requests),
      overlap_rows: overlap,
      ...transposed(runs),
    },
  };
}

const ticketsOf = (report: Ran['report']) => {
  const found = report.regions[0]?.streams.find(({ stream }) => stream === 'tickets');
  if (!found) throw new Error('the report has no tickets');
  return found;
};

const transposed = (runs: readonly Ran[]) => ({
  node_cpu_s: runs.map(({ node }) => round(node)),
  postgres_cpu_s: runs.map(({ postgres }) => round(postgres)),
  wall_s: runs.map(({ wall }) => round(wall)),
});

/** Memory at a size and at another, ten times as large. */
export async function memory(bench: Bench, small: number, big: number): Promise<Measured> {
  const { server, tickets, say } = bench;
  const measured = {
    work: `most memory of Node at ${count(tickets)} tickets`,
    target: '≤ 250 MB',
    measured: `${small.toFixed(0)} MB`,
    reached: small <= 250,
  };
  if (big === 0) {
    const skipped = {
      work: 'the same with ten times as many',
      target: '≤ 1.2 ×, ≤ 250 MB',
      measured: 'not asked for (--big)',
      reached: null,
    };
    return { lines: [measured, skipped], figures: { peak_mb: round(small, 1) } };
  }
  say(`starting a vivenu with ${count(big)} tickets`);
  await using vivenu = await startVivenu(bench.cli, { tickets: big });
  const database = await server.create('load_big');
  const setting = settingOf(bench, database, vivenu);
  say(`first load of ${count(big)} tickets`);
  const first = await runCommand(setting);
  mustHold(first, big);
  say(`unchanged full read of ${count(big)} tickets`);
  const again = await runCommand(setting, ['--full']);
  await database.drop();
  const peak = Math.max(first.peakMb, again.peakMb);
  return {
    lines: [
      measured,
      {
        work: `most memory of Node at ${count(big)} tickets`,
        target: '≤ 250 MB',
        measured: `${peak.toFixed(0)} MB`,
        reached: peak <= 250,
      },
      {
        work: 'the same against the smaller',
        target: '≤ 1.2 ×',
        measured: `${(peak / small).toFixed(2)} ×`,
        reached: peak <= 1.2 * small,
      },
    ],
    figures: {
      peak_mb: round(small, 1),
      tickets: big,
      first_load: { ...costs(first), cpu_us_a_row: micros(cpu(first), big), requests: first.report.requests },
      unchanged: { ...costs(again), cpu_us_a_row: micros(cpu(again), big), requests: again.report.requests },
    },
  };
}

/** Requests of a full read, with the list in order and not, and pages of two sizes, against the bound of I4. */
export async function requests(bench: Bench): Promise<Measured> {
  const { server, say } = bench;
  // In random order each page has the simulator shuffle the whole list.
  const tickets = Math.min(bench.tickets, 50_000);
  const lines: Line[] = [];
  const figures: Record<string, unknown> = { tickets };
  for (const top of [1000, 100]) {
    for (const order of ['oldest', 'random'] as const) {
      say(`requests in ${order} order, ${top} rows a page`);
      await using vivenu = await startVivenu(bench.cli, { tickets, order, top });
      const database = await server.create('requests');
      const ran = await runCommand(settingOf(bench, database, vivenu));
      mustHold(ran, tickets);
      await database.drop();
      const pages = Math.ceil(tickets / top);
      const bound = order === 'oldest' ? 1.1 * pages + 20 : 2 * pages + 40;
      lines.push({
        work: `requests of a full read of ${count(tickets)}, ${top} a page, ${order === 'oldest' ? 'in order' : 'random order'}`,
        target: `≤ ${Math.floor(bound)}`,
        measured: String(ran.report.requests),
        reached: ran.report.requests <= bound,
      });
      figures[`${order}_${top}`] = { requests: ran.report.requests, bound: Math.floor(bound), ...costs(ran) };
    }
  }
  return { lines, figures };
}
