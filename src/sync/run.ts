import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyId, type Config } from '../config/config.js';
import { rehearsedBudget, sharedBudget } from '../load/budget.js';
import type { Database, Lock } from '../load/client.js';
import type { DatabaseManager } from '../load/database.js';
import { migrate } from '../load/migrate.js';
import { beginRehearsal, rehearsedRejects } from '../load/rehearsed.js';
import { openRejectsByStream } from '../load/rejects.js';
import { beginRun, closeKilledRuns, databaseTime, endRun } from '../load/runs.js';
import type { Observer } from '../observer.js';
import { streams } from '../streams/index.js';
import { groupByKey, openClient, syncAccount, type ClientWorld } from './account.js';
import { BusyError, chooseRegions, OvertakenError, runLock } from './choose.js';
import type { Account, Run, RunOptions } from './context.js';
import { noteDrift } from './drift.js';
import { keepProgress } from './progress.js';
import { alive, prepareRegion, type Region } from './region.js';
import { keyReport, regionReport, worst, type KeyReport, type Report } from './report.js';
import { prepareReports, summarise } from './summarise.js';

/** What the engine needs from outside. */
export interface World {
  readonly config: Config;
  readonly db: Database & Pick<DatabaseManager, 'rehearsal'>;
  readonly observe: Observer;
  /** Aborted: no further page is begun. */
  readonly stop: AbortSignal;
  /** Aborted: requests under way are given up as well. */
  readonly abort: AbortSignal;
  /** Under which condition the run is wanted. */
  readonly condition?: Condition;
}

/** What must hold for a run that nobody asks for by hand. */
export interface Condition {
  /** Taken with the locks of the regions. */
  readonly locks: readonly string[];
  /** Asked once the locks are held: of these regions, those that are still to be read. */
  still(regions: readonly string[]): Promise<readonly string[]>;
}

/**
 * Ingests once: reads what was asked for into every region, proves it, and reports what happened to each.
 * Throws a BusyError when another run holds a region, an OvertakenError when the condition holds for none any more, a UsageError for a
 * region that is not configured.
 */
export async function runIngest(world: World, options: RunOptions): Promise<Report> {
  const asked = chooseRegions(world.config, options.regions);
  await using lock = await lockRegions(world, options, asked);
  const regions = await stillWanted(world, asked);
  const stop = AbortSignal.any([world.stop, lock.lost]);
  const { db } = world;
  if (!options.dryRun)
    return await ingest({ ...world, stop, budgetOf: (id) => sharedBudget(db, id) }, options, regions);
  await using rehearsal = await db.rehearsal();
  const budgetOf = (id: string) => rehearsedBudget(db, id);
  return await ingest({ ...world, stop, db: rehearsal, budgetOf }, options, regions);
}

async function stillWanted({ condition }: World, asked: readonly Region[]): Promise<readonly Region[]> {
  if (condition === undefined) return asked;
  const names = await condition.still(asked.map(({ name }) => name));
  if (names.length > 0) return asked.filter(({ name }) => names.includes(name));
  throw new OvertakenError('another run has done it meanwhile; nothing was read');
}

const RETRY_LOCK_MS = 1000;

async function lockRegions(
  { db, stop, condition }: World,
  { wait }: RunOptions,
  regions: readonly Region[],
): Promise<Lock> {
  const keys = [...regions.map(runLock), ...(condition?.locks ?? [])];
  for (;;) {
    const lock = await db.tryLock(keys);
    if (lock) return lock;
    if (!wait || stop.aborted)
      throw new BusyError(
        'another run holds a region that was asked for; nothing was read. Use --wait to run after it.',
      );
    await sleep(RETRY_LOCK_MS);
  }
}

type Ingesting = Omit<World, 'db'> & Pick<ClientWorld, 'budgetOf'>;

