import type { Config } from '../config/config.js';
import { ingest, type IngestResult, type IngestSettings } from './ingest.js';

/** Brings the coupon series and coupons of regions into the database, with who was handed which code and how many were used. */
export class CouponProcessor {
  readonly #config: Config;
  readonly #settings: IngestSettings;

  constructor(config: Config, settings: IngestSettings = {}) {
    this.#config = config;
    this.#settings = settings;
  }

  /** Reads the coupons of these regions, or of all, with the events that they are good for, and refreshes their summaries; throws as `IngestOrchestrator.run` does. */
  async processCoupons(regions: readonly string[] | null = null): Promise<IngestResult> {
    // The summaries count the coupons that are good for an event of the region.
    return await ingest(this.#config, this.#settings, { regions, only: ['events', 'coupons'] });
  }
}
