import { WHOLE_RUN } from '../sync/context.js';
import type { Report } from '../sync/report.js';
import { keyLock } from '../sync/choose.js';
import { runIngest, type World } from '../sync/run.js';
import { begunOf } from './books.js';
import { dueRuns, type DueRun } from './due.js';

/**
 * Carries out a run that is due, unless another one has done it meanwhile, which is found out under the locks that keep others out: any number of
 * processes may be asked for the same. Throws an OvertakenError then, and what a run throws; with `wait` it waits for a run that holds a region.
 */
export async function carryOut(
  world: World,
  due: DueRun,
  { wait = false }: { wait?: boolean } = {},
): Promise<Report> {
  const { db, config } = world;
  const still = async (names: readonly string[]) => {
    const regions = config.events.filter(({ region }) => names.includes(region));
    // Whoever holds the locks knows that nobody is at it; what the books call running was killed.
    const begun = await begunOf(db, regions, () => false);
    return dueRuns(regions, begun, due.at).find(({ full }) => full === due.full)?.regions ?? [];
  };
  const { regions, full } = due;
  const options = { ...WHOLE_RUN, wait, regions, full, due: new Date(due.at).toISOString() };
  return await runIngest({ ...world, condition: { locks: [keyLock(due.keyId)], still } }, options);
}
