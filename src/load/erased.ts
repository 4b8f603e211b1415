import { NOBODY, type Erased } from '../streams/erased.js';
import type { Client, Database } from './client.js';

/** A region by both its names; it may be given another schema, or another name. */
export interface Place {
  readonly name: string;
  readonly schema: string;
}

/** Whose personal data was erased in a region, or everywhere. */
export async function loadErased(db: Database, place: Place): Promise<Erased> {
  return await db.transaction((client) => erasedWithin(client, place));
}

/** The same in the caller's transaction. */
export async function erasedWithin(client: Client, { name, schema }: Place): Promise<Erased> {
  const { rows } = await client.query<{ digest: string }>(
    `select distinct digest from vivenu_ingest.erased
     where (region = '' and schema_name = '') or region = $1 or schema_name = $2`,
    [name, schema],
  );
  if (rows.length === 0) return NOBODY;
  const key = await erasureKey(client);
  return { key, digests: new Set(rows.map(({ digest }) => digest)) };
}

/** The key of the hashes. Throws when somebody took it away: then nobody who was erased is known any more. */
export async function erasureKey(client: Client): Promise<Buffer> {
  const { rows } = await client.query<{ key: Buffer }>('select key from vivenu_ingest.erasure_key');
  if (rows[0] === undefined)
    throw new Error(
      'vivenu_ingest.erasure_key is empty: without its key nobody who was erased is known again; restore it from a backup',
    );
  return rows[0].key;
}

/** Remembers erased ids for these regions; null: for every one, also those that are added later. */
export async function rememberErased(
  client: Client,
  digests: readonly string[],
  places: readonly Place[] | null,
): Promise<void> {
  const scopes = places ?? [{ name: '', schema: '' }];
  await client.query(
    `insert into vivenu_ingest.erased (digest, region, schema_name)
     select digest, region, schema_name
     from unnest($1::text[]) as digest, unnest($2::text[], $3::text[]) as place (region, schema_name)
     on conflict do nothing`,
    [digests, scopes.map(({ name }) => name), scopes.map(({ schema }) => schema)],
  );
}
