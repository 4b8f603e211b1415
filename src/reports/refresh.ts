import { quoteIdentifier, type Client, type Database } from '../load/client.js';
import { markTracked, storeCouponCodes, type CouponCode } from '../load/coupon-codes.js';
import { tell } from '../load/notices.js';
import { ENRICHED, sqlFile } from './definitions.js';
import type { Facts } from './facts.js';
import { HISTORIES, SUMMARIES, type Summary } from './summaries.js';

/** What a refresh is asked for. */
interface Wanted {
  readonly all: boolean;
  readonly codes: readonly CouponCode[] | null;
  /** Whether the histories get their point; every few seconds would be too often. @default true */
  readonly notes?: boolean;
}

/** What a refresh did. */
export interface Refreshed {
  /** Events whose summaries were worked out again. */
  readonly events: number;
  /** Rows of summaries that were added, changed or removed. */
  readonly rows: number;
}

/**
 * Joins are over whole events, and of rows just written PostgreSQL has no statistics yet: where it takes thousands for one, a nested
 * loop takes a minute instead of 0.1 s (50,000 tickets).
 */
const WHOLE_EVENTS = `set local enable_nestloop = off; set local jit = off; set local work_mem = '64MB'`;

/**
 * Works out the summaries of the events of which something was written since the last time (`all`: of every event), and notes the sold
 * counts in the histories, in one transaction: readers see either the old or the new. Only rows that differ are written. `codes` are the
 * handed-out coupon codes; null leaves the stored list as it is.
 */
export async function refreshSummaries(db: Database, facts: Facts, what: Wanted): Promise<Refreshed> {
  return await db.transaction((client) => refreshWithin(client, facts, what));
}

/** The same in a transaction of the caller's, whose settings it changes. */
export async function refreshWithin(
  client: Client,
  facts: Facts,
  { all, codes, notes = true }: Wanted,
): Promise<Refreshed> {
  const { schema } = facts;
  // One at a time: two would write the same differences.
  await client.query(`select pg_advisory_xact_lock(hashtextextended('vivenu-ingest summaries ' || $1, 0))`, [
    schema,
  ]);
  await client.query(`set local search_path = ${quoteIdentifier(schema)}; ${WHOLE_EVENTS}`);
  const changed = await changedEvents(client, schema, all);
  for (const name of ENRICHED) await client.query(sqlFile(`enrich/${name}.sql`), [changed]);
  if (codes !== null) await storeCouponCodes(client, schema, codes);
  await markTracked(client, schema);
  const rows = await writeSummaries(client, facts, changed);
  if (notes) await noteHistories(client, facts, await eventsToNote(client, changed));
  if (rows > 0 || notes) await tell(client, { what: 'sales', region: facts.region });
  return { events: changed.length, rows };
}

/** Takes away what the summaries hold of these tickets and, word by word, of their events, until these, which are marked, are refreshed. */
export async function forgetTickets(
  client: Client,
  schema: string,
  tickets: readonly string[],
): Promise<void> {
  const place = quoteIdentifier(schema);
  for (const { name, columns, answers } of SUMMARIES) {
    if (!('ticket_id' in columns) && answers === undefined) continue;
    const { rows } = await client.query('select 1 where to_regclass($1) is not null', [`${place}.${name}`]);
    if (rows.length === 0) continue;
    const theirs =
      answers !== undefined
        ? `event_id in (select event_id from ${place}.tickets where id = any($1::text[]))`
        : 'ticket_id = any($1::text[])';
    await client.query(`delete from ${place}.${name} where ${theirs}`, [tickets]);
  }
}

/** Brings the summaries of events to what their queries say now, in a transaction whose search path is the schema. Returns the rows written. */
export async function writeSummaries(
  client: Client,
  facts: Facts,
  events: readonly string[],
): Promise<number> {
  let rows = 0;
  for (const summary of SUMMARIES) rows += await refresh(client, summary, events, facts);
  return rows;
}

/** Adds to each history what the summaries of events say now, in a transaction whose search path is the schema. */
export async function noteHistories(client: Client, facts: Facts, events: readonly string[]): Promise<void> {
  for (const { name } of HISTORIES)
    await client.query(withParameters(sqlFile(`history/${name}.sql`)), [events, JSON.stringify(facts)]);
}

/** Gives PostgreSQL its statistics of tables that grew much since it last had them, so that the views are fast at once. */
export async function analyzeGrown(db: Database, schema: string): Promise<void> {
  const grown = await db.query<{ name: string }>(
    `select relname as name from pg_stat_user_tables
     where schemaname = $1 and n_mod_since_analyze > 500 + n_live_tup / 5`,
    [schema],
  );
  for (const { name } of grown)
    await db.query(`analyze (skip_locked) ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
}

/** Takes the marks away, in the transaction that does what they ask for. */
async function changedEvents(client: Client, schema: string, all: boolean): Promise<string[]> {
  const marks = await client.query<{ event_id: string }>(
    `delete from vivenu_ingest.changed_events where schema_name = $1 returning event_id`,
    [schema],
  );
  const stored = all ? await storedEvents(client) : [];
  const events = new Set([...marks.rows.map(({ event_id }) => event_id), ...stored]);
  events.delete('');
  return [...events];
}

/** Every event that has a row, or a ticket. The search path is the schema. */
export async function storedEvents(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ event_id: string }>(
    `select id as event_id from events union select event_id from tickets where event_id <> ''`,
  );
  return rows.map(({ event_id }) => event_id);
}

/** Events that changed, and all that are not over: a history without new points would look like one that was not kept. */
async function eventsToNote(client: Client, changed: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select id from events where deleted_at is null
       and (id = any($1::text[]) or end_date is null or end_date > now() - interval '1 day')`,
    [changed],
  );
  return rows.map(({ id }) => id);
}

/** Writes the difference between a summary and what its query says now. Returns the rows written. */
async function refresh(
  client: Client,
  summary: Summary,
  events: readonly string[],
  facts: Facts,
): Promise<number> {
  if (summary.scope === 'event' && events.length === 0) return 0;
  const result = await client.query<{ count: number }>(differenceSql(summary), [
    events,
    JSON.stringify(facts),
  ]);
  return result.rows[0]?.count ?? 0;
}

function differenceSql({ name, scope, key, columns }: Summary): string {
  const names = Object.keys(columns).map(quoteIdentifier);
  const keys = key.map(quoteIdentifier);
  const rest = names.filter((column) => !keys.includes(column));
  const same = keys.map((column) => `fresh.${column} = stored.${column}`).join(' and ');
  const row = (of: string) => `(${rest.map((column) => `${of}.${column}`).join(', ')})`;
  const update =
    rest.length === 0
      ? 'nothing'
      : `update set ${rest.map((column) => `${column} = excluded.${column}`).join(', ')}
         where ${row('stored')} is distinct from ${row('excluded')}`;
  return withParameters(`
, fresh as materialized (
${sqlFile(`summaries/${name}.sql`)}
), gone as (
  delete from ${name} as stored
  where ${scope === 'event' ? 'stored.event_id = any($1::text[]) and ' : ''}not exists (select from fresh where ${same})
  returning 1
), written as (
  insert into ${name} as stored (${names.join(', ')})
  select ${names.join(', ')} from fresh
  on conflict (${keys.join(', ')}) do ${update}
  returning 1
)
select (select count(*) from gone)::int + (select count(*) from written)::int as count`);
}

/** Gives both parameters their types, also where a statement uses one of them or none. */
const withParameters = (sql: string) =>
  `with parameters as (select $1::text[] as events, $2::jsonb as facts) ${sql}`;
