import { boolean, integer, numeric, parent, required, text } from './columns.js';
import { nestedStream } from './define.js';
import { classified } from './derived.js';

/** Ticket types, from `tickets[]` of each event. */
export const ticketTypes = nestedStream({
  name: 'ticket_types',
  group: 'events',
  from: 'events',
  items: ['tickets'],
  primaryKey: ['event_id', 'id'],
  columns: {
    event_id: required(parent(text('_id'))),
    id: required(text('_id')),
    name: text('name'),
    description: text('description'),
    price: numeric('price'),
    amount: integer('amount'),
    active: boolean('active'),
    pos_active: boolean('posActive'),
    category_ref: text('categoryRef'),
    price_category_id: text('priceCategoryId'),
    max_amount_per_order: integer('maxAmountPerOrder'),
    min_amount_per_order: integer('minAmountPerOrder'),
    requires_personalization: boolean('requiresPersonalization'),
    requires_extra_fields: boolean('requiresExtraFields'),
    tax_rate: numeric('taxRate'),
    sorting_key: numeric('sortingKey'),
  },
  derived: (profile) => classified(profile, 'name'),
});
