/**
 * What a dry run would have written: rows that it would add, change or mark deleted, in a temporary table of its transaction,
 * as differences to what is stored, so that the proof counts as if they were. No table of the database is touched.
 */
import { isNested } from '../streams/define.js';
import type { Row } from '../streams/shape.js';
import { textArray } from './arrays.js';
import type { Client, Database } from './client.js';
import type { Part } from './counts.js';
import { instant, type RejectedRecord } from './rejects.js';
import { keyText, type Table } from './table.js';
import { changedRows, type Written } from './upsert.js';

export async function beginRehearsal(db: Database): Promise<void> {
  await db.query(
    `create temp table rehearsed (
       schema_name text, stream text, record_key text, event_id text, created_at timestamptz, state text,
       difference int, aside boolean, primary key (schema_name, stream, record_key, difference)
     ) on commit drop`,
  );
}

/** Names of the columns that the proof counts by; nulls for a stream without times. */
function factColumns({
  shape: { stream },
}: Table): readonly [event: string | null, created: string | null, state: string | null] {
  if (isNested(stream) || stream.timed === null) return [null, null, null];
  return [stream.timed.scope.columns[0], stream.timed.created.column, stream.timed.state.column];
}

/** A row whose reject is open is counted by that already. */
const add = (table: Table) => `
insert into pg_temp.rehearsed
select $1, $2, incoming.record_key, incoming.event_id, incoming.created_at::timestamptz, incoming.state, 1, $7
from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as incoming (record_key, event_id, created_at, state)
where not exists (select 1 from vivenu_ingest.rejected_records as reject
    where reject.schema_name = $1 and reject.stream = $2 and reject.closed_at is null and reject.record_key = incoming.record_key)
  or exists (select 1 from ${table.sql} where deleted_at is null and ${keyText(table)} = incoming.record_key)
on conflict (schema_name, stream, record_key, difference) do update
set event_id = excluded.event_id, created_at = excluded.created_at, state = excluded.state, aside = excluded.aside`;

/** Notes rows as if they were stored; returns what would have become of them. */
export async function rehearseRows(client: Client, table: Table, rows: readonly Row[]): Promise<Written> {
  const changed = await changedRows(client, table, rows);
  const gone = await rehearseGone(
    client,
    table,
    changed.map((row) => row.id),
  );
  const cells = factColumns(table).map((name) => {
    const position = table.shape.columns.findIndex(([column]) => column === name);
    return textArray(changed.map((row) => row.cells[position] ?? null));
  });
  const before = await client.query(
    `select 1 from pg_temp.rehearsed where schema_name = $1 and stream = $2 and difference = 1 and record_key = any($3::text[])`,
    [table.schema, table.shape.stream.name, textArray(changed.map((row) => row.id))],
  );
  await client.query(add(table), [
    table.schema,
    table.shape.stream.name,
    textArray(changed.map((row) => row.id)),
    ...cells,
    false,
  ]);
  const inserted = Math.max(0, changed.length - gone - before.rows.length);
  return { inserted, updated: Math.min(gone, changed.length), unchanged: rows.length - changed.length };
}

/** Notes live rows as if they were no longer there; returns how many there are. */
export async function rehearseGone(client: Client, table: Table, keys: readonly string[]): Promise<number> {
  const [event, created, state] = factColumns(table).map((name) => name ?? 'null');
  const { rowCount } = await client.query(
    `insert into pg_temp.rehearsed
     select $1, $2, ${keyText(table)}, ${event}, ${created}::timestamptz, ${state}, -1, false
     from ${table.sql} where ${keyText(table)} = any($3::text[]) and deleted_at is null
     on conflict do nothing`,
    [table.schema, table.shape.stream.name, textArray(keys)],
  );
  return rowCount ?? 0;
}

/** Notes rejects as if they were kept, save those that are open already or that a live row stands for. */
export async function rehearseRejects(
  client: Client,
  table: Table,
  rejects: readonly RejectedRecord[],
): Promise<void> {
  const { rows } = await client.query<{ key: string }>(
    `select record_key as key from vivenu_ingest.rejected_records
     where schema_name = $1 and stream = $2 and closed_at is null and record_key = any($3::text[])
     union all
     select ${keyText(table)} from ${table.sql} where deleted_at is null and ${keyText(table)} = any($3::text[])`,
    [table.schema, table.shape.stream.name, textArray(rejects.map(({ key }) => key))],
  );
  const known = new Set(rows.map(({ key }) => key));
  const added = rejects.filter(({ key }) => !known.has(key));
  await client.query(add(table), [
    table.schema,
    table.shape.stream.name,
    textArray(added.map(({ key }) => key)),
    textArray(added.map(({ eventId }) => eventId)),
    textArray(added.map(({ createdAt }) => instant(createdAt))),
    textArray(added.map(({ state: value }) => value)),
    true,
  ]);
}

const DIFFERENCE = `
select coalesce(sum(difference), 0)::int as sum from pg_temp.rehearsed
where schema_name = $1 and stream = $2 and ($3::text[] is null or event_id = any($3))`;

/** How many rows more a part would hold. */
export async function rehearsedIn(
  db: Database,
  table: Table,
  { events, from, to, states }: Part,
): Promise<number> {
  const [row] = await db.query<{ sum: number }>(
    `${DIFFERENCE} and created_at <= $4 and ($5::timestamptz is null or created_at >= $5) and ($6::text[] is null or state = any($6))`,
    [table.schema, table.shape.stream.name, events, instant(to), instant(from), states ?? null],
  );
  return row?.sum ?? 0;
}

/** How many rows more a whole list would hold; `unplaced`: of those that no creation time places. */
export async function rehearsedOf(
  db: Database,
  table: Table,
  events: readonly string[] | null,
  unplaced = false,
): Promise<number> {
  const [row] = await db.query<{ sum: number }>(`${DIFFERENCE} ${unplaced ? 'and created_at is null' : ''}`, [
    table.schema,
    table.shape.stream.name,
    events,
  ]);
  return row?.sum ?? 0;
}

/** How many records more would be set aside, by stream of a schema. */
export async function rehearsedRejects(db: Database, schema: string): Promise<Map<string, number>> {
  const rows = await db.query<{ stream: string; count: number }>(
    `select stream, count(*)::int as count from pg_temp.rehearsed where schema_name = $1 and aside group by stream`,
    [schema],
  );
  return new Map(rows.map(({ stream, count }) => [stream, count]));
}
