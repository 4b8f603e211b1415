import { boolean, int, text, timestamptz, type Summary } from './summary.js';

/** `country_configs`: the list of countries of the facts. */
export const countries: Summary = {
  name: 'country_configs',
  scope: 'region',
  key: ['code'],
  says: 'A country, and the region and sub region that reports group it by',
  columns: {
    code: text('ISO 3166 code of two letters'),
    country: text('Name of the country'),
    region: text('Part of the world'),
    sub_region: text('Part of the region'),
  },
};

/** `sales_groups`: the groups of the profile. */
export const groups: Summary = {
  name: 'sales_groups',
  scope: 'region',
  key: ['ticket_group', 'category'],
  says: 'A category that a group of the sales summary counts',
  columns: {
    ticket_group: text('Group, as the profile names it'),
    category: text('Category of ticket; * for all'),
    position: int('Order of the groups'),
    is_headline: boolean('True for the group that price trigger and maximum capacity are about'),
  },
};

/** `event_capacity_configs`: the region's settings. */
export const settings: Summary = {
  name: 'event_capacity_configs',
  scope: 'region',
  key: ['category'],
  says: 'A setting of the region that sales are measured against',
  columns: {
    category: text('max_capacity, start_wave, price_tier, price_trigger or locality'),
    value: text('Value in the configuration'),
    updated_at: timestamptz('When the value was first seen'),
  },
};

/** `ticket_capacity_configs`: the capacities of the profile. */
export const capacities: Summary = {
  name: 'ticket_capacity_configs',
  scope: 'region',
  key: ['ticket_group', 'event_day'],
  says: 'How many tickets of a division may be sold for a day',
  columns: {
    ticket_group: text('Division'),
    event_day: text('Day of the event; ALL: the whole event'),
    capacity: int('Tickets, those of further team members too'),
    id: int('Order of the divisions in reports'),
  },
};
