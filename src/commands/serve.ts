import { Command } from 'commander';
import { once } from 'node:events';
import { getConfig } from '../config/config.js';
import { takesDeliveries } from '../config/webhooks.js';
import { DatabaseManager } from '../load/database.js';
import { logEvents } from '../logging/events.js';
import { closeLogging, setupLogging } from '../logging/log.js';
import { createMetrics } from '../metrics/metrics.js';
import type { Observer } from '../observer.js';
import { serve } from '../server/serve.js';
import { JobQueue } from '../work/queue.js';
import { beginSchedules, schedulesText } from './scheduled.js';
import { interruption } from './signals.js';

interface Flags {
  workers?: true;
  debug?: true;
}

/** `serve`: takes deliveries of webhooks, and runs by schedule. */
export function serveCommand(): Command {
  return new Command('serve')
    .description(
      "take vivenu's webhooks within a second, run by schedule, and answer health checks and Prometheus",
    )
    .option('--workers', 'leave all work to `worker` processes, and take in only')
    .option('--debug', 'everything to the terminal and the log')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Listens on SERVE_HOST and SERVE_PORT until SIGINT or SIGTERM, and ends within 5 s then (exit code 130 or 143):
  POST /webhooks/<region>   deliveries, signed with the region's webhook_key
  GET  /health/live         200 while the process runs
  GET  /health/ready        200 while the database answers, with the age of each region's last proof
  GET  /metrics             for Prometheus
Runs when SCHEDULE, FULL_SCHEDULE and the regions' own schedule, full_schedule and launch say so; a run is a line on stdout.`;

const WORKERS = 'Runs, deliveries and summaries are left to workers.\n';

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const logger = setupLogging(config.logging, { debug: flags.debug === true });
  using interrupted = interruption(say);
  for (const warning of config.warnings) say(`Warning: ${warning}`);
  if (!config.events.some(takesDeliveries))
    say('No region takes deliveries: set EVENT_CONFIGS__<region>__webhook_key (see docs/serve.md).');
  const metrics = createMetrics({ live: true });
  // Runs go on side by side, and each has its own lines in the log.
  const observer = (): Observer => {
    const observers = [logEvents(logger), metrics.observe];
    return (event) => observers.forEach((one) => one(event));
  };
  const observe = observer();
  const { stop, abort } = interrupted;
  try {
    await using db = await DatabaseManager.connect(config.database, { signal: stop, observe });
    await using queue = flags.workers ? await JobQueue.open({ db, observe, role: 'serve' }) : undefined;
    await using served = await serve({ config, db, metrics, observe, stop, queue });
    process.stdout.write(`vivenu-ingest serves on ${served.url}\n`);
    logger.info({ url: served.url }, 'serves');
    await using scheduled = flags.workers
      ? undefined
      : await beginSchedules({ config, db, logger, observer, stop, abort });
    process.stdout.write(scheduled === undefined ? WORKERS : schedulesText(scheduled.next()));
    if (!stop.aborted) await once(stop, 'abort');
  } catch (error) {
    logger.error({ err: error }, 'serve could not go on');
    if (interrupted.exitCode() === null) throw error;
  } finally {
    await closeLogging();
  }
  process.exitCode = interrupted.exitCode() ?? 0;
}
