import { boolean, int, text, type Summary } from './summary.js';

/** `ticket_under_shop_summary`: tickets sold by under shop and type. */
export const underShops: Summary = {
  name: 'ticket_under_shop_summary',
  scope: 'event',
  key: ['id'],
  says: 'What an under shop sold of a ticket type, or may sell of it',
  columns: {
    id: text('event_id, ticket_type_id and shop_id, joined by _'),
    event_id: text('vivenu id of the event'),
    ticket_type_id: text('vivenu id of the ticket type'),
    ticket_name: text('Name of the ticket type'),
    ticket_category: text('Category of the ticket type'),
    ticket_division: text('Division of the ticket type'),
    ticket_event_day: text('Day of the event; empty: the name names none'),
    shop_id: text('vivenu id of the under shop'),
    shop_name: text('Name of the under shop; empty: the event does not know it'),
    shop_category: text('Kind of shop, as the profile reads it from its name'),
    shop_active: boolean('False where the shop is switched off or was removed from the event'),
    contingent_active: boolean('Whether the contingent is active; empty: there is none'),
    total_count: int('Tickets sold through the shop'),
    ticket_volume: int('Tickets that the shop may sell; empty: no limit is known'),
  },
};

/** `ticket_addon_summary`: add-ons sold. */
export const addons: Summary = {
  name: 'ticket_addon_summary',
  scope: 'event',
  key: ['id'],
  says: 'An add-on of sold tickets and how many of it are sold',
  columns: {
    id: text('Hash of event, product, variant and name'),
    event_id: text('vivenu id of the event'),
    product_id: text('vivenu id of the product'),
    product_variant_id: text('vivenu id of the variant of the product'),
    addon_name: text('Name of the add-on on the ticket'),
    total_count: int('Pieces sold: two of a kind on one ticket count two'),
    tickets: int('Sold tickets that have at least one'),
  },
};

/** `audience_summary`: sold tickets by one fact about their holder at a time. */
export const audience: Summary = {
  name: 'audience_summary',
  scope: 'event',
  key: ['event_id', 'audience', 'topic', 'value'],
  says: 'An answer to one question about the holders of sold tickets and how many gave it',
  answers: 'value',
  columns: {
    event_id: text('vivenu id of the event'),
    audience: text('athlete (single, double, relay), spectator or other'),
    topic: text('country, returning, returning to city, gym affiliation or gym'),
    value: text(
      "The answer as it was given; '': none. A country is the nationality, else that of the address",
    ),
    people: int('Sold tickets with this answer'),
  },
};
