/** What is due, from the configuration and from what the books say was begun; everything here is pure. */
import { keyId, type RegionConfig } from '../config/config.js';
import { nextLaunchTick, nextTick, type Schedule } from '../config/schedule.js';

/** When the last run of a region was begun, in milliseconds since 1970; null: none ever was. */
export interface Begun {
  /** One of any kind. */
  readonly run: number | null;
  /** One that read everything. */
  readonly full: number | null;
}

/** When a region is due, in milliseconds since 1970: -Infinity at once, Infinity never. */
export interface DueTimes {
  readonly run: number;
  readonly full: number;
}

/** A run that is to be carried out now. */
export interface DueRun {
  readonly keyId: string;
  /** Names of regions, all of one key. */
  readonly regions: readonly string[];
  readonly full: boolean;
  /** When it was found to be due, in milliseconds since 1970: it counts as begun then at the earliest. */
  readonly at: number;
}

/** What of a region says when it is due. */
export type Planned = Pick<RegionConfig, 'schedule' | 'fullSchedule' | 'launches'>;

/** Whether a region is ever run without being asked. */
export const isPlanned = ({ schedule, fullSchedule, launches }: Planned): boolean =>
  schedule !== null || fullSchedule !== null || launches.length > 0;

/**
 * The first time of each schedule that no run has served. It lies in the past where times were missed, which count as one; a region that was
 * never run is due at once.
 */
export function dueTimes({ schedule, fullSchedule, launches }: Planned, begun: Begun): DueTimes {
  const isRun = schedule !== null || launches.length > 0;
  const run = (at: number) => Math.min(next(schedule, at), nextLaunchTick(launches, at));
  return {
    run: isRun ? (begun.run === null ? -Infinity : run(begun.run)) : Infinity,
    full: begun.full === null && fullSchedule !== null ? -Infinity : next(fullSchedule, begun.full ?? 0),
  };
}

const next = (schedule: Schedule | null, at: number) =>
  schedule === null ? Infinity : nextTick(schedule, at);

/**
 * What has to be run now, each key's regions that are due together in one run: first those that look for what changed, then those that read
 * everything, which is a look for what changed as well.
 */
export function dueRuns(
  regions: readonly (Planned & Pick<RegionConfig, 'region' | 'token' | 'baseUrl'>)[],
  begun: ReadonlyMap<string, Begun>,
  now: number,
): DueRun[] {
  const due = regions.map((config) => ({
    keyId: keyId(config.token, config.baseUrl),
    region: config.region,
    times: dueTimes(config, begun.get(config.region) ?? { run: null, full: null }),
  }));
  const full = due.filter(({ times }) => times.full <= now);
  const changed = due.filter(({ times }) => times.run <= now && times.full > now);
  return [...together(changed, false, now), ...together(full, true, now)];
}

function together(due: readonly { keyId: string; region: string }[], full: boolean, at: number): DueRun[] {
  const keys = [...new Set(due.map(({ keyId: id }) => id))];
  return keys.map((id) => {
    const regions = due.filter((one) => one.keyId === id).map(({ region }) => region);
    return { keyId: id, regions, full, at };
  });
}
