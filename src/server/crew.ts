import { bulkhead } from 'cockatiel';
import { takesDeliveries } from '../config/webhooks.js';
import type { Database } from '../load/client.js';
import { forgetDeliveries, waitingRegions } from '../load/deliveries.js';
import type { Run } from '../sync/context.js';
import type { Region } from '../sync/region.js';
import { Refresher } from './summaries.js';
import { Worker } from './work.js';

/** Those who work off what is delivered. */
export interface Crew {
  /** There is something to do in a region. */
  readonly wake: (region: string) => void;
  /** Begins to work; resolves when the run is stopped and what was begun is done. */
  readonly work: () => Promise<void>;
}

interface CrewParts {
  /** Asked whether something waits; no load may hold it up. */
  readonly inbox: Database;
  readonly connections: number;
  readonly refreshEveryMs: number | undefined;
}

/** Deliveries are known again for so long, and kept ones are there. */
const KEEP_DAYS = 30;
const HOUR_MS = 3_600_000;
/** Deliveries that another process received, or left behind, are found within this time. */
const LOOK_EVERY_MS = 1000;
/** Regions worked on at once, at most: more would wait for each other in PostgreSQL. */
const MOST_TURNS = 4;

/** A worker for each region that takes deliveries, and what they share. */
export function crewOf(run: Run, { inbox, connections, refreshEveryMs }: CrewParts): Crew {
  const refresher = new Refresher(run, refreshEveryMs);
  const bounds = {
    turns: bulkhead(Math.max(1, Math.min(MOST_TURNS, connections - 1)), Infinity),
    preparations: bulkhead(1, Infinity),
    onChange: (region: Region) => refresher.mark(region),
  };
  const regions = run.config.events.filter(takesDeliveries);
  const workers = new Map(regions.map((region) => [region.region, new Worker(run, region, bounds)]));
  const wake = (region: string) => workers.get(region)?.wake();
  // A database that is away is noticed where deliveries are taken in and worked off.
  const unlessAway = () => undefined;
  const look = () =>
    void waitingRegions(inbox, [...workers.keys()]).then((all) => all.forEach(wake), unlessAway);
  const forget = () => void forgetDeliveries(run.db, KEEP_DAYS).catch(unlessAway);
  return {
    wake,
    work: async () => {
      forget();
      const timers = [setInterval(look, LOOK_EVERY_MS), setInterval(forget, HOUR_MS)];
      await Promise.all([...workers.values()].map((worker) => worker.work()));
      timers.forEach(clearInterval);
      await refresher.settled();
    },
  };
}
