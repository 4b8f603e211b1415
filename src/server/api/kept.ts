import type { RegionConfig } from '../../config/config.js';
import type { ApiParts } from './parts.js';
import { eventsOf, type EventFacts } from './region-events.js';

/** Figures that depend on the clock, such as those of the last hour, are no older. */
const FRESH_MS = 30_000;

interface Kept {
  readonly at: number;
  readonly events: Promise<readonly EventFacts[] | null>;
}

/** Tells the events of a region, as `eventsOf` does; asks the database once until the region changes, or its clock has moved on. */
export type EventsByRegion = (region: RegionConfig) => Promise<readonly EventFacts[] | null>;

/** Keeps what was asked of each region, so that any number of pages costs one question a change. */
export function keepEvents({ db, changes }: Pick<ApiParts, 'db' | 'changes'>): EventsByRegion {
  const kept = new Map<string, Kept>();
  changes.on(({ sales }) => sales.forEach((region) => kept.delete(region)));
  return ({ region, schema }) => {
    const found = kept.get(region);
    if (found !== undefined && Date.now() - found.at < FRESH_MS) return found.events;
    const asked: Kept = { at: Date.now(), events: eventsOf(db, schema) };
    kept.set(region, asked);
    asked.events.catch(() => {
      if (kept.get(region) === asked) kept.delete(region);
    });
    return asked.events;
  };
}
