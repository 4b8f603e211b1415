import pg from 'pg';
import { UsageError } from '../errors.js';
import { connectAlone } from '../load/connection.js';
import { quoteIdentifier, type DatabaseManager } from '../load/database.js';
import { columnOf } from '../reports/export-columns.js';
import type { Column, Row } from '../reports/export-text.js';
import { explainQuery } from './query-error.js';

export interface Question {
  readonly text: string;
  /** Rows at most; null: all. */
  readonly limit: number | null;
  /** Where tables without a schema are looked for. */
  readonly schema: string | undefined;
  readonly stop: AbortSignal;
  /** A snapshot that another connection exported and holds open, so that several questions see the same rows. */
  readonly snapshot?: string;
}

/** Takes rows as they come, with the columns; the first call comes even when there is no row. */
export type Take = (rows: readonly Row[], columns: readonly Column[]) => Promise<void>;

const TIMEOUT_S = 120;
const BATCH = 500;

/**
 * Carries out one query that reads, in a read-only transaction that is rolled back, and hands over its rows as PostgreSQL writes
 * them. Returns whether there are more rows than `limit`. Throws an Error with PostgreSQL's words and the place.
 */
export async function ask(db: DatabaseManager, question: Question, take: Take): Promise<boolean> {
  const how = methodOf(question.text);
  const connection = await connectAlone(db.config);
  const cancel = () => void cancelBackend(db, connection);
  question.stop.addEventListener('abort', cancel);
  try {
    question.stop.throwIfAborted();
    await restrict(connection, question);
    return how === 'cursor'
      ? await readByCursor(connection, question, take)
      : await readAtOnce(connection, question, take);
  } catch (error) {
    await connection.query('rollback').catch(() => undefined);
    throw await explainQuery(connection, question.text, error);
  } finally {
    question.stop.removeEventListener('abort', cancel);
    await connection.end().catch(() => undefined);
  }
}

const CURSOR = ['select', 'with', 'values', 'table', '('];
const OTHERS = ['show', 'explain'];

function methodOf(text: string): 'cursor' | 'other' {
  const start = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*(\(|\\?\w+)?/.exec(text)?.[1]?.toLowerCase();
  if (start === undefined) throw new UsageError(['sql: there is no query']);
  if (CURSOR.includes(start)) return 'cursor';
  if (OTHERS.includes(start)) return 'other';
  const words = [...CURSOR.slice(0, -1), ...OTHERS].join(', ');
  throw new Error(`sql only reads: a query begins with one of ${words}; this one begins with "${start}"`);
}

/**
 * A read-only transaction still lets a superuser end sessions, write files on the server and run programs there; the role that
 * may read all tables and nothing else cannot.
 */
async function restrict(connection: pg.Client, { schema, snapshot }: Question): Promise<void> {
  const same = snapshot === undefined ? '' : `set transaction snapshot ${pg.escapeLiteral(snapshot)};`;
  await connection.query(
    `begin ${same && 'isolation level repeatable read '}read only; ${same} set local statement_timeout = '${TIMEOUT_S}s'; set local cursor_tuple_fraction = 1`,
  );
  if (schema !== undefined)
    await connection.query(`set local search_path = ${quoteIdentifier(schema)}, public`);
  const { rows } = await connection.query<{ superuser: string }>(
    `select current_setting('is_superuser') as superuser`,
  );
  if (rows[0]?.superuser === 'on') await connection.query('set local role pg_read_all_data');
}

const PREFIX = 'declare answer no scroll cursor for ';

async function readByCursor(connection: pg.Client, { text, limit }: Question, take: Take): Promise<boolean> {
  try {
    // The extended protocol takes one statement only.
    await connection.query({ text: PREFIX + text, queryMode: 'extended' } as pg.QueryConfig);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.position !== undefined)
      error.position = String(Number(error.position) - PREFIX.length);
    throw error;
  }
  let left = limit ?? Infinity;
  for (;;) {
    // One more than is asked for tells whether there are more.
    const wanted = Math.min(BATCH, left + 1);
    const { rows, columns } = await read(connection, `fetch ${wanted} from answer`);
    await take(rows.slice(0, left), columns);
    if (rows.length > left) return true;
    if (rows.length < wanted) return false;
    left -= rows.length;
  }
}

async function readAtOnce(connection: pg.Client, { text, limit }: Question, take: Take): Promise<boolean> {
  const { rows, columns } = await read(connection, text);
  await take(rows.slice(0, limit ?? undefined), columns);
  return limit !== null && rows.length > limit;
}

/** Every value as the text that PostgreSQL writes, so that no digit and no fraction of a second is lost. */
const AS_WRITTEN = { getTypeParser: () => (text: string) => text };

async function read(
  connection: pg.Client,
  text: string,
): Promise<{ rows: Row[]; columns: readonly Column[] }> {
  const config = { text, rowMode: 'array', queryMode: 'extended', types: AS_WRITTEN } as const;
  const { rows, fields } = await connection.query<(string | null)[]>(config);
  const columns = fields.map(({ name, dataTypeID }) => columnOf(name, dataTypeID));
  const flags = columns.flatMap(({ kind }, i) => (kind === 'boolean' ? [i] : []));
  for (const row of rows)
    for (const i of flags) if (row[i] != null) row[i] = row[i] === 't' ? 'true' : 'false';
  return { rows, columns };
}

async function cancelBackend(db: DatabaseManager, connection: pg.Client): Promise<void> {
  const { processID } = connection as pg.Client & { processID: number | null };
  if (processID !== null) await db.query('select pg_cancel_backend($1)', [processID]).catch(() => undefined);
}
