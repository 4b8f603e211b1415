import { Command, Option } from 'commander';
import { getConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import { DatabaseManager } from '../load/database.js';
import { logEvents } from '../logging/events.js';
import { closeLogging, setupLogging } from '../logging/log.js';
import type { Observer } from '../observer.js';
import { announce, announceError } from '../sync/announce.js';
import { BusyError } from '../sync/choose.js';
import type { RunOptions } from '../sync/context.js';
import type { Report } from '../sync/report.js';
import { runIngest } from '../sync/run.js';
import { parseAllowDeletes, parseOnly } from './arguments.js';
import { printError } from './failure.js';
import { figuresOf } from './figures.js';
import { progress } from './progress.js';
import { reportText } from './report-text.js';
import { interruption, type Interruption } from './signals.js';

interface Flags {
  region?: string[];
  only?: string[];
  full?: true;
  skipFetch?: true;
  dryRun?: true;
  strict?: true;
  allowDeletes?: string[];
  wait?: true;
  debug?: true;
  json?: true;
}

/** `run`: ingests once. */
export function runCommand(): Command {
  return new Command('run')
    .description('read what changed at vivenu into PostgreSQL, once, and prove that nothing is missing')
    .option('--region <name...>', 'only these regions')
    .option('--only <groups>', 'only these: events, tickets, coupons (comma-separated)', parseOnly)
    .option('--full', 'read everything again, not only what changed')
    .addOption(
      new Option(
        '--skip-fetch',
        'ask vivenu nothing: work out columns and summaries from what is stored',
      ).conflicts(['only', 'full', 'dryRun', 'allowDeletes']),
    )
    .option('--dry-run', 'do all of it, and write nothing')
    .option('--strict', 'exit 1 when any record is set aside')
    .option(
      '--allow-deletes <region/stream...>',
      'mark vanished rows deleted, however many they are',
      parseAllowDeletes,
    )
    .option('--wait', 'wait for another run that holds a region')
    .option('--debug', 'everything to the terminal and the log')
    .option('--json', 'the report as JSON on stdout, and nothing else there')
    .addHelpText('after', EXIT_CODES)
    .action(run);
}

const EXIT_CODES = `
Exit codes: 0 complete and proven; 1 failed or incomplete; 2 wrong usage or configuration;
3 another run holds a region; 130/143 interrupted, with what was read kept.`;

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  using shown = progress({ quiet: flags.json === true });
  const logger = setupLogging(config.logging, { debug: flags.debug === true, say: shown.say });
  using interrupted = interruption(shown.say);
  for (const warning of config.warnings) shown.say(`Warning: ${warning}`);
  const warn = (text: string | null) => {
    if (text === null) return;
    shown.say(`Warning: ${text}`);
    logger.warn(text);
  };
  const figures = await figuresOf(config, warn);
  const webhook = flags.dryRun ? null : config.serve.reportWebhookUrl;
  const observers = [shown.observe, logEvents(logger), figures.observe];
  const observe: Observer = (event) => observers.forEach((one) => one(event));
  let report: Report;
  try {
    const { stop, abort } = interrupted;
    await using db = await DatabaseManager.connect(config.database, { signal: stop, observe });
    report = await runIngest({ config, db, observe, stop, abort }, optionsOf(flags));
    if (!flags.dryRun) await figures.publish(db);
    if (webhook !== null) warn(await announce(webhook, report, db));
  } catch (error) {
    logger.error({ err: error }, 'the run could not be carried out');
    if (!flags.dryRun) await figures.publishFailure(error);
    if (webhook !== null && tellsOfError(error, interrupted)) warn(await announceError(webhook, error));
    const code = interrupted.exitCode();
    if (code === null) throw error;
    // Told to stop while the database was away: what was committed is kept, and its books are closed by the next run.
    shown[Symbol.dispose]();
    printError(error, flags.json === true);
    process.exitCode = code;
    return;
  } finally {
    shown[Symbol.dispose]();
    await closeLogging();
  }
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  process.exitCode = exitCode(report, flags, interrupted);
}

/** Another run at work, a wrong option and an interruption are no news. */
const tellsOfError = (error: unknown, interrupted: Interruption) =>
  !(error instanceof BusyError || error instanceof UsageError) && interrupted.exitCode() === null;

const optionsOf = (flags: Flags): RunOptions => ({
  regions: flags.region ?? null,
  only: flags.only ?? null,
  full: flags.full === true,
  dryRun: flags.dryRun === true,
  skipFetch: flags.skipFetch === true,
  wait: flags.wait === true,
  allowDeletes: flags.allowDeletes ?? [],
});

function exitCode(report: Report, flags: Flags, interrupted: Interruption): number {
  const signal = interrupted.exitCode();
  if (signal !== null) return signal;
  if (report.status !== 'complete') return 1;
  const rejected = report.regions.some(({ streams }) => streams.some((stream) => stream.rejected > 0));
  return flags.strict && rejected ? 1 : 0;
}
