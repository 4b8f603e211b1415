import pg from 'pg';
import { quoteIdentifier, type Client, type Database } from '../../load/database.js';

/** Asks within one region, all of it of the same moment. */
export type Ask = <R extends object>(text: string, values?: readonly unknown[]) => Promise<R[]>;

/** What PostgreSQL says where a schema, a table or a column is not there: the region was never read, or by an older version. */
const ABSENT = new Set(['3F000', '42P01', '42703', '42883']);

/** Runs the work with names that are those of the region's schema; null where its views are not there yet. */
export async function inRegion<T>(
  db: Pick<Database, 'transaction'>,
  schema: string,
  work: (ask: Ask) => Promise<T>,
): Promise<T | null> {
  try {
    return await db.transaction(async (client: Client) => {
      await client.query(
        `set transaction isolation level repeatable read, read only; set local search_path to ${quoteIdentifier(schema)}`,
      );
      return await work(async <R extends object>(text: string, values: readonly unknown[] = []) => {
        const { rows } = await client.query<R>(text, values);
        return rows;
      });
    });
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return ABSENT.has(error.code ?? '');
  return error instanceof Error && error.cause !== undefined && isAbsent(error.cause);
}
