import { boolean, integer, numeric, parent, required, text, timestamp } from './columns.js';
import { nestedStream } from './define.js';
import { shopColumns } from './derived.js';

/** Under shops (a partner's or a club's own shop), active or not, from `underShops[]` of each event. */
export const underShops = nestedStream({
  name: 'under_shops',
  table: 'ticket_under_shops',
  group: 'events',
  from: 'events',
  items: ['underShops'],
  primaryKey: ['event_id', 'shop_id'],
  columns: {
    event_id: required(parent(text('_id'))),
    shop_id: required(text('_id')),
    shop_name: text('name'),
    active: boolean('active'),
    sell_start: timestamp('sellStart'),
    sell_end: timestamp('sellEnd'),
    max_amount: integer('maxAmount'),
    inventory_strategy: text('inventoryStrategy'),
    unlock_mode: text('unlockMode'),
  },
  derived: shopColumns,
});

/** Contingents of under shops: how many tickets of a type a shop may sell, from `underShops[].tickets[]`. */
export const ticketVolumes = nestedStream({
  name: 'ticket_volumes',
  group: 'events',
  from: 'events',
  items: ['underShops', 'tickets'],
  primaryKey: ['event_id', 'shop_id', 'id'],
  columns: {
    event_id: required(parent(parent(text('_id')))),
    shop_id: required(parent(text('_id'))),
    id: required(text('_id')),
    ticket_type_id: text('baseTicket'),
    name: text('name'),
    price: numeric('price'),
    volume: integer('amount'),
    active: boolean('active'),
  },
});
