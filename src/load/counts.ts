import type { Timed } from '../streams/define.js';
import type { Client, Database } from './client.js';
import { quoteIdentifier } from './client.js';
import { markEvents } from './marks.js';
import { instant } from './rejects.js';
import { eventOf, keyText, type Table } from './table.js';

/** A part of a timed stream's table: events (null: all), a time (milliseconds, inclusive), states (absent: all). */
export interface Part {
  /** The time that bounds it; creation unless given. */
  readonly by?: 'created' | 'updated';
  readonly events: readonly string[] | null;
  readonly from: number | null;
  readonly to: number;
  readonly states?: readonly string[];
}

const timedOf = (table: Table): Timed => {
  const { stream } = table.shape;
  if ('timed' in stream && stream.timed !== null) return stream.timed;
  throw new TypeError(`stream ${stream.name} has no times`);
};

const live = (timed: Timed, by: 'created' | 'updated' = 'created') => `
  deleted_at is null and ${timed[by].column} <= $2
  and ($1::text[] is null or ${timed.scope.columns[0]} = any($1))
  and ($3::timestamptz is null or ${timed[by].column} >= $3)`;

/** A reject that names no event counts everywhere. A reject without a readable creation time, or in a part by update time, counts where a window of that time brought it. */
const rejectedIn = (by: 'created' | 'updated' = 'created') => `
  ($1::text[] is null or event_id is null or event_id = any($1))
  and case when '${by}' = 'created' and created_at is not null
    then created_at <= $2 and ($3::timestamptz is null or created_at >= $3)
    else window_by = '${by}' and window_to <= $2 and ($3::timestamptz is null or window_from >= $3) end`;

const bounds = (part: Part) => [part.events, instant(part.to), instant(part.from)];

/** Rows that the database accounts for in a part: live ones, plus open rejects that are not the newer version of a live row. */
export async function accountedFor(
  db: Database,
  table: Table,
  part: Part,
): Promise<{ stored: number; rejected: number }> {
  const timed = timedOf(table);
  const [row] = await db.query<{ stored: number; rejected: number }>(
    `select
       (select count(*) from ${table.sql}
        where ${live(timed, part.by)} and ($4::text[] is null or ${timed.state.column} = any($4)))::int as stored,
       (select count(*) from vivenu_ingest.rejected_records as reject
        where schema_name = $5 and stream = $6 and closed_at is null and ($4::text[] is null or state = any($4))
          and ${rejectedIn(part.by)}
          and not exists (select 1 from ${table.sql} as kept where ${keyText(table)} = reject.record_key and kept.deleted_at is null)
       )::int as rejected`,
    [...bounds(part), part.states ?? null, table.schema, table.shape.stream.name],
  );
  return row ?? { stored: 0, rejected: 0 };
}

/** Rows and open rejects that no creation time places, of these events. */
export async function unplaced(
  db: Database,
  table: Table,
  events: readonly string[] | null,
): Promise<number> {
  const timed = timedOf(table);
  const [row] = await db.query<{ count: number }>(
    `select (
       (select count(*) from ${table.sql} where deleted_at is null and ${timed.created.column} is null
          and ($1::text[] is null or ${timed.scope.columns[0]} = any($1)))
       + (select count(*) from vivenu_ingest.rejected_records
          where schema_name = $2 and stream = $3 and closed_at is null and created_at is null
            and window_by is distinct from 'created'
            and ($1::text[] is null or event_id is null or event_id = any($1)))
     )::int as count`,
    [events, table.schema, table.shape.stream.name],
  );
  return row?.count ?? 0;
}

/** Live rows of a part whose ids are not among those seen: the candidates for deletion. */
export async function unseenRows(
  db: Database,
  table: Table,
  part: Part,
  seen: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from ${table.sql} where ${live(timedOf(table))} and id <> all($4::text[])`,
    [...bounds(part), seen],
  );
  return rows.map((row) => row.id);
}

/** The creation time that halves the stored rows of a part, milliseconds; null where there are none. */
export async function medianCreation(db: Database, table: Table, part: Part): Promise<number | null> {
  const timed = timedOf(table);
  const [row] = await db.query<{ median: Date | null }>(
    `select percentile_disc(0.5) within group (order by ${timed.created.column}) as median from ${table.sql} where ${live(timed)}`,
    bounds(part),
  );
  return row?.median?.getTime() ?? null;
}

/** Events that stored rows name beside a configured root. */
export async function eventsOfRoots(db: Database, table: Table, roots: readonly string[]): Promise<string[]> {
  const [event, root] = timedOf(table).scope.columns;
  const rows = await db.query<{ event: string }>(
    `select distinct ${event} as event from ${table.sql} where ${root} = any($1::text[])`,
    [roots],
  );
  return rows.map((row) => row.event);
}

/** Live rows of a table, narrowed by a column; null: all. */
export async function liveRows(
  db: Database,
  table: Table,
  within: { column: string; values: readonly string[] } | null,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from ${table.sql} where deleted_at is null
     ${within ? `and ${quoteIdentifier(within.column)} = any($1::text[])` : ''}`,
    within ? [within.values] : [],
  );
  return row?.count ?? 0;
}

/** Live rows of a whole list, or of the part with these values in a column, whose keys are not among those seen. */
export async function unlistedRows(
  db: Database,
  table: Table,
  within: { column: string; values: readonly string[] } | null,
  seen: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ key: string }>(
    `select ${keyText(table)} as key from ${table.sql} where deleted_at is null and ${keyText(table)} <> all($1::text[])
     ${within ? `and ${quoteIdentifier(within.column)} = any($2::text[])` : ''}`,
    within ? [seen, within.values] : [seen],
  );
  return rows.map((row) => row.key);
}

/** Marks rows deleted unless a request sent since has brought them again. Returns how many. */
export async function markDeleted(
  client: Client,
  table: Table,
  keys: readonly string[],
  by: { readonly runId: string; readonly requestedAt: number },
): Promise<number> {
  const { rows } = await client.query<{ event: string }>(
    `update ${table.sql} as stored set deleted_at = now(), run_id = $2
     where ${keyText(table)} = any($1::text[]) and deleted_at is null and requested_at <= $3
     returning ${eventOf(table, 'stored')} as event`,
    [keys, by.runId, instant(by.requestedAt)],
  );
  await markEvents(
    client,
    table.schema,
    rows.map(({ event }) => event),
  );
  return rows.length;
}

/** Live rows without an update time: only a full read sees their edits. */
export async function undatedRows(db: Database, table: Table): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from ${table.sql} where deleted_at is null and ${timedOf(table).updated.column} is null`,
  );
  return row?.count ?? 0;
}
