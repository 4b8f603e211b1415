import type { RegionConfig } from '../../config/config.js';
import type { ApiParts } from './parts.js';
import { eventsOf, type EventFacts } from './region-events.js';

/** Figures that depend on the clock, such as those of the last hour, are asked for anew when they are older, and told meanwhile … */
const FRESH_MS = 30_000;
/** … unless they are older than this. */
const STALE_MS = 90_000;

interface Kept {
  readonly at: number;
  readonly events: Promise<readonly EventFacts[] | null>;
  isRenewed: boolean;
}

/** Tells the events of a region, as `eventsOf` does, but keeps what it heard until the region changes or its clock has moved on. */
export type EventsByRegion = (region: RegionConfig) => Promise<readonly EventFacts[] | null>;

/** Keeps what was asked of each region, so that any number of pages costs one question a change. */
export function keepEvents({ db, changes }: Pick<ApiParts, 'db' | 'changes'>): EventsByRegion {
  const kept = new Map<string, Kept>();
  changes.on(({ sales }) => sales.forEach((region) => kept.delete(region)));
  const ask = (schema: string): Kept => ({
    ...{ at: Date.now(), events: eventsOf(db, schema), isRenewed: false },
  });
  return ({ region, schema }) => {
    const found = kept.get(region);
    const age = Date.now() - (found?.at ?? -Infinity);
    if (found === undefined || age > STALE_MS) {
      const asked = ask(schema);
      kept.set(region, asked);
      asked.events.catch(() => {
        if (kept.get(region) === asked) kept.delete(region);
      });
      return asked.events;
    }
    if (age > FRESH_MS && !found.isRenewed) {
      found.isRenewed = true;
      const next = ask(schema);
      // What changed meanwhile is asked for by whoever looks next.
      const replace = () => {
        if (kept.get(region) === found) kept.set(region, next);
      };
      next.events.then(replace, () => (found.isRenewed = false));
    }
    return found.events;
  };
}

/** Regions that are asked for at a time while nobody waits for them. */
const AHEAD = 2;

/** Asks for every region before somebody looks, so that the first one does not wait for all of them; never throws. */
export async function askAhead(regions: readonly RegionConfig[], eventsOf: EventsByRegion): Promise<void> {
  const left = regions.values();
  const work = async () => {
    for (const region of left) await eventsOf(region).catch(() => null);
  };
  await Promise.all(Array.from({ length: AHEAD }, work));
}
