import { integer, json, required, text, timestamp } from './columns.js';
import { listStream } from './define.js';

/** Events; documents are large, so 100 a request, and read whole on each run: an edit of an under shop may not move `updatedAt`. */
export const events = listStream({
  name: 'events',
  group: 'events',
  path: '/events',
  items: 'rows',
  top: 100,
  event: 'id',
  delivered: {
    keys: ['event'],
    types: ['event.created', 'event.updated'],
    except: ['event.deleted'],
  },
  primaryKey: ['id'],
  columns: {
    id: required(text('_id')),
    seller_id: text('sellerId'),
    name: text('name'),
    slogan: text('slogan'),
    location_name: text('locationName'),
    location_street: text('locationStreet'),
    location_city: text('locationCity'),
    location_postal: text('locationPostal'),
    location_country: text('locationCountry'),
    start_date: timestamp('start'),
    end_date: timestamp('end'),
    sell_start: timestamp('sellStart'),
    sell_end: timestamp('sellEnd'),
    timezone: text('timezone'),
    event_type: text('eventType'),
    root_id: text('rootId'),
    child_events: json('childEvents'),
    max_amount: integer('maxAmount'),
    max_amount_per_order: integer('maxAmountPerOrder'),
    url: text('url'),
    groups: json('groups'),
    created_at: timestamp('createdAt'),
    updated_at: timestamp('updatedAt'),
  },
  // The time zone, if PostgreSQL knows it, else UTC.
  enriched: { zone: 'text' },
});
