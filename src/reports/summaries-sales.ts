import {
  bigserial,
  boolean,
  date,
  int,
  ints,
  jsonb,
  numeric,
  text,
  texts,
  timestamp,
  timestamptz,
  type History,
  type Summary,
} from './summary.js';

/** `ticket_summary`: sold tickets by type. */
export const ticketSummary: Summary = {
  name: 'ticket_summary',
  scope: 'event',
  key: ['id'],
  says: 'A ticket type of an event and how many of it are sold; also types that nobody bought or that the event no longer has',
  columns: {
    id: text('event_id and ticket_type_id, joined by _'),
    event_id: text('vivenu id of the event'),
    event_name: text('Name of the event'),
    ticket_type_id: text('vivenu id of the ticket type; the name of the tickets where they have none'),
    ticket_name: text('Name of the ticket type'),
    ticket_category: text('Category, as the profile reads it from the name'),
    ticket_division: text('Division, as the profile reads it from the name'),
    ticket_event_day: text('Day of the event; empty: the name names none'),
    team_role: text('main: pays for a team; member: a further member of one'),
    total_count: int('Tickets sold: status VALID or DETAILSREQUIRED'),
    details_required: int('Those of them whose holder still has to give details'),
    capacity: int('Amount of the ticket type; empty: no limit'),
    type_active: boolean('Whether the type is active; empty: the event no longer has it'),
    revenue: numeric('Prices paid for the sold tickets; empty where they were sold in several currencies'),
    currency: text('Currency of the revenue'),
  },
};

/** `ticket_sales_hourly`: sold tickets by type and local hour. */
export const salesHourly: Summary = {
  name: 'ticket_sales_hourly',
  scope: 'event',
  key: ['event_id', 'ticket_type_id', 'local_hour'],
  says: "An hour of the event's own clock in which tickets of a type were sold",
  columns: {
    event_id: text('vivenu id of the event'),
    ticket_type_id: text('vivenu id of the ticket type, as in ticket_summary'),
    local_hour: timestamp("Beginning of the hour in the event's time zone"),
    category: text('Category of the type'),
    division: text('Division of the type'),
    sold: int('Tickets that were created in this hour and are sold'),
    revenue: numeric('Prices paid for them; empty where they were sold in several currencies'),
    currency: text('Currency of the revenue'),
  },
};

/** `event_sales`: what the overview of all regions is made of. */
export const eventSales: Summary = {
  name: 'event_sales',
  scope: 'event',
  key: ['event_id'],
  says: 'What the sales of an event come to, in its headline group',
  columns: {
    event_id: text('vivenu id of the event'),
    sold: int('Tickets sold: persons, tickets of further team members too'),
    places: int('Capacities of the divisions in the group, as in v_sales_summary'),
    revenue: numeric('Prices paid for the sold tickets; empty where they were sold in several currencies'),
    currency: text('Currency of the revenue'),
    last_sale_day: date("Day of the last sale by the event's own clock; empty: nothing is sold"),
    last_days: ints('Tickets sold on each of the 14 days that end with it, the earliest first'),
    days_full: int('Days of divisions, of all groups, on which no place is left'),
    places_over: int('Tickets, of all groups, that were sold beyond the places of their division and day'),
    problems: int('Sold tickets, of all groups, with a problem as v_data_quality lists them'),
    problem_kinds: jsonb('Such tickets by kind of problem'),
  },
};

/** `summary_report`: the sold count of each group at each run. */
export const summaryReport: History = {
  name: 'summary_report',
  key: ['id'],
  says: 'How many tickets of a group were sold at a run',
  columns: {
    id: bigserial('Number of the row'),
    event_id: text('vivenu id of the event'),
    ticket_group: text('Group, as the profile names it'),
    total_count: int('Tickets sold'),
    ticket_type_ids: texts('vivenu ids of the ticket types in the group'),
    ticket_names: texts('Names of these types'),
    created_at: timestamptz('When it was counted'),
    updated_at: timestamptz('The same: a count is never changed'),
  },
  indexes: [['event_id', 'ticket_group', 'created_at']],
};
