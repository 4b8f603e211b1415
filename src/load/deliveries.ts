/** The inbox of webhooks: `vivenu_ingest.webhook_deliveries`. */
import type { Client, Database } from './client.js';

import { forgetSamples } from './blank.js';
/** A delivery as it is written down before it is answered. */
export interface NewDelivery {
  readonly region: string;
  readonly id: string;
  readonly type: string;
  readonly receivedAt: Date;
  /** JSON of what it holds, without what is never stored. */
  readonly payload: string;
  /** The records that it brings. */
  readonly carried: readonly Carried[];
}

/** A record in a delivery: stream, id, `updatedAt` in UTC with milliseconds. */
export type Carried = readonly [stream: string, id: string, updatedAt: string | null];

/** A delivery that is to be worked off. */
export interface OpenDelivery {
  readonly number: number;
  readonly type: string;
  readonly receivedAt: Date;
  readonly payload: unknown;
}

/** What became of a delivery. */
export type DeliveryOutcome = 'stored' | 'elsewhere' | 'kept' | 'erased' | 'failed';

/** Writes deliveries down; returns the ids, by region and id, of those that were not there yet. */
export async function insertDeliveries(
  db: Pick<Database, 'query'>,
  deliveries: readonly NewDelivery[],
): Promise<Set<string>> {
  const rows = await db.query<{ region: string; id: string }>(
    `insert into vivenu_ingest.webhook_deliveries (region, delivery_id, type, received_at, payload, carried)
     select region, id, type, received_at, payload::json, carried::jsonb
     from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
       as come (region, id, type, received_at, payload, carried)
     on conflict (region, delivery_id) do nothing
     returning region, delivery_id as id`,
    [
      deliveries.map(({ region }) => region),
      deliveries.map(({ id }) => id),
      deliveries.map(({ type }) => type),
      deliveries.map(({ receivedAt }) => receivedAt.toISOString()),
      deliveries.map(({ payload }) => payload),
      deliveries.map(({ carried }) => JSON.stringify(carried)),
    ],
  );
  return new Set(rows.map(deliveryKey));
}

/** What tells a delivery from all others. */
export const deliveryKey = ({ region, id }: Pick<NewDelivery, 'region' | 'id'>): string => `${region} ${id}`;

/** Stored bytes of the deliveries that are worked on together; one alone may be larger. */
const CLAIM_BYTES = 16_000_000;

/** Takes the oldest open deliveries of a region that no other process has taken, until the caller's transaction ends; `more`: not all of them. */
export async function claimDeliveries(
  client: Client,
  region: string,
  limit: number,
): Promise<{ deliveries: OpenDelivery[]; more: boolean }> {
  const { rows } = await client.query<OpenDelivery & { taken: number }>(
    `with taken as materialized (
       select delivery_no, type, received_at, payload, pg_column_size(payload) as size
       from vivenu_ingest.webhook_deliveries
       where region = $1 and processed_at is null
       order by delivery_no limit $2 for update skip locked
     ), added as (
       select *, sum(size) over (order by delivery_no) as bytes, (count(*) over ())::int as taken from taken
     )
     select delivery_no as number, type, received_at as "receivedAt", payload, taken
     from added where bytes <= $3 or bytes = size order by delivery_no`,
    [region, limit, CLAIM_BYTES],
  );
  const taken = rows[0]?.taken ?? 0;
  return { deliveries: rows, more: taken === limit || rows.length < taken };
}

/** Books what became of deliveries. What is stored elsewhere, or belongs to nobody here, loses its payload. */
export async function closeDeliveries(
  client: Client,
  numbers: readonly number[],
  { outcome, reason = null }: { outcome: DeliveryOutcome; reason?: string | null },
): Promise<void> {
  if (numbers.length === 0) return;
  await client.query(
    `update vivenu_ingest.webhook_deliveries
     set processed_at = clock_timestamp(), outcome = $2, reason = $3,
       payload = case when $2 in ('kept', 'failed') then payload end
     where delivery_no = any($1::bigint[])`,
    [numbers, outcome, reason],
  );
}

