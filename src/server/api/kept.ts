import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegionConfig } from '../../config/config.js';
import type { Door } from '../../config/dashboard.js';
import type { ApiParts } from './parts.js';
import { eventsOf, type EventFacts } from './region-events.js';

/** Figures that depend on the clock, such as those of the last hour, are asked for anew so often, whether somebody looks or not … */
const RENEW_MS = 60_000;
/** … and told no more when they are older, because the database was away. */
const STALE_MS = 90_000;
/** Regions that are asked for at a time while nobody waits for them. */
const AT_ONCE = 2;

interface Kept {
  readonly at: number;
  readonly events: Promise<readonly EventFacts[] | null>;
}

/** Tells the events of a region, as `eventsOf` does, but keeps what it heard until the region changes or its clock has moved on. */
export type EventsByRegion = (region: RegionConfig) => Promise<readonly EventFacts[] | null>;

/** Keeps what was asked of each region, so that any number of pages costs one question a change, and the first page of a day waits for none. */
export function keepEvents(
  app: FastifyInstance,
  { db, changes, config, door }: Pick<ApiParts, 'db' | 'changes' | 'config'> & { readonly door: Door },
): EventsByRegion {
  const kept = new Map<string, Kept>();
  changes.on(({ sales }) => sales.forEach((region) => kept.delete(region)));
  const ask = (schema: string): Kept => ({ at: Date.now(), events: eventsOf(db, schema) });
  const tell: EventsByRegion = ({ region, schema }) => {
    const found = kept.get(region);
    if (found !== undefined && Date.now() - found.at < STALE_MS) return found.events;
    const asked = ask(schema);
    kept.set(region, asked);
    asked.events.catch(() => {
      if (kept.get(region) === asked) kept.delete(region);
    });
    return asked.events;
  };
  const renew = async (config: RegionConfig) => {
    const before = kept.get(config.region);
    if (before === undefined) return await tell(config);
    const asked = ask(config.schema);
    await asked.events;
    // What changed meanwhile is asked for by whoever looks next.
    if (kept.get(config.region) === before) kept.set(config.region, asked);
    return await asked.events;
  };
  const ending = new AbortController();
  app.addHook('onClose', (_app, done) => {
    ending.abort();
    done();
  });
  app.addHook('onListen', (done) => {
    if (door !== 'closed') void renewAgainAndAgain(config.events, renew, ending.signal);
    done();
  });
  return tell;
}

/** Until the signal; never throws. */
async function renewAgainAndAgain(
  regions: readonly RegionConfig[],
  renew: EventsByRegion,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const left = regions.values();
    const work = async () => {
      // A failure is told to whoever asks for the region.
      for (const region of left) if (!signal.aborted) await renew(region).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await sleep(RENEW_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
