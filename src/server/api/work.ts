import type { Config } from '../../config/config.js';
import { keyId } from '../../config/config.js';
import type { DatabaseManager } from '../../load/database.js';
import { heldLocks } from '../../load/status.js';
import type { Observer } from '../../observer.js';
import { groupByKey } from '../../sync/account.js';
import { chooseRegions, holdRegions, keyLock, runLock } from '../../sync/choose.js';
import { WHOLE_RUN } from '../../sync/context.js';
import { migrateAll } from '../../sync/migrate.js';
import type { Region } from '../../sync/region.js';
import { retryRejects, type Retried } from '../../sync/retry-rejects.js';
import { runIngest } from '../../sync/run.js';
import { JobQueue } from '../../work/queue.js';
import { refreshRegion } from '../../work/refresher.js';
import { sendRun } from '../../work/send.js';
import { jobsState } from '../../work/state.js';

/** What an operator can have done. */
export interface Work extends AsyncDisposable {
  /** Has regions run now, all where null, and says what came of the wish; does not wait for the runs. */
  run(regions: readonly string[] | null, full: boolean): Promise<string>;
  /** Tries to store what was set aside, all where null. Throws a BusyError while a run holds a region. */
  retryRejects(region: string | null, numbers: readonly number[] | null): Promise<Retried[]>;
  /** Puts jobs that were set aside back into the queue; returns how many. */
  retryJobs(ids: readonly string[] | null): Promise<number>;
}

export interface WorkParts {
  readonly work: Work;
}

interface WorkWorld {
  readonly config: Config;
  readonly db: DatabaseManager;
  /** Makes an observer of one run. */
  readonly observer: () => Observer;
  readonly stop: AbortSignal;
  /** Present: workers do what is to be done. */
  readonly queue: Pick<JobQueue, 'send'> | undefined;
}

/** What an operator can have done by this process, or by workers where there are some. */
export function workOf(world: WorkWorld): Work {
  const underWay = new Set<Promise<unknown>>();
  const begin = (members: readonly Region[], full: boolean) => {
    const run = runHere(world, members, full).finally(() => underWay.delete(run));
    underWay.add(run);
  };
  return {
    run: async (names, full) => {
      const { config, db, queue } = world;
      const groups = groupByKey(chooseRegions(config, names));
      if (queue !== undefined) return await sendAll(queue, groups, full);
      if (((await jobsState(db))?.workers.length ?? 0) > 0) {
        await using own = await openQueue(db);
        return await sendAll(own, groups, full);
      }
      const busy = await busyOf(db, groups);
      for (const members of groups) if (!busy.has(members)) begin(members, full);
      return outcome('Begun', groups, (members) => !busy.has(members));
    },
    retryRejects: (region, numbers) => retryHere(world, region, numbers),
    retryJobs: async (ids) => {
      if ((await jobsState(world.db)) === null) return 0;
      await using queue = await openQueue(world.db);
      return await queue.retryDead(ids);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(underWay);
    },
  };
}

const openQueue = (db: DatabaseManager) => JobQueue.open({ db, role: 'command', observe: () => undefined });

async function sendAll(
  queue: Pick<JobQueue, 'send'>,
  groups: readonly (readonly Region[])[],
  full: boolean,
): Promise<string> {
  const sent = new Set<readonly Region[]>();
  for (const members of groups) if (await sendRun(queue, members, full)) sent.add(members);
  return outcome('Sent to the workers', groups, (members) => sent.has(members));
}

const namesOf = (groups: readonly (readonly Region[])[]) =>
  groups
    .flat()
    .map(({ name }) => name)
    .join(', ');

function outcome(
  done: string,
  groups: readonly (readonly Region[])[],
  isDone: (members: readonly Region[]) => boolean,
): string {
  const begun = groups.filter(isDone);
  const left = groups.filter((members) => !isDone(members));
  return [
    ...(begun.length > 0 ? [`${done}: a run of ${namesOf(begun)}.`] : []),
    ...(left.length > 0 ? [`A run of ${namesOf(left)} is under way or waits already.`] : []),
  ].join(' ');
}

const idOf = ({ config }: Region) => keyId(config.token, config.baseUrl);

async function busyOf(db: DatabaseManager, groups: readonly Region[][]): Promise<Set<readonly Region[]>> {
  const locksOf = (region: Region) => [runLock(region), keyLock(idOf(region))];
  const held = await heldLocks(db, groups.flat().flatMap(locksOf));
  return new Set(groups.filter((members) => members.flatMap(locksOf).some((lock) => held.has(lock))));
}

/** What becomes of it is in the books and in the log, as of every run. */
async function runHere(
  { config, db, observer, stop }: WorkWorld,
  members: readonly Region[],
  full: boolean,
): Promise<void> {
  const regions = members.map(({ name }) => name);
  const [first] = members;
  const locks = first === undefined ? [] : [keyLock(idOf(first))];
  const condition = { locks, still: (names: readonly string[]) => Promise.resolve(names) };
  const observe = observer();
  await runIngest(
    { config, db, observe, stop, abort: stop, condition },
    { ...WHOLE_RUN, regions, full },
  ).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    observe({ type: 'dashboard.error', route: 'a run that was asked for', status: 500, reason });
  });
}

async function retryHere(
  { config, db }: WorkWorld,
  region: string | null,
  numbers: readonly number[] | null,
): Promise<Retried[]> {
  if (numbers?.length === 0) return [];
  const regions = chooseRegions(config, region === null ? null : [region]);
  await using lock = await holdRegions(db, regions, 'nothing was tried');
  const { regions: prepared } = await migrateAll(db, regions, db.config.user);
  const ready = regions.filter((_, index) => !('error' in (prepared[index] ?? {})));
  const retried = await retryRejects(db, ready, null, numbers);
  lock.lost.throwIfAborted();
  const stored = new Set(retried.filter(({ still }) => still === null).map((one) => one.region));
  // Rows are there either way; what is not worked out now is by the next run.
  for (const one of ready)
    if (stored.has(one.name)) await refreshRegion(db, one.config).catch(() => undefined);
  return retried;
}
