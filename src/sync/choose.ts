import type { Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { Database, Lock } from '../load/client.js';
import { regionOf, type Region } from './region.js';

/** Another run holds a region that was asked for; nothing was read. */
export class BusyError extends Error {
  override name = 'BusyError';
}

/** What a run was to do has been done by another one meanwhile; nothing was read. */
export class OvertakenError extends BusyError {
  override name = 'OvertakenError';
}

/** The configured regions of these names; null: all. Throws a UsageError that names every unknown one. */
export function chooseRegions(config: Config, names: readonly string[] | null): Region[] {
  const known = config.events.map(({ region }) => region);
  const unknown = (names ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(unknown.map((name) => `--region ${name}: configured are ${known.join(', ')}`));
  return config.events
    .filter(({ region }) => names?.includes(region) ?? true)
    .map((region) => regionOf(region, config));
}

/** What a run locks of a region. */
export const runLock = ({ schema }: Pick<Region, 'schema'>): string => `run ${schema}`;

/** What a run locks in addition that nobody asked for by hand, so that there is one of a key at a time. */
export const keyLock = (id: string): string => `key ${id}`;

/** Takes the locks that a run takes, all or none; throws a BusyError that says what was left alone. */
export async function holdRegions(
  db: Database,
  regions: readonly Pick<Region, 'schema'>[],
  left: string,
): Promise<Lock> {
  const lock = await db.tryLock(regions.map(runLock));
  if (lock) return lock;
  throw new BusyError(`a run holds a region that was asked for; ${left}. Wait until it has ended.`);
}
