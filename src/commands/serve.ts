import { Command } from 'commander';
import { dashboardWarnings, doorOf, type Door } from '../config/dashboard.js';
import { takesDeliveries } from '../config/webhooks.js';
import { serve } from '../server/serve.js';
import { JobQueue } from '../work/queue.js';
import { beginSchedules, schedulesText } from './scheduled.js';
import { stayUp } from './staying.js';

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
  GET  /                    the dashboard (docs/dashboard.md)
Runs when SCHEDULE, FULL_SCHEDULE and the regions' own schedule, full_schedule and launch say so; a run is a line on stdout.`;

const dashboardText = (door: Door) =>
  door === 'closed' ? '' : `The dashboard is there too${door === 'login' ? ', for those who log in' : ''}.\n`;

const WORKERS = 'Runs, deliveries and summaries are left to workers.\n';

const run = (flags: Flags): Promise<void> =>
  stayUp({ debug: flags.debug === true }, async (staying) => {
    const { config, db, logger, metrics, observer, stop } = staying;
    if (!config.events.some(takesDeliveries))
      staying.say(
        'No region takes deliveries: set EVENT_CONFIGS__<region>__webhook_key (see docs/serve.md).',
      );
    const observe = observer();
    for (const warning of dashboardWarnings(config.serve)) staying.say(`Warning: ${warning}`);
    await using queue = flags.workers ? await JobQueue.open({ db, observe, role: 'serve' }) : undefined;
    await using served = await serve({ config, db, metrics, observe, observer, stop, queue });
    process.stdout.write(`vivenu-ingest serves on ${served.url}\n${dashboardText(doorOf(config.serve))}`);
    logger.info({ url: served.url }, 'serves');
    await using scheduled = flags.workers ? undefined : await beginSchedules(staying);
    process.stdout.write(scheduled === undefined ? WORKERS : schedulesText(scheduled.next()));
    await staying.toldToEnd();
  });