/** Open deliveries by region, with the age of the oldest in seconds. */
export async function openDeliveries(
  db: Pick<Database, 'query'>,
): Promise<{ region: string; open: number; oldest: number }[]> {
  return await db.query(
    `select region, count(*)::int as open, extract(epoch from now() - min(received_at))::float8 as oldest
     from vivenu_ingest.webhook_deliveries where processed_at is null group by region`,
  );
}

/** What was heard of a region: deliveries of a day and the last one, those that wait, and those of 30 days that could not be stored. */
export interface Heard {
  readonly region: string;
  readonly day: number;
  readonly last: Date;
  readonly open: number;
  readonly failed: number;
}

/** What was heard of regions; nothing of one that never heard anything, null without the table. */
export async function heardLately(
  db: Pick<Database, 'query'>,
  regions: readonly string[],
): Promise<Heard[] | null> {
  const [found] = await db.query<{ exists: boolean }>(
    `select to_regclass('vivenu_ingest.webhook_deliveries') is not null as exists`,
  );
  if (found?.exists !== true) return null;
  return await db.query(
    `select wanted as region, last, (
       select count(*)::int from vivenu_ingest.webhook_deliveries
       where region = wanted and received_at > now() - interval '1 day'
     ) as day, (
       select count(*)::int from vivenu_ingest.webhook_deliveries where region = wanted and processed_at is null
     ) as open, (
       select count(*)::int from vivenu_ingest.webhook_deliveries where region = wanted and outcome = 'failed'
     ) as failed
     from unnest($1::text[]) as wanted
     cross join lateral (
       select max(received_at) as last from vivenu_ingest.webhook_deliveries where region = wanted
     ) as heard
     where last is not null`,
    [regions],
  );
}

/** Those of these regions of which a delivery waits to be worked off. */
export async function waitingRegions(
  db: Pick<Database, 'query'>,
  regions: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ region: string }>(
    `select wanted as region from unnest($1::text[]) as wanted
     where exists (
       select from vivenu_ingest.webhook_deliveries where region = wanted and processed_at is null
     )`,
    [regions],
  );
  return rows.map(({ region }) => region);
}

/** Forgets deliveries that are older than so many days; one that nobody worked off until then is one of a region that is gone. */
export async function forgetDeliveries(db: Pick<Database, 'query'>, days: number): Promise<void> {
  await db.query(
    `delete from vivenu_ingest.webhook_deliveries
     where received_at < now() - make_interval(days => $1)`,
    [days],
  );
}

const gate = (schema: string) => `vivenu-ingest deliveries ${schema}`;

/**
 * Waits until deliveries may be stored: nobody is being erased. It holds until the transaction ends, whose commit does not wait for the disk:
 * a power cut undoes rows and books together, and the deliveries, which did wait for it, are worked off again.
 */
export async function passGate(client: Client, schema: string): Promise<void> {
  await client.query(
    `select set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock_shared(hashtextextended($1, 0))`,
    [gate(schema)],
  );
}

/** Lets no delivery be stored until the transaction ends, so that each is stored before or after somebody is erased. */
export async function keepDeliveriesOut(client: Client, schema: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [gate(schema)]);
}

/** Empties the deliveries in which one of these ids stands. What an open one would have changed, the next run brings. */
export async function eraseDeliveries(
  client: Client,
  region: string,
  ids: readonly string[],
): Promise<{ schema: string; table: string; rows: number; fields: number }> {
  const { rowCount } = await client.query(
    `update vivenu_ingest.webhook_deliveries
     set payload = null, outcome = 'erased', processed_at = coalesce(processed_at, clock_timestamp())
     where region = $1 and payload is not null
       and exists (select from unnest($2::text[]) as erased (id) where strpos(payload::text, id) > 0)`,
    [region, ids],
  );
  const rows = rowCount ?? 0;
  if (rows > 0) await forgetSamples(client, 'vivenu_ingest.webhook_deliveries');
  return { schema: 'vivenu_ingest', table: 'webhook_deliveries', rows, fields: rows };
}
