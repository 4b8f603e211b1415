import { createHash } from 'node:crypto';
import { isNested } from '../streams/define.js';
import type { Shape } from '../streams/shape.js';
import { refuseUnadopted } from './unadopted.js';
import { quoteIdentifier, type Client, type Database } from './client.js';

/** A stream's table in one region's schema. */
export interface Table {
  readonly schema: string;
  readonly shape: Shape;
  /** Quoted and qualified. */
  readonly sql: string;
}

export const tableOf = (schema: string, shape: Shape): Table => ({
  schema,
  shape,
  sql: `${quoteIdentifier(schema)}.${quoteIdentifier(shape.stream.table)}`,
});

/** A row's primary key as one text, as `Row.id` has it. */
export const keyText = (table: Table): string => {
  const key = table.shape.stream.primaryKey.map(quoteIdentifier).join(', ');
  return table.shape.stream.primaryKey.length === 1 ? key : `concat_ws('/', ${key})`;
};

/** Of a row, the event whose summaries it is part of; `''` stands for those of the whole region. */
export const eventOf = ({ shape }: Table, row: string): string =>
  shape.stream.event === null ? `''` : `${row}.${quoteIdentifier(shape.stream.event)}`;

/** What every table has beside its stream's columns. */
export const BOOKKEEPING = {
  content_hash: 'bytea not null',
  first_seen_at: 'timestamptz not null',
  requested_at: 'timestamptz not null',
  synced_at: 'timestamptz not null',
  deleted_at: 'timestamptz',
  run_id: 'uuid not null',
};

/**
 * Creates the schema and the tables of a region, or adds what a newer version brings; never drops, empties or retypes anything.
 * Safe when two processes start at once. Throws what PostgreSQL says when the role may not, a FatalError for tables of the Python system.
 */
export async function createTables(client: Client, schema: string, tables: readonly Table[]): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('vivenu-ingest tables ' || $1, 0))`, [
    schema,
  ]);
  await refuseUnadopted(client, schema);
  const found = await client.query(`select 1 from pg_namespace where nspname = $1`, [schema]);
  if (found.rows.length === 0) await client.query(`create schema ${quoteIdentifier(schema)}`);
  const { rows } = await client.query<{ lz4: boolean }>(
    `select 'lz4' = any(enumvals) as lz4 from pg_settings where name = 'default_toast_compression'`,
  );
  const made: string[] = [];
  for (const table of tables)
    if (await createTable(client, table, rows[0]?.lz4 === true)) made.push(table.shape.stream.name);
  if (made.length > 0) await forgetReads(client, schema, made);
}

/** What was read into a table that somebody dropped since has to be read again. */
async function forgetReads(client: Client, schema: string, made: readonly string[]): Promise<void> {
  const { rows } = await client.query(
    `select 1 where to_regclass('vivenu_ingest.cursors') is not null and has_table_privilege('vivenu_ingest.cursors', 'delete')`,
  );
  if (rows.length > 0)
    await client.query(
      `delete from vivenu_ingest.cursors where schema_name = $1 and stream = any($2::text[])`,
      [schema, made],
    );
}

/**
 * A ticket is 2–3 KB, just over the size at which PostgreSQL compresses: lz4 costs a third of pglz,
 * and without lz4 leaving rows of up to a page uncompressed costs least.
 */
async function createTable(client: Client, table: Table, lz4: boolean): Promise<boolean> {
  const columns = columnsOf(table, lz4);
  const { rows } = await client.query<{ column_name: string }>(
    `select column_name from information_schema.columns where table_schema = $1 and table_name = $2`,
    [table.schema, table.shape.stream.table],
  );
  if (rows.length === 0) {
    const key = table.shape.stream.primaryKey.map(quoteIdentifier).join(', ');
    const definitions = columns.map(([name, type]) => `  ${quoteIdentifier(name)} ${type}`).join(',\n');
    const options = lz4 ? '' : ' with (toast_tuple_target = 8160)';
    await client.query(`create table ${table.sql} (\n${definitions},\n  primary key (${key})\n)${options}`);
  } else {
    const present = new Set(rows.map((row) => row.column_name));
    for (const [name, type] of columns.filter(([name]) => !present.has(name)))
      await client.query(
        `alter table ${table.sql} add column ${quoteIdentifier(name)} ${type.replace(' not null', '')}`,
      );
  }
  await createIndexes(client, table);
  return rows.length === 0;
}

const columnsOf = ({ shape }: Table, lz4: boolean): [name: string, type: string][] => [
  ...shape.columns.map(([name, column]): [string, string] => [
    name,
    column.type + (column.required ? ' not null' : ''),
  ]),
  ...Object.entries(shape.stream.enriched),
  ['raw', `jsonb${lz4 ? ' compression lz4' : ''} not null`],
  ...Object.entries(BOOKKEEPING),
];

/** Throws what PostgreSQL says when a table or a column of it is not there, or may not be read. */
export async function probeTable(db: Database, { sql, shape }: Table): Promise<void> {
  const own = [...shape.columns.map(([name]) => name), ...Object.keys(shape.stream.enriched)];
  const columns = [...own, 'raw', ...Object.keys(BOOKKEEPING)];
  await db.query(`select ${columns.map(quoteIdentifier).join(', ')} from ${sql} limit 0`);
}

/** The proof counts live rows by event, creation time and state on each run: from the index alone; likewise rows without an update time. */
async function createIndexes(client: Client, table: Table): Promise<void> {
  const { stream } = table.shape;
  if (isNested(stream) || stream.timed === null) return;
  const { scope, created, updated, state } = stream.timed;
  const [event, root] = scope.columns;
  await client.query(
    `create index if not exists ${indexName(table, 'live')} on ${table.sql} (${event}, ${created.column})
     include (${state.column}) where deleted_at is null`,
  );
  await client.query(
    `create index if not exists ${indexName(table, 'undated')} on ${table.sql} (${event})
     where deleted_at is null and ${updated.column} is null`,
  );
  await client.query(
    `create index if not exists ${indexName(table, 'root')} on ${table.sql} (${root}, ${event}) where ${root} is not null`,
  );
}

const indexName = ({ shape }: Table, purpose: string) => {
  const name = `${shape.stream.table}_${purpose}`;
  return quoteIdentifier(
    Buffer.byteLength(name) <= 63 ? name : createHash('sha256').update(name).digest('hex').slice(0, 60),
  );
};
