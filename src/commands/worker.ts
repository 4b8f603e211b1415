import { Command } from 'commander';
import { once } from 'node:events';
import { getConfig, type Config } from '../config/config.js';
import { DatabaseManager, type Database } from '../load/database.js';
import { logEvents } from '../logging/events.js';
import { closeLogging, setupLogging, type Logger } from '../logging/log.js';
import type { Observer } from '../observer.js';
import { announce } from '../sync/announce.js';
import type { Report } from '../sync/report.js';
import { beginWork } from '../work/worker.js';
import { createMetrics } from '../metrics/metrics.js';
import { monitor } from '../server/monitor.js';
import { parsePort, parsePositive } from './arguments.js';
import { runLine } from './run-line.js';
import { count } from './table.js';
import { schedulesText } from './scheduled.js';
import { interruption } from './signals.js';

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
all need the same configuration. What a killed worker had begun goes on elsewhere within 30 s. Runs until SIGINT or SIGTERM, puts back
what it has begun, and ends within 5 s then (exit code 130 or 143). See also: jobs, status, serve --workers.`;

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const logger = setupLogging(config.logging, { debug: flags.debug === true });
  using interrupted = interruption(say);
  for (const warning of config.warnings) say(`Warning: ${warning}`);
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
    await using monitored =
      flags.healthPort === undefined
        ? undefined
        : await monitor({ config, db, metrics, observe }, flags.healthPort);
    const onReport = reporter(config, db, logger);
    process.stdout.write(
      `vivenu-ingest works on ${count(config.events.length)} ${config.events.length === 1 ? 'region' : 'regions'}, ${flags.runs} runs at once${monitored === undefined ? '' : `, health on ${monitored.url}`}\n`,
    );
    const { runs: runsAtOnce } = flags;
    await using working = await beginWork({ config, db, observer, stop, abort, runsAtOnce, onReport });
    logger.info({ runs: runsAtOnce }, 'works');
    process.stdout.write(schedulesText(working.next()));
    if (!stop.aborted) await once(stop, 'abort');
  } catch (error) {
    logger.error({ err: error }, 'the worker could not go on');
    if (interrupted.exitCode() === null) throw error;
  } finally {
    await closeLogging();
  }
  process.exitCode = interrupted.exitCode() ?? 0;
}

/** One line a run on the terminal; the chat hears of one that is not tried again. */
function reporter({ serve: { reportWebhookUrl: chat } }: Config, db: Database, logger: Logger) {
  return async (report: Report, isEnd: boolean): Promise<void> => {
    process.stdout.write(`${runLine(report)}\n`);
    const warning = chat !== null && isEnd ? await announce(chat, report, db) : null;
    if (warning !== null) logger.warn(warning);
  };
}
