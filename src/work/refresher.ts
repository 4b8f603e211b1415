import { bulkhead } from 'cockatiel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RegionConfig } from '../config/config.js';
import type { Database } from '../load/client.js';
import { withFields } from '../profile/profile.js';
import { factsOf } from '../reports/facts.js';
import { refreshWithin } from '../reports/refresh.js';
import type { Run } from '../sync/context.js';
import { messageOf } from '../sync/tally.js';

const LEAST_PAUSE_MS = 3000;
/** A refresh that takes long is done less often: at most a fifth of the time goes into it. */
const SHARE = 4;
const AFTER_FAILURE_MS = 30_000;
/** Regions at once. */
const AT_ONCE = 2;

/** Keeps the summaries of regions close behind their rows. */
export class Refresher {
  readonly #run: Run;
  readonly #pauseMs: number;
  readonly #bound = bulkhead(AT_ONCE, Infinity);
  readonly #due = new Set<RegionConfig>();
  readonly #working = new Map<RegionConfig, Promise<void>>();

  constructor(run: Run, pauseMs = LEAST_PAUSE_MS) {
    this.#run = run;
    this.#pauseMs = pauseMs;
  }

  /** Rows of a region changed: its summaries are worked out soon, of all events that changed until then together. */
  mark(config: RegionConfig): void {
    this.#due.add(config);
    if (this.#working.has(config) || this.#run.stop.aborted) return;
    const work = this.#refresh(config).finally(() => this.#working.delete(config));
    this.#working.set(config, work);
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#working.values());
  }

  async #refresh(config: RegionConfig): Promise<void> {
    while (this.#due.delete(config) && !this.#run.stop.aborted) {
      const { failure, ms } = await this.#bound.execute(() => this.#once(config));
      if (failure !== null) {
        // The marks are kept: what was not refreshed is refreshed with the next change, or by the next run.
        this.#due.add(config);
        const reason = `summaries: ${failure}`;
        this.#run.observe({
          type: 'deliveries.wait',
          region: config.region,
          ms: AFTER_FAILURE_MS,
          reason,
        });
      }
      const pause = Math.max(this.#pauseMs, ms * SHARE);
      await sleep(failure === null ? pause : AFTER_FAILURE_MS, undefined, { signal: this.#run.stop }).catch(
        () => undefined,
      );
    }
  }

  async #once(config: RegionConfig): Promise<{ failure: string | null; ms: number }> {
    try {
      return { failure: null, ms: await refreshRegion(this.#run.db, config) };
    } catch (error) {
      return { failure: messageOf(error), ms: 0 };
    }
  }
}

/**
 * Works out a region's summaries of all events that changed since they were last worked out; their histories get no point. Returns
 * milliseconds of the attempt that counted, without those for which a server was waited for.
 */
export async function refreshRegion(db: Database, config: RegionConfig): Promise<number> {
  const facts = factsOf(config, withFields(config.profile, config.fields));
  let began = performance.now();
  await db.transaction(async (client) => {
    began = performance.now();
    // What a power cut takes away here is worked out again with the next change, or by the next run: the marks are back as well.
    await client.query('set local synchronous_commit = off');
    return await refreshWithin(client, facts, { all: false, codes: null, notes: false });
  });
  return performance.now() - began;
}
