import { Command } from 'commander';
import { getConfig } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { logEvents } from '../logging/events.js';
import { closeLogging, setupLogging } from '../logging/log.js';
import type { Observer } from '../observer.js';
import { announce } from '../sync/announce.js';
import type { Report } from '../sync/report.js';
import { work } from '../work/worker.js';
import { parsePositive } from './arguments.js';
import { runLine } from './run-line.js';
import { interruption } from './signals.js';

interface Flags {
  runs: number;
  debug?: true;
}

/** `worker`: takes jobs. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('take runs, deliveries and summaries from the queue; any number on any machine')
    .option('--runs <count>', 'runs at once, each of another key of vivenu', parsePositive, 4)
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
  const observe: Observer = logEvents(logger);
  const { stop, abort } = interrupted;
  try {
    await using db = await DatabaseManager.connect(config.database, { signal: stop, observe });
    const onReport = async (report: Report, isEnd: boolean) => {
      process.stdout.write(`${runLine(report)}\n`);
      const chat = config.serve.reportWebhookUrl;
      const warning = chat !== null && isEnd ? await announce(chat, report, db) : null;
      if (warning !== null) logger.warn(warning);
    };
    process.stdout.write(
      `vivenu-ingest works: ${flags.runs} runs at once, ${config.events.length} regions\n`,
    );
    logger.info({ runs: flags.runs }, 'works');
    await work({ config, db, observe, stop, abort, runsAtOnce: flags.runs, onReport });
  } catch (error) {
    logger.error({ err: error }, 'the worker could not go on');
    if (interrupted.exitCode() === null) throw error;
  } finally {
    await closeLogging();
  }
  process.exitCode = interrupted.exitCode() ?? 0;
}
