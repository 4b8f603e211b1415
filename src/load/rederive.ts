import type { Row } from '../streams/shape.js';
import { byteaArray, textArray } from './arrays.js';
import { quoteIdentifier, type Client, type Database } from './client.js';
import { eventOf, type Table } from './table.js';

/** Whether a table's rows were last written with another mapping than today's; false where none were. */
export async function isOutdated(db: Database, table: Table): Promise<boolean> {
  const rows = await db.query<{ version: string }>(
    `select version from vivenu_ingest.mappings where schema_name = $1 and stream = $2`,
    [table.schema, table.shape.stream.name],
  );
  return rows[0] !== undefined && rows[0].version !== table.shape.version;
}

/** Notes that a table's rows are written with today's mapping. */
export async function noteMapping(client: Client, table: Table): Promise<void> {
  await client.query(
    `insert into vivenu_ingest.mappings (schema_name, stream, version) values ($1, $2, $3)
     on conflict (schema_name, stream) do update set version = excluded.version where mappings.version <> excluded.version`,
    [table.schema, table.shape.stream.name, table.shape.version],
  );
}

/** Marks every event of a table's rows, so that the summaries of all are refreshed. */
export async function markAll(client: Client, table: Table): Promise<void> {
  await client.query(
    `insert into vivenu_ingest.changed_events (schema_name, event_id)
     select distinct $1, ${eventOf(table, 'stored')} from ${table.sql} as stored`,
    [table.schema],
  );
}

/** Some stored records in the order of their key, after one of them; of tables whose key is one column. */
export async function recordsAfter(
  db: Database,
  table: Table,
  id: string,
  limit: number,
): Promise<{ id: string; raw: unknown }[]> {
  const key = table.shape.stream.primaryKey.map(quoteIdentifier).join();
  return await db.query(
    `select ${key} as id, raw from ${table.sql} where ${key} > $1 order by ${key} limit $2`,
    [id, limit],
  );
}

/** Writes the typed columns of stored rows again; when they were synced stays as it is, since vivenu said nothing new. */
export async function rewriteColumns(client: Client, table: Table, rows: readonly Row[]): Promise<void> {
  const { columns, stream } = table.shape;
  const names = columns.map(([name]) => quoteIdentifier(name));
  const key = stream.primaryKey.map(
    (name) => `stored.${quoteIdentifier(name)} = incoming.${quoteIdentifier(name)}`,
  );
  await client.query(
    `update ${table.sql} as stored
     set ${columns.map(([, { type }], index) => `${names[index]} = incoming.${names[index]}::${type}`).join(', ')},
       content_hash = incoming.hash
     from unnest(${names.map((_, index) => `$${index + 1}::text[]`).join(', ')}, $${names.length + 1}::bytea[])
       as incoming (${names.join(', ')}, hash)
     where ${key.join(' and ')} and stored.content_hash <> incoming.hash`,
    [
      ...columns.map((_, position) => textArray(rows.map((row) => row.cells[position] ?? null))),
      byteaArray(rows.map((row) => row.hash)),
    ],
  );
}
