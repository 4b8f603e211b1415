import type { Row } from '../streams/shape.js';
import { byteaArray, jsonbArray, textArray } from './arrays.js';
import { quoteIdentifier, type Client } from './client.js';
import { markEvents } from './marks.js';
import { eventOf, type Table } from './table.js';

/** Where rows come from and when, for the bookkeeping and for which version of a row wins. */
export interface Origin {
  readonly runId: string;
  /** When the request that brought them was sent, milliseconds since 1970. */
  readonly requestedAt: number;
  /** Of a full read: wins over anything written before its request was sent, even with an older update time. */
  readonly full: boolean;
}

export interface Written {
  readonly inserted: number;
  readonly updated: number;
  /** Stored already with this content, or in a newer version. */
  readonly unchanged: number;
}

interface Upserted {
  readonly inserted: number;
  readonly written: number;
  /** Events of the rows written. */
  readonly marks: readonly string[];
}

/**
 * Stores rows with distinct keys: only those whose content differs from what is stored are sent whole,
 * and an older version never overwrites a newer one. Runs in the caller's transaction; throws what PostgreSQL says of a row it refuses.
 */
export async function upsert(
  client: Client,
  table: Table,
  rows: readonly Row[],
  origin: Origin,
): Promise<Written> {
  if (rows.length === 0) return { inserted: 0, updated: 0, unchanged: 0 };
  const { changed, events } = await findChanged(client, table, rows);
  if (changed.length === 0) return { inserted: 0, updated: 0, unchanged: rows.length };
  const { columns } = table.shape;
  const result = await client.query<Upserted>(upsertSql(table), [
    ...columns.map((_, position) => textArray(changed.map((row) => row.cells[position] ?? null))),
    jsonbArray(changed.map((row) => row.raw)),
    byteaArray(changed.map((row) => row.hash)),
    new Date(origin.requestedAt).toISOString(),
    new Date().toISOString(),
    origin.runId,
    origin.full,
  ]);
  const { inserted = 0, written = 0, marks = [] } = result.rows[0] ?? {};
  await markEvents(client, table.schema, [...marks, ...events]);
  return { inserted, updated: written - inserted, unchanged: rows.length - written };
}

/** The rows that are absent, marked deleted, or stored with another content. */
export const changedRows = async (client: Client, table: Table, rows: readonly Row[]) =>
  (await findChanged(client, table, rows)).changed;

/** The changed rows, and the events that their stored versions belong to. */
async function findChanged(
  client: Client,
  table: Table,
  rows: readonly Row[],
): Promise<{ changed: readonly Row[]; events: readonly string[] }> {
  const { shape } = table;
  const keys = shape.key.map((position) => textArray(rows.map((row) => row.cells[position] ?? null)));
  const names = shape.stream.primaryKey.map(quoteIdentifier);
  const arrays = names.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const result = await client.query<{ ordinal: number; event: string | null }>(
    `select incoming.ordinal::int, ${eventOf(table, 'stored')} as event
     from unnest(${arrays}, $${names.length + 1}::bytea[]) with ordinality as incoming (${names.join(', ')}, hash, ordinal)
     left join ${table.sql} as stored using (${names.join(', ')})
     where stored.content_hash is distinct from incoming.hash or stored.deleted_at is not null`,
    [...keys, byteaArray(rows.map((row) => row.hash))],
  );
  const events = [...new Set(result.rows.flatMap(({ event }) => event ?? []))];
  if (result.rows.length === rows.length) return { changed: rows, events };
  return { changed: result.rows.flatMap(({ ordinal }) => rows[ordinal - 1] ?? []), events };
}

const statements = new WeakMap<Table, string>();

function upsertSql(table: Table): string {
  const known = statements.get(table);
  if (known !== undefined) return known;
  const sql = buildUpsert(table);
  statements.set(table, sql);
  return sql;
}

function buildUpsert({ sql, shape }: Table): string {
  const names = shape.columns.map(([name]) => quoteIdentifier(name));
  const types = shape.columns.map(([, column]) => column.type);
  const next = names.length + 1;
  const [raw, hash, requestedAt, syncedAt, runId, full] = [0, 1, 2, 3, 4, 5].map(
    (offset) => `$${next + offset}`,
  );
  const key = shape.stream.primaryKey.map(quoteIdentifier);
  const written = [
    ...names.filter((name) => !key.includes(name)),
    'raw',
    'content_hash',
    'requested_at',
    'synced_at',
    'run_id',
  ];
  return `
with written as (
  insert into ${sql} as stored (${names.join(', ')}, raw, content_hash, first_seen_at, requested_at, synced_at, run_id)
  select ${names.map((name, index) => `incoming.${name}::${types[index]}`).join(', ')},
    incoming.raw, incoming.hash, ${syncedAt}::timestamptz, ${requestedAt}::timestamptz, ${syncedAt}::timestamptz, ${runId}::uuid
  from unnest(${names.map((_, index) => `$${index + 1}::text[]`).join(', ')}, ${raw}::jsonb[], ${hash}::bytea[])
    as incoming (${names.join(', ')}, raw, hash)
  on conflict (${key.join(', ')}) do update
  set ${written.map((name) => `${name} = excluded.${name}`).join(', ')}, deleted_at = null
  where (stored.content_hash <> excluded.content_hash or stored.deleted_at is not null)
    and (${newer(shape.columns.some(([name]) => name === 'updated_at'))}
      or (${full}::boolean and excluded.requested_at > stored.synced_at))
  returning stored.first_seen_at = ${syncedAt}::timestamptz as inserted, ${eventOf({ sql, shape, schema: '' }, 'stored')} as event
)
select (count(*) filter (where inserted))::int as inserted, count(*)::int as written,
  coalesce(array_agg(distinct event), '{}') as marks
from written`;
}

/** Of two versions the later update time wins; on a tie, or where either has none, the later request. */
const newer = (timed: boolean) => {
  const later = 'excluded.requested_at >= stored.requested_at';
  return timed
    ? `excluded.updated_at > stored.updated_at
      or ((excluded.updated_at = stored.updated_at or excluded.updated_at is null or stored.updated_at is null) and ${later})`
    : later;
};
