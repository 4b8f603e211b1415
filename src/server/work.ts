import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.js';
import { runLock } from '../sync/choose.js';
import type { Run } from '../sync/context.js';
import { workOffDeliveries } from '../sync/deliveries.js';
import { failBroken, prepareRegion, regionOf, alive, type Region } from '../sync/region.js';
import { prepareReports } from '../sync/summarise.js';
import { messageOf } from '../sync/tally.js';
import type { RegionConfig } from '../config/config.js';

/** Deliveries worked off in one transaction. */
const BATCH = 250;
/** Deliveries that another process received, or left behind, are found within this time. */
const LOOK_EVERY_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The work of one region: takes what is in its inbox until the end. */
export class Worker {
  readonly #run: Run;
  readonly #config: RegionConfig;
  readonly #onChange: (region: Region) => void;
  #region: Region;
  #isReady = false;
  #batch = BATCH;
  #pauseMs = 0;
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
    while (!stop.aborted) {
      this.#wake = new AbortController();
      const isMore = await this.#turn();
      if (isMore) continue;
      // A pause after a failure is not cut short by the next delivery.
      const woken = this.#pauseMs > 0 ? stop : AbortSignal.any([stop, this.#wake.signal]);
      await sleep(Math.max(this.#pauseMs, LOOK_EVERY_MS), undefined, { signal: woken }).catch(
        () => undefined,
      );
    }
  }

  /** Works one batch off; returns whether there may be more. */
  async #turn(): Promise<boolean> {
    try {
      if (!(await this.#ready())) return false;
      const { deliveries, changed } = await workOffDeliveries(this.#run, this.#region, this.#batch);
      this.#pauseMs = 0;
      if (changed > 0) this.#onChange(this.#region);
      const isMore = deliveries === this.#batch;
      if (!isMore) this.#batch = BATCH;
      return isMore;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** One bad delivery is found by taking them one by one; what has another reason is waited for. */
  #failed(error: unknown): boolean {
    if (this.#run.stop.aborted) return false;
    this.#isReady = false;
    if (!(error instanceof RetryableError) && this.#batch > 1) {
      this.#batch = 1;
      return true;
    }
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    const { region } = this.#config;
    this.#run.observe({
      type: 'deliveries.wait',
      region,
      ms: this.#pauseMs,
      reason: messageOf(error),
    });
    return false;
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
