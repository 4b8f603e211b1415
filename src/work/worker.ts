import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { DatabaseManager } from '../load/database.js';
import { openDeliveries } from '../load/deliveries.js';
import { migrate } from '../load/migrate.js';
import type { Observer } from '../observer.js';
import type { Run, RunOptions } from '../sync/context.js';
import { reasonsOf, type Report } from '../sync/report.js';
import { runIngest } from '../sync/run.js';
import { messageOf } from '../sync/tally.js';
import { DeliveryWork } from './deliveries.js';
import { JobQueue, type JobAtHand } from './queue.js';
import { refreshRegion } from './refresher.js';

/** What a worker needs from outside. */
export interface WorkerWorld {
  readonly config: Config;
  readonly db: DatabaseManager;
  readonly observe: Observer;
  /** Aborted: nothing new is begun, and what is under way comes to an end. */
  readonly stop: AbortSignal;
  /** Aborted: requests under way are given up as well. */
  readonly abort: AbortSignal;
  /** Runs at once; each is of another key of vivenu. */
  readonly runsAtOnce: number;
  /** Hears of every run; `isEnd` when it is not tried again. */
  readonly onReport: (report: Report, isEnd: boolean) => Promise<void>;
}

const WHOLE: RunOptions = {
  regions: null,
  only: null,
  full: false,
  dryRun: false,
  skipFetch: false,
  // A run by hand, or of a worker that is thought dead and is not, comes first.
  wait: true,
  allowDeletes: [],
};

/** Regions whose deliveries are worked off at once, and whose summaries are worked out at once. */
const REGIONS_AT_ONCE = 2;
/** Deliveries of which no job tells are found within this time. */
const SWEEP_EVERY_MS = 5000;
/** Summaries follow the rows after this time, of all that changed until then together. */
const SUMMARIES_AFTER_S = 3;
const MOST_REASON = 500;

/** Works jobs off until it is stopped, and then puts back what it had begun. Throws what hinders it from beginning. */
export async function work(world: WorkerWorld): Promise<void> {
  const { config, db, observe, stop } = world;
  await migrate(db);
  await using queue = await JobQueue.open({ database: db.config, observe, role: 'worker' });
  const run: Run = { id: randomUUID(), options: WHOLE, config, db, observe, stop };
  const inboxes = new Map(
    config.events.map((region) => [
      region.region,
      new DeliveryWork(run, region, () => void sendSummaries(queue, region.region)),
    ]),
  );
  await queue.work('runs', world.runsAtOnce, (job) => workOnRun(world, queue, job));
  await queue.work('deliveries', REGIONS_AT_ONCE, async ({ data, signal }) => {
    await named(inboxes, data.region).drain(AbortSignal.any([stop, signal]));
  });
  const regions = new Map(config.events.map((region) => [region.region, region]));
  await queue.work('summaries', REGIONS_AT_ONCE, async ({ data }) => {
    await refreshRegion(db, named(regions, data.region));
  });
  await sweep(world, queue);
}

async function sendSummaries(queue: JobQueue, region: string): Promise<void> {
  // The marks are kept: what is not sent now is worked out with the next change, or by the next run.
  await queue.send('summaries', region, { region }, SUMMARIES_AFTER_S).catch(() => undefined);
}

/** Sends jobs for deliveries of which nobody told, until the worker is stopped. */
async function sweep({ db, observe, stop }: WorkerWorld, queue: JobQueue): Promise<void> {
  while (!stop.aborted) {
    try {
      for (const { region } of await openDeliveries(db)) await queue.send('deliveries', region, { region });
    } catch (error) {
      observe({ type: 'queue.error', reason: messageOf(error) });
    }
    await sleep(SWEEP_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Carries out a run of one key; throws when it does not end complete, so that it is tried again. */
async function workOnRun(
  world: WorkerWorld,
  queue: JobQueue,
  { data: { key, regions, full }, signal, isLastTry }: JobAtHand<'runs'>,
): Promise<object> {
  const stop = AbortSignal.any([world.stop, signal]);
  const report = await runIngest({ ...world, stop }, { ...WHOLE, regions, full });
  const isEnd = report.status === 'complete' || isLastTry;
  await world.onReport(report, isEnd);
  // At most one run of a key is set aside, and none once a later one was complete.
  if (isEnd) await queue.forgetDead(key);
  if (report.status !== 'complete') throw new Error(whyNot(report));
  const { run_id: runId, requests, seconds } = report;
  return { run_id: runId, requests, seconds, host: hostname(), pid: process.pid };
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