async function ingest(
  world: Ingesting & { db: Database },
  options: RunOptions,
  regions: readonly Region[],
): Promise<Report> {
  const { config, db, stop } = world;
  const id = randomUUID();
  await using progress = keepProgress(options.dryRun ? null : db, id);
  const observe: Observer = (event) => {
    world.observe(event);
    progress.observe(event);
  };
  const run: Run = { id, config, options, db, observe, stop };
  const startedAt = await databaseTime(db);
  const began = performance.now();
  const names = regions.map(({ name }) => name);
  observe({ type: 'run.begin', runId: run.id, regions: names });
  await migrate(db);
  if (options.dryRun) await beginRehearsal(db);
  else await openBooks(db, run, startedAt, names);
  for (const region of regions) await prepareRegion(run, region);
  await prepareReports(run, regions);
  const keys = await Promise.all(
    groupByKey(regions).map((members) => workOnKey({ ...world, observe }, run, members)),
  );
  const report = reportOf(run, { startedAt, began, keys: keys.flat(), regions });
  if (!options.dryRun) await closeBooks(db, report);
  const { status, seconds } = report;
  const ends = report.regions.map((region) => ({ region: region.region, status: region.status }));
  observe({ type: 'run.end', runId: run.id, status, seconds, regions: ends });
  return report;
}

async function openBooks(db: Database, run: Run, startedAt: Date, regions: readonly string[]): Promise<void> {
  await closeKilledRuns(db, regions, startedAt);
  await beginRun(db, { id: run.id, startedAt, options: { ...run.options, regions } });
}

async function closeBooks(db: Database, report: Report): Promise<void> {
  const records = report.regions.flatMap(({ region, schema, streams }) =>
    streams.map((stream) => ({ ...stream, region, schema })),
  );
  const run = { id: report.run_id, status: report.status, report };
  await db.transaction((client) => endRun(client, run, records));
}

const TIMED = streams.find((stream) => 'timed' in stream && stream.timed !== null)?.name ?? '';

/** Reads into the regions of one key and works out their summaries, while others wait for vivenu; no report of a key that was not asked. */
async function workOnKey(
  world: Omit<World, 'db'>,
  run: Run,
  members: readonly Region[],
): Promise<readonly KeyReport[]> {
  const reports = run.options.skipFetch ? [] : [await ingestKey(world, run, members)];
  for (const region of members) await summarise(run, region);
  return reports;
}

async function ingestKey(
  { config, abort, ...world }: Ingesting,
  run: Run,
  members: readonly Region[],
): Promise<KeyReport> {
  const [first] = members;
  if (!first) throw new TypeError('a key without regions');
  await using client = openClient(config, first, { ...world, signal: abort });
  const id = keyId(first.config.token, first.config.baseUrl);
  const account: Account = { keyId: id, client, regions: members, clock: null, total: null };
  if (members.some(alive)) await syncAccount(run, account);
  for (const region of members) await noteRejects(run, region);
  await noteDrift(run, account);
  return keyReport(account, TIMED);
}

/** Every open reject counts, whenever it was set aside, and those that a dry run would set aside. */
async function noteRejects({ db, options }: Run, region: Region): Promise<void> {
  const open = await openRejectsByStream(db, region.schema);
  const rehearsed = options.dryRun ? await rehearsedRejects(db, region.schema) : null;
  for (const tally of region.tallies.values())
    tally.rejected = (open.get(tally.stream) ?? 0) + (rehearsed?.get(tally.stream) ?? 0);
}

interface Ended {
  readonly startedAt: Date;
  /** By the clock of `performance`. */
  readonly began: number;
  readonly keys: readonly KeyReport[];
  readonly regions: readonly Region[];
}

function reportOf(run: Run, { startedAt, began, keys, regions }: Ended): Report {
  const reports = regions.map(regionReport);
  return {
    run_id: run.id,
    status: worst(reports.map(({ status }) => status)),
    started_at: startedAt.toISOString(),
    seconds: Math.round(performance.now() - began) / 1000,
    requests: keys.reduce((sum, { requests }) => sum + requests, 0),
    ...(run.options.dryRun ? { dry_run: true as const } : {}),
    ...(run.options.skipFetch ? { skip_fetch: true as const } : {}),
    keys,
    regions: reports,
  };
}
