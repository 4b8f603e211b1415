import type { Client, Database } from './client.js';
import { instant } from './rejects.js';

/** What a cursor belongs to: one event of a stream, read with one key into one schema; `*` for all events of the key. */
export interface CursorKey {
  readonly schema: string;
  readonly eventId: string;
}

/** How far an event has been read. Times are milliseconds since 1970. */
export interface Cursor extends CursorKey {
  /** Server time when the read that last completed began; null: never completed. */
  readonly readAt: number | null;
  readonly newestUpdatedAt: number | null;
  readonly fullReadAt: number | null;
  readonly provenAt: number | null;
  readonly read: Read | null;
}

/** A read that has begun and not ended. */
export interface Read {
  readonly id: string;
  readonly kind: 'full' | 'incremental';
  readonly beganAt: number;
  readonly until: number;
}

interface CursorRecord {
  schema_name: string;
  event_id: string;
  read_at: Date | null;
  newest_updated_at: Date | null;
  full_read_at: Date | null;
  proven_at: Date | null;
  read_id: string | null;
  read_kind: Read['kind'];
  read_began_at: Date;
  read_until: Date;
}

const ms = (date: Date | null) => date?.getTime() ?? null;

/** Cursors of a stream that were read with one key, of all schemas. */
export async function loadCursors(db: Database, keyId: string, stream: string): Promise<Cursor[]> {
  const rows = await db.query<CursorRecord>(
    `select * from vivenu_ingest.cursors where key_id = $1 and stream = $2`,
    [keyId, stream],
  );
  return rows.map((row) => ({
    schema: row.schema_name,
    eventId: row.event_id,
    readAt: ms(row.read_at),
    newestUpdatedAt: ms(row.newest_updated_at),
    fullReadAt: ms(row.full_read_at),
    provenAt: ms(row.proven_at),
    read:
      row.read_id === null
        ? null
        : {
            id: row.read_id,
            kind: row.read_kind,
            beganAt: row.read_began_at.getTime(),
            until: row.read_until.getTime(),
          },
  }));
}

/** Notes that a read has begun, before its first rows. */
export async function beginRead(
  client: Client,
  keyId: string,
  stream: string,
  begin: { read: Read; keys: readonly CursorKey[] },
): Promise<void> {
  const { read, keys } = begin;
  await client.query(
    `insert into vivenu_ingest.cursors (key_id, stream, schema_name, event_id, read_id, read_kind, read_began_at, read_until)
     select $1, $2, wanted.schema_name, wanted.event_id, $5, $6, $7, $8
     from unnest($3::text[], $4::text[]) as wanted (schema_name, event_id)
     on conflict (key_id, schema_name, stream, event_id) do update
     set read_id = excluded.read_id, read_kind = excluded.read_kind, read_began_at = excluded.read_began_at, read_until = excluded.read_until`,
    [
      keyId,
      stream,
      keys.map((key) => key.schema),
      keys.map((key) => key.eventId),
      read.id,
      read.kind,
      instant(read.beganAt),
      instant(read.until),
    ],
  );
}

/** Takes the events of schemas out of an unfinished read; they are read again from their cursors. */
export async function leaveRead(client: Client, readId: string, schemas: readonly string[]): Promise<void> {
  await client.query(
    `update vivenu_ingest.cursors set read_id = null, read_kind = null, read_began_at = null, read_until = null
     where read_id = $1 and schema_name = any($2::text[])`,
    [readId, schemas],
  );
}

/** Forgets the windows of reads that no cursor belongs to any more. */
export async function dropOrphans(client: Client): Promise<void> {
  for (const table of ['windows', 'read_progress'])
    await client.query(
      `delete from vivenu_ingest.${table} as left_over
       where not exists (select 1 from vivenu_ingest.cursors where cursors.read_id = left_over.read_id)`,
    );
}

/** Moves the cursors of a read to where it began; its windows are gone by then. */
export async function endRead(client: Client, readId: string): Promise<void> {
  await client.query(
    `with progress as (
       delete from vivenu_ingest.read_progress where read_id = $1 returning newest_updated_at
     )
     update vivenu_ingest.cursors
     set read_at = read_began_at,
       newest_updated_at = greatest(newest_updated_at, (select max(newest_updated_at) from progress)),
       full_read_at = case read_kind when 'full' then read_began_at else full_read_at end,
       read_id = null, read_kind = null, read_began_at = null, read_until = null
     where read_id = $1`,
    [readId],
  );
}

/** Notes that events were proven complete. */
export async function noteProof(
  client: Client,
  keyId: string,
  stream: string,
  keys: readonly CursorKey[],
): Promise<void> {
  await client.query(
    `update vivenu_ingest.cursors set proven_at = now()
     from unnest($3::text[], $4::text[]) as wanted (schema_name, event_id)
     where key_id = $1 and stream = $2 and cursors.schema_name = wanted.schema_name and cursors.event_id = wanted.event_id`,
    [keyId, stream, keys.map((key) => key.schema), keys.map((key) => key.eventId)],
  );
}
