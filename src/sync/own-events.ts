import type { Client } from '../load/client.js';
import { isObject } from '../transform/clean.js';
import { tableFor, type Region } from './region.js';

/** Tells whether a record is of the region's events: the configured ones, and their children as far as they are stored. */
export async function ownEvents(client: Client, region: Region): Promise<(record: unknown) => boolean> {
  const { eventIds } = region.config;
  if (eventIds === null) return () => true;
  const { rows } = await client.query<{ id: string }>(
    `select id from ${tableFor(region, 'events').sql} where root_id = any($1::text[])
     union
     select child from ${tableFor(region, 'events').sql}
     cross join jsonb_array_elements_text(case when jsonb_typeof(child_events) = 'array' then child_events else '[]' end) as child
     where id = any($1::text[])`,
    [eventIds],
  );
  const own = new Set([...eventIds, ...rows.map(({ id }) => id)]);
  const roots = new Set(eventIds);
  const isIn = (ids: ReadonlySet<string>, value: unknown) => typeof value === 'string' && ids.has(value);
  return (record) => {
    if (!isObject(record)) return false;
    // A ticket names its event; an event is its own, and names its root.
    const event = 'eventId' in record ? record['eventId'] : record['_id'];
    return isIn(own, event) || isIn(roots, record['rootEventId']) || isIn(roots, record['rootId']);
  };
}
