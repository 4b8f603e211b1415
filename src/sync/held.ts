import { accountedFor, type Part } from '../load/counts.js';
import { rehearsedIn } from '../load/rehearsed.js';
import type { Table } from '../load/table.js';
import type { Run } from './context.js';

/** What a table accounts for in a part, with what a dry run would have written. */
export async function heldIn(
  run: Run,
  table: Table,
  part: Part,
): Promise<{ stored: number; rejected: number }> {
  const held = await accountedFor(run.db, table, part);
  return run.options.dryRun
    ? { ...held, stored: held.stored + (await rehearsedIn(run.db, table, part)) }
    : held;
}
