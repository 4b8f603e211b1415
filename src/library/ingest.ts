import type { Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import type { Observer } from '../observer.js';
import { WHOLE_RUN, type RunOptions } from '../sync/context.js';
import type { RegionReport, Report } from '../sync/report.js';
import { runIngest } from '../sync/run.js';
import type { StreamStatus } from '../sync/tally.js';

/** What the classes that ingest may be given beside the configuration. */
export interface IngestSettings {
  /** A database that is open already, and stays so. @default one of `config.database` is opened for each call and closed after it */
  readonly db?: DatabaseManager;
  /** Hears what the engine does. */
  readonly observe?: Observer;
  /** Once aborted, no further page is begun: what is under way is stored (or given up after 3 s), and the next run goes on from there. */
  readonly signal?: AbortSignal;
}

/** One part of a run in one region. */
export interface IngestStep {
  readonly region: string;
  /** A stream such as `tickets`, or `summaries`. */
  readonly step: string;
  readonly success: boolean;
  readonly status: StreamStatus;
  readonly seconds: number;
  /** Why it did not succeed. */
  readonly error?: string;
}

/** What came of a run. */
export interface IngestResult {
  /** Everything that was asked for is complete and proven. */
  readonly success: boolean;
  /** Records that were read. */
  readonly processed: number;
  /** Records that are set aside, whenever that happened: `vivenu-ingest rejects` lists them. */
  readonly failed: number;
  readonly seconds: number;
  /** What was asked for and due, in order. */
  readonly steps: readonly IngestStep[];
  /** All that is known of the run. */
  readonly report: Report;
}

/** What is under way when a run is told to stop has this long to be finished. */
const GRACE_MS = 3000;

/**
 * Runs the engine once. Throws a BusyError when another run holds a region, a UsageError for a region that is not configured, a FatalError
 * or RetryableError when there is no database; whatever befalls single regions and streams is in the result.
 */
export async function ingest(
  config: Config,
  settings: IngestSettings,
  options: Partial<RunOptions>,
): Promise<IngestResult> {
  const { db: open, observe = () => undefined, signal: stop = new AbortController().signal } = settings;
  const abort = new AbortController();
  const giveUp = () => void setTimeout(() => abort.abort(), GRACE_MS).unref();
  stop.addEventListener('abort', giveUp, { once: true });
  try {
    await using own =
      open === undefined ? await DatabaseManager.connect(config.database, { signal: stop, observe }) : null;
    const db = open ?? own;
    if (db === null) throw new TypeError('no database was opened');
    const report = await runIngest(
      { config, db, observe, stop, abort: abort.signal },
      { ...WHOLE_RUN, ...options },
    );
    return resultOf(report);
  } finally {
    stop.removeEventListener('abort', giveUp);
  }
}

function resultOf(report: Report): IngestResult {
  const streams = report.regions.flatMap((region) =>
    region.streams.filter(({ status }) => status !== 'skipped'),
  );
  return {
    success: report.status === 'complete',
    processed: streams.reduce((sum, { fetched }) => sum + fetched, 0),
    failed: streams.reduce((sum, { rejected }) => sum + rejected, 0),
    seconds: report.seconds,
    steps: report.regions.flatMap(stepsOf),
    report,
  };
}

function stepsOf({ region, streams, summaries }: RegionReport): IngestStep[] {
  const parts = [
    ...streams.map((one) => ({ ...one, step: one.stream })),
    { ...summaries, step: 'summaries' },
  ];
  return parts
    .filter(({ status }) => status !== 'skipped')
    .map(({ step, status, seconds, error }) => ({
      region,
      step,
      success: status === 'complete',
      status,
      seconds,
      ...(error === undefined ? {} : { error }),
    }));
}
