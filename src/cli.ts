#!/usr/bin/env node
import { Command } from 'commander';
import { simulateCommand } from './commands/simulate.js';
import { runCommand } from './commands/run.js';
import { exitCodeOf, printError } from './commands/failure.js';
import { VERSION } from './version.js';

const program = new Command('vivenu-ingest')
  .description(
    'keeps a PostgreSQL database complete and fresh with the events, tickets and coupons of vivenu',
  )
  .version(VERSION)
  .showHelpAfterError('(see --help)')
  .exitOverride();

for (const command of [runCommand(), simulateCommand()]) program.addCommand(command.exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  printError(error, process.argv.includes('--json'));
  process.exitCode = exitCodeOf(error);
}
