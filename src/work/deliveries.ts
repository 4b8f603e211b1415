import { setTimeout as sleep } from 'node:timers/promises';
import type { RegionConfig } from '../config/config.js';
import { RetryableError } from '../errors.js';
import { runLock } from '../sync/choose.js';
import type { Run } from '../sync/context.js';
import { workOffDeliveries } from '../sync/deliveries.js';
import { failBroken, prepareRegion, regionOf, alive, type Region } from '../sync/region.js';
import { prepareReports } from '../sync/summarise.js';
import { messageOf } from '../sync/tally.js';

/** Deliveries worked off in one transaction. */
const BATCH = 250;
/** Deliveries that another process received, or left behind, are found within this time. */
const LOOK_EVERY_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The work of one region: takes what is in its inbox. */
export class DeliveryWork {
  readonly #run: Run;
  readonly #config: RegionConfig;
  readonly #onChange: (region: Region) => void;
  #region: Region;
  #isReady = false;
  #batch = BATCH;
  #wake = new AbortController();

  constructor(run: Run, config: RegionConfig, onChange: (region: Region) => void) {
    this.#run = run;
    this.#config = config;
    this.#onChange = onChange;
    this.#region = regionOf(config, run.config);
  }

  /** There is something to do. */
  wake(): void {
    this.#wake.abort();
  }

  /** Works until the run is stopped; what was begun is finished. */
  async work(): Promise<void> {
    const { stop } = this.#run;
    let pauseMs = 0;
    while (!stop.aborted) {
      this.#wake = new AbortController();
      try {
        await this.drain(stop);
        pauseMs = 0;
      } catch (error) {
        pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2));
        const { region } = this.#config;
        this.#run.observe({ type: 'deliveries.wait', region, ms: pauseMs, reason: messageOf(error) });
      }
      // A pause after a failure is not cut short by the next delivery.
      const woken = pauseMs > 0 ? stop : AbortSignal.any([stop, this.#wake.signal]);
      await sleep(Math.max(pauseMs, LOOK_EVERY_MS), undefined, { signal: woken }).catch(() => undefined);
    }
  }

  /** Works until the inbox is empty, or a run prepares the region; throws what hinders it, with what was committed kept. */
  async drain(stop: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !stop.aborted)
      try {
        isMore = await this.#turn();
      } catch (error) {
        this.#isReady = false;
        // One bad delivery is found by taking them one by one; what has another reason is waited for.
        if (error instanceof RetryableError || this.#batch === 1) throw error;
        this.#batch = 1;
      }
  }

  /** Works one batch off; returns whether there may be more. */
  async #turn(): Promise<boolean> {
    if (!(await this.#ready())) return false;
    const { deliveries, changed } = await workOffDeliveries(this.#run, this.#region, this.#batch);
    if (changed > 0) this.#onChange(this.#region);
    const isMore = deliveries === this.#batch;
    if (!isMore) this.#batch = BATCH;
    return isMore;
  }

  /** Brings the region's tables to this version where they are not; false while a run does that or another thing. */
  async #ready(): Promise<boolean> {
    if (this.#isReady) return true;
    const silent = { ...this.#run, observe: () => undefined };
    this.#region = regionOf(this.#config, this.#run.config);
    if (await failBroken(silent, [this.#region])) {
      this.#region = regionOf(this.#config, this.#run.config);
      await using lock = await this.#run.db.tryLock([runLock(this.#region)]);
      if (lock === null) return false;
      await prepareRegion(silent, this.#region);
      if (!alive(this.#region)) throw new RetryableError(this.#region.error ?? '');
      await prepareReports(this.#run, [this.#region]);
    }
    this.#isReady = true;
    return true;
  }
}
