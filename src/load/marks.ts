import { textArray } from './arrays.js';
import type { Client } from './client.js';

/**
 * Notes events whose summaries have to be worked out again, in the transaction that wrote or marked their rows; `''` stands for what belongs to
 * no event. A statement of its own, since the books may lie on another machine than the region.
 */
export async function markEvents(client: Client, schema: string, events: Iterable<string>): Promise<void> {
  const marked = [...new Set(events)];
  if (marked.length === 0) return;
  await client.query(
    `insert into vivenu_ingest.changed_events (schema_name, event_id) select $1, unnest($2::text[])`,
    [schema, textArray(marked)],
  );
}
