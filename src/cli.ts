#!/usr/bin/env node
import { exitCodeOf, printError } from './commands/failure.js';
import { program } from './commands/program.js';

try {
  await program().parseAsync();
} catch (error) {
  printError(error, process.argv.includes('--json'));
  process.exitCode = exitCodeOf(error);
}
