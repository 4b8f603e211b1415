import { once } from 'node:events';
import { getConfig, type Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { logEvents } from '../logging/events.js';
import { closeLogging, setupLogging, type Logger } from '../logging/log.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import type { Observer } from '../observer.js';
import { interruption } from './signals.js';

/** What a process that stays up works with. */
export interface Staying {
  readonly config: Config;
  readonly db: DatabaseManager;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Makes an observer of one run, or of what belongs to none: runs go on side by side, and each has its own lines in the log. */
  readonly observer: () => Observer;
  /** Aborted by SIGINT or SIGTERM: nothing new is begun. */
  readonly stop: AbortSignal;
  /** Aborted a while after: what is under way is given up. */
  readonly abort: AbortSignal;
  /** A line for people, on stderr. */
  readonly say: (text: string) => void;
  /** Resolves when the process is told to end. */
  readonly toldToEnd: () => Promise<void>;
}

/** Runs `work` until SIGINT or SIGTERM and sets the exit code as shells expect it. Throws what ends `work` before that. */
export async function stayUp(
  { debug }: { readonly debug: boolean },
  work: (staying: Staying) => Promise<void>,
): Promise<void> {
  const config = getConfig();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const logger = setupLogging(config.logging, { debug });
  using interrupted = interruption(say);
  for (const warning of config.warnings) say(`Warning: ${warning}`);
  const metrics = createMetrics({ live: true });
  const observer = (): Observer => {
    const observers = [logEvents(logger), metrics.observe];
    return (event) => observers.forEach((one) => one(event));
  };
  const { stop, abort } = interrupted;
  const toldToEnd = async () => {
    if (!stop.aborted) await once(stop, 'abort');
  };
  try {
    await using db = await DatabaseManager.connect(config.database, { signal: stop, observe: observer() });
    await work({ config, db, logger, metrics, observer, stop, abort, say, toldToEnd });
  } catch (error) {
    logger.error({ err: error }, 'the process could not go on');
    if (interrupted.exitCode() === null) throw error;
  } finally {
    await closeLogging();
  }
  process.exitCode = interrupted.exitCode() ?? 0;
}
