import { Command } from 'commander';
import type { Config } from '../config/config.js';
import type { Database } from '../load/database.js';
import type { Logger } from '../logging/log.js';
import { announce } from '../sync/announce.js';
import type { Report } from '../sync/report.js';
import { beginWork } from '../work/worker.js';
import { monitor } from '../server/monitor.js';
import { parsePort, parsePositive } from './arguments.js';
import { runLine } from './run-line.js';
import { count } from './table.js';
import { schedulesText } from './scheduled.js';
import { stayUp } from './staying.js';

interface Flags {
  runs: number;
  healthPort?: number;
  debug?: true;
}

/** `worker`: takes jobs. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('take runs, deliveries and summaries from the queue; any number on any machine')
    .option('--runs <count>', 'runs at once, each of another key of vivenu', parsePositive, 4)
    .option(
      '--health-port <port>',
      'answer /health/live, /health/ready and /metrics on SERVE_HOST at this port',
      parsePort,
    )
    .option('--debug', 'everything to the terminal and the log')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Every worker keeps the schedule (SCHEDULE, FULL_SCHEDULE) and sends what is due to the queue in PostgreSQL, where one of them takes it;
all need the same configuration. What a killed worker had begun is taken up by another that has room, about 15 s after. Runs until SIGINT or SIGTERM, puts back
what it has begun, and ends within 5 s then (exit code 130 or 143). See also: jobs, status, serve --workers.`;

const run = ({ runs: runsAtOnce, healthPort, debug }: Flags): Promise<void> =>
  stayUp({ debug: debug === true }, async (staying) => {
    const { config, db, logger, metrics, observer } = staying;
    await using monitored =
      healthPort === undefined
        ? undefined
        : await monitor({ config, db, metrics, observe: observer() }, healthPort);
    process.stdout.write(beginText(config, runsAtOnce, monitored?.url));
    const onReport = reporter(config, db, logger);
    await using working = await beginWork({ ...staying, runsAtOnce, onReport });
    logger.info({ runs: runsAtOnce }, 'works');
    process.stdout.write(schedulesText(working.next()));
    await staying.toldToEnd();
  });

function beginText({ events }: Config, runs: number, healthUrl: string | undefined): string {
  const regions = `${count(events.length)} ${events.length === 1 ? 'region' : 'regions'}`;
  const health = healthUrl === undefined ? '' : `, health on ${healthUrl}`;
  return `vivenu-ingest works on ${regions}, ${count(runs)} runs at once${health}\n`;
}

/** One line a run on the terminal; the chat hears of one that is not tried again. */
function reporter({ serve: { reportWebhookUrl: chat } }: Config, db: Database, logger: Logger) {
  return async (report: Report, isEnd: boolean): Promise<void> => {
    process.stdout.write(`${runLine(report)}\n`);
    const warning = chat !== null && isEnd ? await announce(chat, report, db) : null;
    if (warning !== null) logger.warn(warning);
  };
}
