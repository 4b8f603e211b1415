import type { Config } from '../config/config.js';
import { FatalError } from '../errors.js';
import type { RunOptions } from '../sync/context.js';
import { ingest, type IngestResult, type IngestSettings } from './ingest.js';

/** Runs every region of the configuration, as `vivenu-ingest run` does, and can be told to stop. */
export class IngestOrchestrator implements AsyncDisposable {
  readonly #config: Config;
  readonly #settings: IngestSettings;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(config: Config, settings: IngestSettings = {}) {
    this.#config = config;
    this.#settings = settings;
  }

  /**
   * Ingests once. A region or stream that fails leaves the others to go on, and is in the result. Throws a BusyError when another run holds
   * a region, a UsageError for a region that is not configured, a FatalError or RetryableError when there is no database, a FatalError
   * after `shutdown`.
   */
  async run(options: Partial<RunOptions> = {}): Promise<IngestResult> {
    if (this.#stop.signal.aborted) throw new FatalError('this orchestrator was shut down: make another one');
    const { signal } = this.#settings;
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal]);
    const run = ingest(this.#config, { ...this.#settings, signal: stop }, options);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  /** Stops in good order what runs: what is under way is stored, the next run goes on from there. Settles when nothing runs any more. */
  async shutdown(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  /** Shuts it down. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
