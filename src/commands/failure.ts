import { CommanderError } from 'commander';
import { UsageError } from '../errors.js';
import { BusyError } from '../sync/choose.js';
import { messageOf } from '../sync/tally.js';

/** Exit codes: 1 failed or incomplete, 2 usage or configuration, 3 another run holds a region. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError) return 2;
  return error instanceof BusyError ? 3 : 1;
}

/** Says on stderr what went wrong, save what commander has said; with `json` one object with `error` on stdout. */
export function printError(error: unknown, json: boolean): void {
  if (error instanceof CommanderError && (!json || error.exitCode === 0)) return;
  const problems = error instanceof UsageError ? error.problems : [messageOf(error)];
  if (json) {
    const status = error instanceof BusyError ? 'busy' : 'failed';
    process.stdout.write(`${JSON.stringify({ status, error: problems.join('; '), problems }, null, 2)}\n`);
    return;
  }
  const lines = error instanceof UsageError ? problems.map((problem) => `  - ${problem}`) : problems;
  const title =
    error instanceof UsageError
      ? `The configuration or the command has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n`
      : 'vivenu-ingest: ';
  process.stderr.write(`${title}${lines.join('\n')}\n`);
}
