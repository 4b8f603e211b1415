/** When what is due, from the configuration and from what the books say was begun; everything here is pure. */
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

type Planned = Pick<RegionConfig, 'schedule' | 'fullSchedule' | 'launches'>;

/**
 * The first time of each schedule that no run has served, which may lie in the past: times that were missed are one. A region that was
 * never run is due at once.
 */
export function dueTimes({ schedule, fullSchedule, launches }: Planned, begun: Begun): DueTimes {
  const isPlanned = schedule !== null || launches.length > 0;
  return {
    run: isPlanned
      ? after(begun.run, (at) => Math.min(tick(schedule, at), nextLaunchTick(launches, at)))
      : Infinity,
    full: after(fullSchedule === null ? Infinity : begun.full, (at) => tick(fullSchedule, at)),
  };
}

const after = (begun: number | null, next: (at: number) => number) =>
  begun === null ? -Infinity : begun === Infinity ? Infinity : next(begun);

const tick = (schedule: Schedule | null, at: number) =>
  schedule === null ? Infinity : nextTick(schedule, at);

/** What has to be run now: for each key the regions that are due together, first those that only look for changes. */
export function dueRuns(
  regions: readonly RegionConfig[],
  begun: ReadonlyMap<string, Begun>,
  now: number,
): DueRun[] {
  const runs = new Map<string, DueRun>();
  for (const full of [false, true]) {
    for (const config of regions) {
      const due = dueTimes(config, begun.get(config.region) ?? { run: null, full: null });
      const isDue = full ? due.full <= now : due.run <= now && due.full > now;
      if (!isDue) continue;
      const id = keyId(config.token, config.baseUrl);
      const names = runs.get(`${full} ${id}`)?.regions ?? [];
      runs.set(`${full} ${id}`, { keyId: id, regions: [...names, config.region], full, at: now });
    }
  }
  return [...runs.values()];
}
