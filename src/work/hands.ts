import { setTimeout as sleep } from 'node:timers/promises';
import { takesDeliveries } from '../config/webhooks.js';
import type { Run } from '../sync/context.js';
import { DeliveryWork } from './deliveries.js';
import type { JobQueue } from './queue.js';
import { Refresher } from './refresher.js';

/** Whoever works off what was delivered. */
export interface Hands {
  /** A delivery of a region was written down. */
  readonly onDelivery: (region: string) => void;
  /** Waits for what is under way, once the run was stopped. */
  readonly settled: () => Promise<void>;
}

/** Deliveries and summaries are worked off by this process. */
export function ownHands(run: Run, refreshEveryMs: number | undefined): Hands {
  const refresher = new Refresher(run, refreshEveryMs);
  const inboxes = new Map(
    run.config.events
      .filter(takesDeliveries)
      .map((region) => [region.region, new DeliveryWork(run, region, () => refresher.mark(region))]),
  );
  const working = [...inboxes.values()].map((inbox) => inbox.work());
  return {
    onDelivery: (region) => inboxes.get(region)?.wake(),
    settled: async () => {
      await Promise.all(working);
      await refresher.settled();
    },
  };
}

/** Of many deliveries that come together the workers are told once. */
const TELL_EVERY_MS = 100;

/** Deliveries are worked off by workers, which are told of them; one that they are not told of they find by themselves. */
export function workersHands(queue: Pick<JobQueue, 'send'>): Hands {
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
  return {
    onDelivery: (region) => {
      if (telling.has(region)) again.add(region);
      else {
        telling.add(region);
        void tell(region);
      }
    },
    settled: () => Promise.resolve(),
  };
}
