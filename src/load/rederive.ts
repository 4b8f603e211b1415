import type { Row } from '../streams/shape.js';
import { byteaArray, jsonbArray, textArray } from './arrays.js';
import { quoteIdentifier, type Client, type Database } from './client.js';
import { markEvents } from './marks.js';
import { eventOf, type Table } from './table.js';

/** In what a table's rows were last written otherwise than today; in nothing where none were. */
export interface Outdated {
  /** The columns are read in another way. */
  readonly columns: boolean;
  /** Something else is taken out of the records. */
  readonly omitted: boolean;
}

/** What has changed since a table's rows were last brought to the mapping of then. */
export async function outdatedIn(client: Client, table: Table): Promise<Outdated> {
  const { rows } = await client.query<{ version: string; omitted: string | null }>(
    `select version, omitted from vivenu_ingest.mappings where schema_name = $1 and stream = $2`,
    [table.schema, table.shape.stream.name],
  );
  const [noted] = rows;
  const { version, omitted } = table.shape;
  if (noted === undefined) return { columns: false, omitted: false };
  return { columns: noted.version !== version, omitted: noted.omitted !== omitted };
}

/** Notes that a table's rows are written with today's mapping. */
export async function noteMapping(client: Client, table: Table): Promise<void> {
  await client.query(
    `insert into vivenu_ingest.mappings (schema_name, stream, version, omitted) values ($1, $2, $3, $4)
     on conflict (schema_name, stream) do update set version = excluded.version, omitted = excluded.omitted
     where (mappings.version, mappings.omitted) is distinct from (excluded.version, excluded.omitted)`,
    [table.schema, table.shape.stream.name, table.shape.version, table.shape.omitted],
  );
}

/** Marks every event of a table's rows, so that the summaries of all are refreshed. */
export async function markAll(client: Client, table: Table): Promise<void> {
  const { rows } = await client.query<{ event: string }>(
    `select distinct ${eventOf(table, 'stored')} as event from ${table.sql} as stored`,
  );
  await markEvents(
    client,
    table.schema,
    rows.map(({ event }) => event),
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

/**
 * Writes the typed columns of stored rows again, and with `json` the record too; when they were synced stays as it is, since vivenu said
 * nothing new.
 */
export async function rewriteRows(
  client: Client,
  table: Table,
  rows: readonly Row[],
  { json }: { json: boolean },
): Promise<void> {
  if (rows.length === 0) return;
  const { columns, stream } = table.shape;
  const names = columns.map(([name]) => quoteIdentifier(name));
  const [hash, raw] = [names.length + 1, names.length + 2];
  const set = columns.map(([, { type }], index) => `${names[index]} = incoming.${names[index]}::${type}`);
  const arrays = [...names.map((_, index) => `$${index + 1}::text[]`), `$${hash}::bytea[]`];
  const key = stream.primaryKey.map(
    (name) => `stored.${quoteIdentifier(name)} = incoming.${quoteIdentifier(name)}`,
  );
  await client.query(
    `update ${table.sql} as stored
     set ${set.join(', ')}, ${json ? 'raw = incoming.raw, ' : ''}content_hash = incoming.hash
     from unnest(${[...arrays, ...(json ? [`$${raw}::jsonb[]`] : [])].join(', ')})
       as incoming (${[...names, 'hash', ...(json ? ['raw'] : [])].join(', ')})
     where ${key.join(' and ')} and stored.content_hash <> incoming.hash`,
    [
      ...columns.map((_, position) => textArray(rows.map((row) => row.cells[position] ?? null))),
      byteaArray(rows.map((row) => row.hash)),
      ...(json ? [jsonbArray(rows.map((row) => row.raw))] : []),
    ],
  );
}
