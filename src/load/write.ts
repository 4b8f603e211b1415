import { WHOLE_RECORD, type Reject, type Row } from '../streams/shape.js';
import type { Client } from './client.js';
import type { Table } from './table.js';
import { upsert, type Origin, type Written } from './upsert.js';

/** What became of rows: counts, and those that PostgreSQL itself refused. */
export interface Outcome extends Written {
  readonly refused: readonly Reject[];
}

/** Stores rows in the caller's transaction; a row that PostgreSQL refuses is found by halving and set aside alone. */
export async function writeRows(
  client: Client,
  table: Table,
  rows: readonly Row[],
  origin: Origin,
): Promise<Outcome> {
  await client.query('savepoint rows');
  try {
    const written = await upsert(client, table, rows, origin);
    await client.query('release savepoint rows');
    return { ...written, refused: [] };
  } catch (error) {
    const code = refusalOf(error);
    if (code === null) throw error;
    await client.query('rollback to savepoint rows');
    await client.query('release savepoint rows');
    if (rows.length === 1)
      return { inserted: 0, updated: 0, unchanged: 0, refused: rows.map((row) => refuse(row, code)) };
    const middle = Math.ceil(rows.length / 2);
    const first = await writeRows(client, table, rows.slice(0, middle), origin);
    const second = await writeRows(client, table, rows.slice(middle), origin);
    return {
      inserted: first.inserted + second.inserted,
      updated: first.updated + second.updated,
      unchanged: first.unchanged + second.unchanged,
      refused: [...first.refused, ...second.refused],
    };
  }
}

const refuse = (row: Row, code: string): Reject => ({
  key: row.id,
  id: row.id,
  field: WHOLE_RECORD,
  reason: `PostgreSQL refuses the row (SQLSTATE ${code})`,
  record: row.raw,
  exact: true,
});

/**
 * SQLSTATE of an error that one row can cause: data exception, constraint, program limit, an exception raised by a user's trigger.
 * The message is left out of the reason, since PostgreSQL quotes values in it.
 */
function refusalOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(22|23|54|P0)/.test(code) ? code : null;
}
