import type { Config } from '../config/config.js';
import { ingest, type IngestResult, type IngestSettings } from './ingest.js';
import { withRegion, type RegionRequest } from './one-region.js';

/** Brings the events and tickets of one region into the database. */
export class EventsTicketsIngester {
  readonly #config: Config;
  readonly #settings: IngestSettings;

  constructor(config: Config, settings: IngestSettings = {}) {
    this.#config = config;
    this.#settings = settings;
  }

  /**
   * Reads what changed since the last time, all of it the first time, and proves that nothing is missing. Throws a UsageError for a region
   * that cannot work, a BusyError when another run holds it, a FatalError or RetryableError when there is no database.
   */
  async ingestData(region: RegionRequest): Promise<IngestResult> {
    return await ingest(withRegion(this.#config, region), this.#settings, { only: ['events', 'tickets'] });
  }
}
