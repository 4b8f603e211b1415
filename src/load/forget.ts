import type { Client } from './client.js';
import { dropOrphans } from './cursors.js';

/**
 * Takes the cursors of schemas away, of one stream or of all, so that the next run reads everything; rows stay. An unfinished read
 * that other schemas share keeps its windows for them. Returns how many cursors went.
 */
export async function forget(
  client: Client,
  schemas: readonly string[],
  stream: string | null,
): Promise<{ schema: string; stream: string }[]> {
  const { rows } = await client.query<{ schema: string; stream: string }>(
    `delete from vivenu_ingest.cursors
     where schema_name = any($1::text[]) and ($2::text is null or stream = $2)
     returning schema_name as schema, stream`,
    [schemas, stream],
  );
  await dropOrphans(client);
  return rows;
}
