/** The tables of a region three times over: `tickets` as it is, in a part for each event, and in parts by the event's hash. */
import type { RegionConfig } from '../src/config/config.js';
import type { DatabaseManager } from '../src/load/database.js';
import type { Client } from '../src/load/client.js';
import { prepareSchema } from '../src/load/prepare.js';
import { tableOf, type Table } from '../src/load/table.js';
import { loadProfile } from '../src/profile/profile.js';
import { factsOf, type Facts } from '../src/reports/facts.js';
import { installReports } from '../src/reports/install.js';
import { streams } from '../src/streams/index.js';
import { shapeOf } from '../src/streams/shape.js';
import { tickets } from '../src/streams/tickets.js';

export const OF_AN_EVENT = 10_000;
/** Parts of a table that is divided by the event's hash. */
export const HASHED = 64;

/** How a schema keeps its tickets. */
export const KINDS = ['plain', 'listed', 'hashed'] as const;
export type Kind = (typeof KINDS)[number];

/** A schema with everything that a region has, and the way to its tickets. */
export interface Kept {
  readonly events: number;
  readonly kind: Kind;
  readonly table: Table;
  readonly facts: Facts;
}

export const eventName = (number: number) => `event_${number}`;
const OPTIONS = { storeBarcodes: false, excludeFields: [], profile: loadProfile('hyrox') };

/** Makes the schema as the engine makes it; where it is divided, the key begins with the event, as PostgreSQL demands. */
export async function makeKind(db: DatabaseManager, kind: Kind, events: number): Promise<Kept> {
  const whole = streams.map((stream) => tableOf(kind, shapeOf(stream, OPTIONS)));
  const divided = tableOf(kind, shapeOf({ ...tickets, primaryKey: ['event_id', 'id'] }, OPTIONS));
  const table = kind === 'plain' ? whole.find(({ shape }) => shape.stream.name === 'tickets') : divided;
  if (table === undefined) throw new Error('there is no stream of tickets');
  const facts = factsOf({ ...REGION, region: kind, schema: kind }, OPTIONS.profile);
  await db.transaction(async (client) => {
    if (kind !== 'plain') await divide(client, kind, events);
    const others = whole.filter(({ shape }) => shape.stream.name !== 'tickets');
    await prepareSchema(client, kind, [...others, table]);
    await installReports(client, { region: kind, schema: kind });
  });
  return { kind, table, facts, events };
}

const REGION = {
  maxCapacity: null,
  startWave: null,
  priceTier: null,
  priceTrigger: null,
  locality: null,
} as RegionConfig;

async function divide(client: Client, kind: Kind, events: number): Promise<void> {
  const numbers = Array.from({ length: kind === 'listed' ? events : HASHED }, (_, number) => number);
  const values = (number: number) =>
    kind === 'listed' ? `in ('${eventName(number)}')` : `with (modulus ${HASHED}, remainder ${number})`;
  await client.query(`create schema ${kind}`);
  await client.query(
    `create table ${kind}.tickets (like plain.tickets including defaults, primary key (event_id, id))
     partition by ${kind === 'listed' ? 'list' : 'hash'} (event_id)`,
  );
  for (const number of numbers)
    await client.query(
      `create table ${kind}.tickets_${number} partition of ${kind}.tickets for values ${values(number)}`,
    );
}

/** Copies real tickets, without `raw`, once for each event, with the types and the event that belong to them. */
export async function fill(db: DatabaseManager, { kind, table, events }: Kept, from: string): Promise<void> {
  const event = `'event_' || n`;
  const columns = table.shape.columns.map(([name]) => `"${name}"`);
  const own: Record<string, string> = {
    '"id"': `md5(n || "id")`,
    '"event_id"': event,
    '"transaction_id"': `n || "transaction_id"`,
    '"origin_ticket_id"': `md5(n || "origin_ticket_id")`,
  };
  await db.query(
    `insert into ${kind}.events select (jsonb_populate_record(event, jsonb_build_object('id', ${event}))).*
     from ${from}.events as event, generate_series(0, ${events - 1}) as n`,
  );
  await db.query(
    `insert into ${kind}.ticket_types select (jsonb_populate_record(type, jsonb_build_object('event_id', ${event}))).*
     from ${from}.ticket_types as type, generate_series(0, ${events - 1}) as n`,
  );
  await db.transaction((client) =>
    client.query(
      `insert into ${kind}.tickets (${columns.join(', ')}, age, raw, content_hash, first_seen_at, requested_at, synced_at, run_id)
       select ${columns.map((name) => own[name] ?? name).join(', ')}, age, '{}', decode(md5(n || "id"), 'hex'),
         first_seen_at, requested_at, synced_at, run_id
       from generate_series(0, ${events - 1}) as n, (select * from ${from}.tickets order by id limit ${OF_AN_EVENT}) as ticket`,
    ),
  );
}
