import type { Erasure } from '../sync/erase.js';
import { printable } from './rejects-text.js';
import { count, table } from './table.js';

interface How {
  readonly dryRun: boolean;
}

/** Where personal data may be that this program does not reach. */
export const OUT_OF_REACH: readonly string[] = [
  'at vivenu itself',
  'in backups and replicas that are restored later: erase again after a restore',
  'in reports and exports that were written before, and where they were sent',
  'in tables of your own that hold copies',
  'in files of PostgreSQL until it writes over them: its own log, its write-ahead log and archives of it, pages that vacuum has yet to free',
  'in your list of handed-out coupon codes, and in a record that was set aside without an id, in a region that leaves out whose it was',
];

/** What would be removed, for who is asked. */
export function foundText({ tables, unknown }: Erasure): string {
  const rows = tables.map((one) => [one.region, `${one.schema}.${one.table}`, one.rows, one.fields]);
  return [
    table(['Region', 'Table', 'Rows', 'Values'], rows),
    '',
    ...unknown.ticket.map((id) => `Ticket ${printable(id)}: nothing is stored of it.`),
    ...unknown.customer.map((id) => `Customer ${printable(id)}: nothing is stored under this id.`),
    '',
  ].join('\n');
}

/** What was removed, or with a dry run would be, for people. */
export function erasureText(erasure: Erasure, { dryRun }: How): string {
  const many = erasure.tables.reduce((sum, one) => sum + one.rows, 0);
  const rows = `${count(many)} row${many === 1 ? '' : 's'}`;
  return [
    foundText(erasure) +
      (dryRun
        ? `Would remove personal data from ${rows}; nothing was removed.`
        : `Removed personal data from ${rows}. The ids are remembered as keyed hashes, so that no later read brings it back.`),
    ...erasure.problems.map((problem) => `FAILED: ${problem}.`),
    '',
    'Out of reach, where it may still be:',
    ...OUT_OF_REACH.map((place) => `  - ${place}`),
    'Log files of vivenu-ingest hold no personal data.',
    '',
  ].join('\n');
}

/** The same as one JSON object. */
export function erasureJson({ tables, unknown, problems }: Erasure, { dryRun }: How): string {
  const failed =
    problems.length > 0 ? { status: 'failed', error: problems.join('; ') } : { status: 'complete' };
  const whole = {
    ...failed,
    dry_run: dryRun,
    tables,
    unknown: { tickets: unknown.ticket, customers: unknown.customer },
    out_of_reach: OUT_OF_REACH,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
