import type { BulkheadPolicy } from 'cockatiel';
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
/** Turns begin at least so far apart, unless much waits: a few deliveries together cost little more than one. */
const PACE_MS = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** What the regions of a process share. */
export interface Bounds {
  /** Regions worked on at once: each takes a connection. */
  readonly turns: BulkheadPolicy;
  /** Regions whose tables are looked after at once. */
  readonly preparations: BulkheadPolicy;
  /** A region has new rows. */
  readonly onChange: (region: RegionConfig) => void;
}

/** The work of one region: takes what is in its inbox. */
export class DeliveryWork {
  readonly #run: Run;
  readonly #config: RegionConfig;
  readonly #bounds: Bounds;
  /** As it was prepared; null: it has to be. */
  #region: Region | null = null;
  #batch = BATCH;
  #isWoken = false;
  #wake: (() => void) | null = null;

  constructor(run: Run, config: RegionConfig, bounds: Bounds) {
    this.#run = run;
    this.#config = config;
    this.#bounds = bounds;
  }

  /** There is something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  /** Works whenever it is woken, until the run is stopped; what was begun is finished. */
  async work(): Promise<void> {
    const { stop } = this.#run;
    stop.addEventListener('abort', () => this.wake());
    let pauseMs = 0;
    while (!stop.aborted) {
      await this.#woken();
      this.#isWoken = false;
      const began = performance.now();
      try {
        await this.drain(stop);
        pauseMs = 0;
      } catch (error) {
        pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2));
        const { region } = this.#config;
        this.#run.observe({ type: 'deliveries.wait', region, ms: pauseMs, reason: messageOf(error) });
      }
      const restMs = Math.max(pauseMs, PACE_MS - (performance.now() - began));
      if (restMs > 0) await sleep(restMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  /** Works until the inbox is empty, or a run prepares the region; throws what hinders it, with what was committed kept. */
  async drain(stop: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore && !stop.aborted)
      try {
        isMore = await this.#bounds.turns.execute(() => this.#turn());
      } catch (error) {
        this.#region = null;
        // One bad delivery is found by taking them one by one; what has another reason is waited for.
        if (error instanceof RetryableError || this.#batch === 1) throw error;
        this.#batch = 1;
      }
  }

  /** Waits until there is something to do, or the end. */
  async #woken(): Promise<void> {
    if (this.#isWoken || this.#run.stop.aborted) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }

  /** Works one batch off; returns whether there may be more. */
  async #turn(): Promise<boolean> {
    this.#region ??= await this.#bounds.preparations.execute(() => this.#prepare());
    if (this.#region === null) return false;
    const { more, changed } = await workOffDeliveries(this.#run, this.#region, this.#batch);
    if (changed > 0) this.#bounds.onChange(this.#config);
    if (!more) this.#batch = BATCH;
    return more;
  }

  /** Brings the region's tables to this version where they are not; null while a run does that or another thing. */
  async #prepare(): Promise<Region | null> {
    const silent = { ...this.#run, observe: () => undefined };
    const asItIs = regionOf(this.#config, this.#run.config);
    if (!(await failBroken(silent, [asItIs]))) return asItIs;
    const region = regionOf(this.#config, this.#run.config);
    await using lock = await this.#run.db.tryLock([runLock(region)]);
    if (lock === null) return null;
    await prepareRegion(silent, region);
    if (!alive(region)) throw new RetryableError(region.error ?? '');
    await prepareReports(this.#run, [region]);
    return region;
  }
}
