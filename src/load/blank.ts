/** Takes values out of rows that are stored: their JSON is replaced, and columns are emptied. */
import { FatalError } from '../errors.js';
import { byteaArray, jsonbArray, textArray } from './arrays.js';
import { quoteIdentifier, type Client } from './client.js';
import { markEvents } from './marks.js';
import { BOOKKEEPING, eventOf, keyText, type Table } from './table.js';

/** A stored row, and whether it has a value in any of the columns that were asked about. */
export interface StoredRecord {
  readonly id: string;
  readonly raw: unknown;
  readonly filled: boolean;
}

/** What is to be stored of a row from now on. */
export interface Remainder {
  readonly id: string;
  readonly raw: string;
  readonly hash: Buffer;
}

/** Whether a schema has the table at all. */
export async function tableExists(client: Client, { sql }: Table): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    sql,
  ]);
  return rows[0]?.exists === true;
}

/**
 * The columns of a table that may hold something of a person: all but those that are known to be nobody's, so also those of an earlier
 * profile and of strangers. Throws a FatalError for one that cannot be emptied.
 */
export async function personalColumns(client: Client, table: Table): Promise<string[]> {
  const kept = [...table.shape.impersonal, 'raw', ...Object.keys(BOOKKEEPING)];
  const { rows } = await client.query<{ name: string; required: boolean }>(
    `select attname as name, attnotnull as required from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attname <> all($2::text[])
     order by attnum`,
    [table.sql, kept],
  );
  const required = rows
    .filter((row) => row.required)
    .map(({ name }) => `${table.sql}.${quoteIdentifier(name)}`);
  if (required.length > 0)
    throw new FatalError(
      `${required.join(', ')} cannot be emptied, since it is not null, and may hold personal data: ` +
        `alter table ${table.sql} alter column … drop not null, or drop the column`,
    );
  return rows.map(({ name }) => name);
}

/** Rows that have one of these values in one of these columns, after a key in its order. */
export async function recordsOf(
  client: Client,
  table: Table,
  values: ReadonlyMap<string, readonly string[]>,
  { columns, after, limit }: { columns: readonly string[]; after: string; limit: number },
): Promise<StoredRecord[]> {
  const names = [...values.keys()];
  if (names.length === 0) return [];
  const found = names.map((name, index) => `${quoteIdentifier(name)} = any($${index + 3}::text[])`);
  const filled =
    columns.length > 0 ? `not (row(${columns.map(quoteIdentifier).join(', ')}) is null)` : 'false';
  const { rows } = await client.query<StoredRecord>(
    `select ${keyText(table)} as id, raw, ${filled} as filled from ${table.sql}
     where (${found.join(' or ')}) and ${keyText(table)} > $1 order by 1 limit $2`,
    [after, limit, ...values.values()],
  );
  return rows;
}

/** Stores what is left of rows, empties these columns, and marks their events; when they were synced stays, since vivenu said nothing new. */
export async function blankRows(
  client: Client,
  table: Table,
  rows: readonly Remainder[],
  columns: readonly string[],
): Promise<void> {
  const empty = columns.map((name) => `${quoteIdentifier(name)} = null, `).join('');
  const written = await client.query<{ event: string }>(
    `update ${table.sql} as stored set ${empty}raw = incoming.raw, content_hash = incoming.hash
     from unnest($1::text[], $2::jsonb[], $3::bytea[]) as incoming (record_key, raw, hash)
     where ${keyText(table)} = incoming.record_key
     returning ${eventOf(table, 'stored')} as event`,
    [
      textArray(rows.map(({ id }) => id)),
      jsonbArray(rows.map(({ raw }) => raw)),
      byteaArray(rows.map(({ hash }) => hash)),
    ],
  );
  await markEvents(
    client,
    table.schema,
    written.rows.map(({ event }) => event),
  );
}

/**
 * Deletes rows with these values from the table that keeps what was set apart when a database of the Python system was taken over; null
 * where there is none. `fields` are the values that they had.
 */
export async function deleteDuplicates(
  client: Client,
  { schema, shape }: Table,
  values: ReadonlyMap<string, readonly string[]>,
): Promise<{ table: string; rows: number; fields: number } | null> {
  const table = `${shape.stream.table}_duplicates`;
  const sql = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const { rows: found } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attname = any($2::text[])`,
    [sql, [...values.keys()]],
  );
  if (found.length === 0) return null;
  const named = found.map(({ name }, index) => `${quoteIdentifier(name)}::text = any($${index + 1}::text[])`);
  const { rows } = await client.query<{ rows: number; fields: number }>(
    `with gone as (delete from ${sql} as gone where ${named.join(' or ')} returning to_jsonb(gone) as record)
     select count(*)::int as rows, coalesce(sum(
       (select count(*) from jsonb_each_text(record) where value is not null)
     ), 0)::int as fields from gone`,
    found.map(({ name }) => values.get(name)),
  );
  const { rows: left } = await client.query(`select 1 from ${sql} limit 1`);
  // Of an empty table, PostgreSQL keeps the samples that it has.
  await (left.length > 0 ? forgetSamples(client, sql) : client.query(`drop table ${sql}`));
  return { table, rows: rows[0]?.rows ?? 0, fields: rows[0]?.fields ?? 0 };
}

/** PostgreSQL keeps samples of values for its plans: they are taken anew, so that none is left of what was taken out. */
export async function forgetSamples(client: Client, table: string): Promise<void> {
  await client.query(`analyze ${table}`);
}
