import { bulkhead } from 'cockatiel';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegionConfig } from '../config/config.js';
import { takesDeliveries } from '../config/webhooks.js';
import type { Database } from '../load/client.js';
import { forgetDeliveries, waitingRegions } from '../load/deliveries.js';
import type { Run } from '../sync/context.js';
import { DeliveryWork } from './deliveries.js';
import type { JobQueue } from './queue.js';
import { Refresher } from './refresher.js';

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
  readonly refreshEveryMs?: number | undefined;
  /** Present: worker processes do it. */
  readonly queue?: Pick<JobQueue, 'send'> | undefined;
}

/** Deliveries are known again for so long, and kept ones are there. */
const KEEP_DAYS = 30;
const HOUR_MS = 3_600_000;
/** Deliveries that another process received, or left behind, are found within this time. */
const LOOK_EVERY_MS = 1000;
/** Regions worked on at once, at most: more would wait for each other in PostgreSQL. */
const MOST_TURNS = 4;

/** This process, or worker processes where there is a queue. */
export const crewOf = (run: Run, { queue, ...parts }: CrewParts): Crew =>
  queue === undefined ? ownCrew(run, parts) : workersCrew(queue);

/** Works for each region that takes deliveries, and keeps their summaries. */
function ownCrew(run: Run, { inbox, connections, refreshEveryMs }: Omit<CrewParts, 'queue'>): Crew {
  const refresher = new Refresher(run, refreshEveryMs);
  const bounds = {
    turns: bulkhead(Math.max(1, Math.min(MOST_TURNS, connections - 1)), Infinity),
    preparations: bulkhead(1, Infinity),
    onChange: (region: RegionConfig) => refresher.mark(region),
  };
  const regions = run.config.events.filter(takesDeliveries);
  const workers = new Map(regions.map((region) => [region.region, new DeliveryWork(run, region, bounds)]));
  const wake = (region: string) => workers.get(region)?.wake();
  // A database that is away is noticed where deliveries are taken in and worked off.
  const unlessAway = () => undefined;
  const look = () =>
    void waitingRegions(inbox, [...workers.keys()]).then((all) => all.forEach(wake), unlessAway);
  return {
    wake,
    work: async () => {
      // One of each region, and of its sleep.
      setMaxListeners(0, run.stop);
      look();
      const timers = [setInterval(look, LOOK_EVERY_MS), forgetHourly(run.db)];
      await Promise.all([...workers.values()].map((worker) => worker.work()));
      timers.forEach(clearInterval);
      await refresher.settled();
    },
  };
}

/** Forgets old deliveries now, and each hour until the timer is cleared. */
export function forgetHourly(db: Database): NodeJS.Timeout {
  const forget = () => void forgetDeliveries(db, KEEP_DAYS).catch(() => undefined);
  forget();
  return setInterval(forget, HOUR_MS);
}

/** Of many deliveries that come together the workers are told once. */
const TELL_EVERY_MS = 100;

/** Workers are told of deliveries, and find by themselves what they are not told of. */
function workersCrew(queue: Pick<JobQueue, 'send'>): Crew {
  const telling = new Set<string>();
  const again = new Set<string>();
  const tell = async (region: string) => {
    do {
      again.delete(region);
      await queue.send('deliveries', region, { region }).catch(() => undefined);
      await sleep(TELL_EVERY_MS);
    } while (again.has(region));
    telling.delete(region);
  };
  const wake = (region: string) => {
    if (telling.has(region)) again.add(region);
    else {
      telling.add(region);
      void tell(region);
    }
  };
  return { wake, work: () => Promise.resolve() };
}
