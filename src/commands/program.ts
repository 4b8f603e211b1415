import { Command } from 'commander';
import { VERSION } from '../version.js';
import { adoptCommand } from './adopt.js';
import { checkCommand } from './check.js';
import { dbCommand } from './db.js';
import { demoCommand } from './demo.js';
import { eraseCommand } from './erase.js';
import { jobsCommand } from './jobs.js';
import { migrateCommand } from './migrate.js';
import { passwordCommand } from './password.js';
import { rejectsCommand } from './rejects.js';
import { reportCommand } from './report.js';
import { resetCommand } from './reset.js';
import { runCommand } from './run.js';
import { serveCommand } from './serve.js';
import { simulateCommand } from './simulate.js';
import { sqlCommand } from './sql.js';
import { statusCommand } from './status.js';
import { workerCommand } from './worker.js';
import { webhooksCommand } from './webhooks.js';

/** The command line, every command with its options. */
export function program(): Command {
  const whole = new Command('vivenu-ingest')
    .description(
      'keeps a PostgreSQL database complete and fresh with the events, tickets and coupons of vivenu',
    )
    .version(VERSION)
    .showHelpAfterError('(see --help)')
    .exitOverride();
  const everyDay = [
    runCommand(),
    serveCommand(),
    workerCommand(),
    jobsCommand(),
    checkCommand(),
    statusCommand(),
    reportCommand(),
    rejectsCommand(),
    sqlCommand(),
    dbCommand(),
  ];
  const seldom = [
    resetCommand(),
    eraseCommand(),
    migrateCommand(),
    webhooksCommand(),
    passwordCommand(),
    adoptCommand(),
    simulateCommand(),
    demoCommand(),
  ];
  for (const command of [...everyDay, ...seldom]) whole.addCommand(command.exitOverride());
  return whole;
}
