import type { Config } from '../config/config.js';
import type { DatabaseManager } from '../load/database.js';
import { UsageError } from '../errors.js';
import { writeMetricsFile } from '../metrics/file.js';
import { pushMetrics } from '../metrics/push.js';
import type { Observer } from '../observer.js';
import { BusyError } from '../sync/choose.js';
import { standingOfAll } from '../sync/standing.js';
import { messageOf } from '../sync/tally.js';

const SECOND = 1000;

/** The figures of one run, left where METRICS_FILE and METRICS_PUSH_URL ask for them. Nothing here fails the run: what goes wrong is said. */
export interface Figures {
  readonly observe: Observer;
  /** Leaves the figures of a run that was carried out. */
  publish(db: DatabaseManager): Promise<void>;
  /** Leaves those of one that was not, unless it never began. */
  publishFailure(error: unknown): Promise<void>;
}

const NONE: Figures = {
  observe: () => undefined,
  publish: () => Promise.resolve(),
  publishFailure: () => Promise.resolve(),
};

/** Begins to count where a place for the figures is configured; `warn` hears what could not be left there. */
export async function figuresOf(config: Config, warn: (text: string) => void): Promise<Figures> {
  const { file, pushUrl } = config.metrics;
  if (file === null && pushUrl === null) return NONE;
  // Loaded only where it is used.
  const { createMetrics } = await import('../metrics/metrics.js');
  const metrics = createMetrics({ live: false });
  const began = performance.now();
  const trying = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => warn(`${what}: ${messageOf(error)}`));
  };
  const leave = async (): Promise<void> => {
    const text = await metrics.metricsText();
    if (file !== null) await trying(`METRICS_FILE=${file}`, () => writeMetricsFile(file, text));
    if (pushUrl !== null)
      await trying('METRICS_PUSH_URL', () => pushMetrics(pushUrl, text, metrics.contentType));
  };
  return {
    observe: metrics.observe,
    publish: async (db) => {
      await trying('how the streams stand', async () => metrics.note(await standingOfAll(db, config)));
      await leave();
    },
    publishFailure: async (error) => {
      // Another run holds the regions, and tells of them itself; or nothing was asked that could be done.
      if (error instanceof BusyError || error instanceof UsageError) return;
      const seconds = (performance.now() - began) / SECOND;
      metrics.observe({ type: 'run.end', runId: '', status: 'failed', seconds, regions: [] });
      await leave();
    },
  };
}
