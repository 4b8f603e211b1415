import { invocation } from './invocation.js';
import { Command } from 'commander';
import { getConfig } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { statusOfAll, type RegionState, type Status, type StreamState } from '../sync/status.js';
import { nextRuns, type NextRuns } from '../work/books.js';
import { trustOfAll } from '../work/trust.js';
import { verdictOf, type Verdict } from '../work/verdict.js';
import { jobsState, type JobsState } from '../work/state.js';
import { ago, soon } from './ago.js';
import { count, table } from './table.js';

/** `status`: how every region and stream stands. */
export function statusCommand(): Command {
  return new Command('status')
    .description('how far every region and stream was read, its rows, its last proof and its last run')
    .option('--json', 'all of it as JSON on stdout, and nothing else there')
    .addHelpText('after', '\nAsks the database only, never vivenu.')
    .action(run);
}

async function run(flags: { json?: true }): Promise<void> {
  const config = getConfig();
  await using db = await DatabaseManager.connect(config.database);
  const status = await statusOfAll(db, config);
  const next = await nextRuns(db, config, status.now.getTime());
  const jobs = await jobsState(db);
  const verdict = verdictOf(await trustOfAll(db, config), status.now.getTime());
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ verdict, ...withNext(status, next), jobs }, null, 2)}\n`
      : `${statusText(status, verdict, next)}${jobsLine(jobs)}`,
  );
}

/** The queue in one line, where workers use one. */
function jobsLine(jobs: JobsState | null): string {
  if (jobs === null) return '';
  const { workers, queues, dead } = jobs;
  const sum = (name: 'waiting' | 'running') => queues.reduce((total, queue) => total + queue[name], 0);
  const aside = dead.length === 0 ? 'nothing set aside' : `${count(dead.length)} set aside`;
  const line = `Workers: ${workers.length}; jobs: ${count(sum('running'))} running, ${count(sum('waiting'))} waiting, ${aside}`;
  return dead.length === 0 ? `${line}\n` : `${line}; see: ${invocation()} jobs list\n`;
}

function withNext(status: Status, next: readonly NextRuns[]): object {
  const regions = status.regions.map((region) => {
    const { run = null, full = null } = nextOf(region, next) ?? {};
    return { ...region, next_run: run, next_full_run: full };
  });
  return { ...status, regions };
}

const nextOf = ({ region }: RegionState, next: readonly NextRuns[]) =>
  next.find((one) => one.region === region);

function statusText(
  { now, ever_run: everRun, running, regions }: Status,
  { says }: Verdict,
  next: readonly NextRuns[],
): string {
  if (!everRun && running.length === 0)
    return 'Nothing was ever run into this database.\nFirst: vivenu-ingest check (what is right and wrong), then: vivenu-ingest run\n';
  const open = running.map(
    ({ run_id: id, started_at: at, regions: names }) =>
      `Running now: ${names.join(', ')} (run ${id}, began ${ago(at, now)})`,
  );
  return [
    says,
    '',
    ...regions.map((region) => regionText(region, nextOf(region, next), now)),
    ...open,
    '',
  ].join('\n');
}

/** A scheduler that runs is not later than this. */
const OVERDUE_MS = 60_000;

const HEAD = ['Stream', 'Rows', 'Deleted', 'Aside', 'Read up to', 'Proven', 'Last run'];

function regionText(region: RegionState, next: NextRuns | undefined, now: Date): string {
  const notes = region.streams.flatMap((stream) => notesOf(region, stream, now));
  const rows = region.streams.map((stream) => [
    stream.stream,
    stream.rows?.live ?? null,
    stream.rows?.deleted ?? null,
    stream.set_aside,
    upTo(stream, now),
    ago(stream.proven_at, now),
    lastRun(region, stream, now),
  ]);
  const failure = region.last_run?.error == null ? [] : [`${region.region}: ${region.last_run.error}`];
  return [
    headline(region, now),
    '',
    table(HEAD, rows),
    ...[...failure, ...notes, ...nextText(region, next, now)].map((note) => `  ${note}`),
    '',
  ].join('\n');
}

function headline({ region, schema, last_run: last, running }: RegionState, now: Date): string {
  const where = schema === region ? region : `${region} (schema "${schema}")`;
  if (last === null) return `${where}: never run`;
  if (last.status === 'running')
    return `${where}: a run is under way since ${ago(last.started_at, now).replace(' ago', '')}`;
  const requests =
    last.requests === null ? '' : `, ${count(last.requests)} requests in ${(last.seconds ?? 0).toFixed(1)} s`;
  const text = `${where}: last run ${last.region_status ?? last.status} ${ago(last.finished_at ?? last.started_at, now)}${requests}`;
  return running ? `${text}; held by another run now` : text;
}

function nextText({ running }: RegionState, next: NextRuns | undefined, now: Date): string[] {
  if (next === undefined) return [];
  const { run, full } = next;
  const late = [run, full].filter((time) => time !== null).find((time) => +now - +time > OVERDUE_MS);
  if (late !== undefined && !running) return [`next run: due ${ago(late, now)}; does serve run?`];
  const times = [
    ...(run === null ? [] : [soon(run, now)]),
    ...(full === null ? [] : [`full ${soon(full, now)}`]),
  ];
  return [`next run: ${times.join(', ')}`];
}

/** A stream without a cursor was read whole by the run that proved it. */
const upTo = ({ cursor, last_run: last, proven_at: proven }: StreamState, now: Date) =>
  ago(cursor?.read_at ?? (last?.mode === 'snapshot' && last.proven ? proven : null), now);

function lastRun({ last_run: region }: RegionState, { last_run: last }: StreamState, now: Date): string {
  if (last === null) return '–';
  return last.run_id === region?.run_id ? last.status : `${last.status} ${ago(last.finished_at, now)}`;
}

function notesOf(region: RegionState, stream: StreamState, now: Date): string[] {
  const { last_run: last, unfinished, events_unread: unread } = stream;
  const name = `${region.region}/${stream.stream}`;
  const error = last?.error;
  const known = error == null || region.last_run?.error?.includes(error);
  return [
    ...(known ? [] : [`${name}: ${error}`]),
    ...unfinished.map(
      ({ kind, began_at: began, windows_left: left }) =>
        `${name}: an unfinished ${kind} read of ${ago(began, now)}, ${count(left)} window${left === 1 ? '' : 's'} left; ${
          region.running ? 'it is under way' : 'the next run goes on from there'
        }`,
    ),
    ...(unread > 0
      ? [`${name}: ${count(unread)} event${unread === 1 ? '' : 's'} not yet read to the end`]
      : []),
    ...(stream.set_aside > 0
      ? [`${name}: ${count(stream.set_aside)} set aside; see: ${invocation()} rejects list`]
      : []),
  ];
}
