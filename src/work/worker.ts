import { bulkhead } from 'cockatiel';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyId, type Config, type RegionConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { DatabaseManager } from '../load/database.js';
import { waitingRegions } from '../load/deliveries.js';
import { migrate } from '../load/migrate.js';
import type { Observer } from '../observer.js';
import { keyLock, OvertakenError } from '../sync/choose.js';
import { WHOLE_RUN, type Run, type RunOptions } from '../sync/context.js';
import { reasonsOf, type Report } from '../sync/report.js';
import { runIngest } from '../sync/run.js';
import { messageOf } from '../sync/tally.js';
import type { NextRuns } from './books.js';
import { carryOut } from './carry-out.js';
import { forgetHourly } from './crew.js';
import { DeliveryWork } from './deliveries.js';
import { JobQueue, type JobAtHand } from './queue.js';
import type { DueRun } from './due.js';
import { refreshRegion } from './refresher.js';
import { Scheduler } from './schedule.js';

/** What a worker needs from outside. */
export interface WorkerWorld {
  readonly config: Config;
  readonly db: DatabaseManager;
  /** Makes an observer of one run, or of what belongs to none. */
  readonly observer: () => Observer;
  /** Aborted: nothing new is begun, and what is under way comes to an end. */
  readonly stop: AbortSignal;
  /** Aborted: requests under way are given up as well. */
  readonly abort: AbortSignal;
  /** Runs at once; each is of another key of vivenu. */
  readonly runsAtOnce: number;
  /** Hears of every run; `isEnd` when it is not tried again. */
  readonly onReport: (report: Report, isEnd: boolean) => Promise<void>;
}

/** A run by hand, or of a worker that is thought dead and is not, comes first. */
const AFTER_OTHERS: RunOptions = { ...WHOLE_RUN, wait: true };

/** Regions whose deliveries are worked off at once, and whose summaries are worked out at once. */
const REGIONS_AT_ONCE = 2;
/** Deliveries of which no job tells are found within this time. */
const SWEEP_EVERY_MS = 5000;
/** Summaries follow the rows after this time, of all that changed until then together. */
const SUMMARIES_AFTER_S = 3;
const MOST_REASON = 500;

/** A worker at work. */
export interface Working extends AsyncDisposable {
  /** When each region that has a schedule is run next, as far as is known. */
  readonly next: () => NextRuns[];
}

/** Works jobs off until it is stopped and disposed of, which puts back what it had begun. Throws what hinders it from beginning. */
export async function beginWork(world: WorkerWorld): Promise<Working> {
  const { config, db, stop } = world;
  const observe = world.observer();
  await migrate(db);
  const queue = await JobQueue.open({ db, observe, role: 'worker' });
  try {
    await takeJobs(world, queue, observe);
    const start = ({ keyId: key, regions, full, at }: DueRun) =>
      queue.send('runs', key, { regions, full, due: at });
    const scheduler = await Scheduler.begin({ config, db, observe, stop, start });
    const sweeping = sweep(world, queue, observe);
    const forgetting = forgetHourly(db);
    return {
      next: () => scheduler.next(),
      [Symbol.asyncDispose]: async () => {
        clearInterval(forgetting);
        await Promise.all([sweeping, scheduler[Symbol.asyncDispose]()]);
        await queue[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await queue[Symbol.asyncDispose]();
    throw error;
  }
}

async function takeJobs(world: WorkerWorld, queue: JobQueue, observe: Observer): Promise<void> {
  const { config, db, stop } = world;
  const run: Run = { id: randomUUID(), options: WHOLE_RUN, config, db, observe, stop };
  const regions = new Map(config.events.map((region) => [region.region, region]));
  const bounds = {
    turns: bulkhead(REGIONS_AT_ONCE, Infinity),
    preparations: bulkhead(1, Infinity),
    onChange: ({ region }: RegionConfig) => void sendSummaries(queue, region),
  };
  const inboxes = new Map(
    config.events.map((region) => [region.region, new DeliveryWork(run, region, bounds)]),
  );
  await queue.work('runs', world.runsAtOnce, (job) => workOnRun(world, job));
  await queue.work('deliveries', REGIONS_AT_ONCE, async ({ data, signal }) => {
    await named(inboxes, data.region).drain(AbortSignal.any([stop, signal]));
  });
  await queue.work('summaries', REGIONS_AT_ONCE, async ({ data }) => {
    await refreshRegion(db, named(regions, data.region));
  });
}

async function sendSummaries(queue: JobQueue, region: string): Promise<void> {
  // The marks are kept: what is not sent now is worked out with the next change, or by the next run.
  await queue.send('summaries', region, { region }, SUMMARIES_AFTER_S).catch(() => undefined);
}

/** Sends jobs for deliveries of which nobody told, until the worker is stopped. */
async function sweep({ config, db, stop }: WorkerWorld, queue: JobQueue, observe: Observer): Promise<void> {
  const regions = config.events.map(({ region }) => region);
  while (!stop.aborted) {
    try {
      for (const region of await waitingRegions(db, regions))
        await queue.send('deliveries', region, { region });
    } catch (error) {
      observe({ type: 'queue.error', reason: messageOf(error) });
    }
    await sleep(SWEEP_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Carries out a run of one key; throws when it does not end complete, so that it is tried again. */
async function workOnRun(world: WorkerWorld, job: JobAtHand<'runs'>): Promise<object> {
  const report = await reportOf(world, job);
  if (report === null) return { overtaken: true };
  const isEnd = report.status === 'complete' || job.isLastTry;
  await world.onReport(report, isEnd);
  if (report.status !== 'complete') throw new Error(whyNot(report));
  const { run_id: runId, requests, seconds } = report;
  return { run_id: runId, requests, seconds, host: hostname(), pid: process.pid };
}

/** The report of a run; null when another one has done what was due. */
async function reportOf(
  world: WorkerWorld,
  { data, signal, isAgain }: JobAtHand<'runs'>,
): Promise<Report | null> {
  const { config, db, abort } = world;
  const { regions, full, due } = data;
  const key = keyOf(config, regions);
  const stop = AbortSignal.any([world.stop, signal]);
  const own = { config, db, abort, stop, observe: world.observer() };
  // A run that failed counts as begun, so that the schedule alone would not have it tried again before its next time.
  if (due === null || isAgain) {
    const condition = { locks: [keyLock(key)], still: (names: readonly string[]) => Promise.resolve(names) };
    return await runIngest({ ...own, condition }, { ...AFTER_OTHERS, regions, full });
  }
  try {
    return await carryOut(own, { keyId: key, regions, full, at: due }, { wait: true });
  } catch (error) {
    if (error instanceof OvertakenError) return null;
    throw error;
  }
}

/** Of the key that these regions have now, whatever they had when the job was sent. */
function keyOf({ events }: Config, [first = '']: readonly string[]): string {
  const { token, baseUrl } = named(new Map(events.map((region) => [region.region, region])), first);
  return keyId(token, baseUrl);
}

/** What is kept with a job that ended badly. */
function whyNot({ status, regions }: Report): string {
  const reasons = regions
    .filter((region) => region.status !== 'complete')
    .map((region) => [`${region.region} ${region.status}`, ...reasonsOf(region)].join(': '));
  return `${status}: ${reasons.join('; ')}`.slice(0, MOST_REASON);
}

function named<T>(values: ReadonlyMap<string, T>, region: string): T {
  const value = values.get(region);
  if (value === undefined)
    throw new UsageError([
      `region ${region} is not configured on ${hostname()}: every worker needs the same EVENT_CONFIGS__…`,
    ]);
  return value;
}
