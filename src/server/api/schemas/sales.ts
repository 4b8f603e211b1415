/** What the dashboard's API answers about sales, as schemas: the source of the OpenAPI document, of what is sent, and of the page's types. */
import { z } from 'zod';
import { count, day, eventKey, moment, trust } from './basics.js';

/** Why an event stands above the others. */
export const attention = z.object({
  kind: z.enum([
    'not_read',
    'incomplete',
    'over_capacity',
    'trigger_passed',
    'trigger_soon',
    'days_full',
    'stale',
  ]),
  says: z.string().describe('Such as "L2 in ~17 h", "3 days full", "12 over"'),
});

const sales = {
  sold: count.describe(
    'Of the headline group of the profile, such as all athletes; what capacity and trigger are about',
  ),
  capacity: count.nullable(),
  last_hour: count.describe('Created in the last 60 minutes and sold, at most 90 s ago'),
  last_day: count.describe('The same of the last 24 hours'),
  days: z.array(count).length(14).describe('Sold on each of the last 14 days of its calendar, today last'),
};

export const overviewEvent = z.object({
  ...eventKey,
  name: z.string(),
  zone: z.string().describe('IANA name of the time zone'),
  starts_at: moment.nullable(),
  ends_at: moment.nullable(),
  is_over: z.boolean().describe('Its last day is past, by its own calendar'),
  ...sales,
  trigger: count.nullable().describe('Sold count at which the price changes'),
  trigger_name: z.string().nullable().describe('The price tier that ends there'),
  minutes_to_trigger: count.nullable(),
  days_full: count,
  attention: z.array(attention),
});

/** Its figures are those of its events to come; where none is, of all. */
export const overviewRegion = z.object({
  region: z.string(),
  ...sales,
  trust,
  attention: z.array(attention).describe('Of its events and itself, the most urgent first'),
  urgency: count.describe(
    '0 needs nothing; the higher, the more urgent. Regions come ordered by it, then by the start of what is to come',
  ),
  events: z.array(overviewEvent),
});

export const overview = z.object({
  at: moment,
  verdict: z.object({
    tone: z.enum(['ok', 'info', 'warn', 'bad']),
    says: z.string().describe('Which regions not to believe, and why'),
    region: z.string().nullable(),
    run_id: z.uuid().nullable(),
  }),
  totals: z.object({
    sold: count,
    at_least: z.boolean().describe('Rows are missing somewhere'),
    last_hour: count,
    last_day: count,
    problems: count.describe('Tickets that miss details, of events that are not over'),
    next_trigger: z.object({ ...eventKey, name: z.string(), says: z.string(), minutes: count }).nullable(),
  }),
  regions: z.array(overviewRegion),
});

const share = z.object({ label: z.string(), count, percent: z.number().nullable() });

/** Events that one can be held against by days to the start, those of its region first. */
export const comparable = z.object({
  events: z.array(z.object({ ...eventKey, name: z.string(), starts_at: moment })),
});

export const eventPage = z.object({
  at: moment,
  event: overviewEvent.extend({
    location: z.string().nullable(),
    currency: z.string().nullable(),
    revenue: z.number().nullable().describe('Of what is sold, in major units; null: several currencies'),
  }),
  trust,
  growth: z.array(
    z.object({
      group: z.string(),
      is_headline: z.boolean(),
      horizon: z.string(),
      points: count.describe('Counts that it rests on'),
      absolute: count,
      per_hour: z.number().nullable(),
      projected: count.nullable(),
      minutes_to_trigger: count.nullable(),
    }),
  ),
  /** From the first sale to the last, none left out. */
  daily: z.array(
    z.object({
      day,
      sold: count,
      running_total: count,
      headline_total: count,
      revenue: z.number().nullable(),
    }),
  ),
  groups: z.array(
    z.object({ group: z.string(), is_headline: z.boolean(), sold: count, capacity: count.nullable() }),
  ),
  divisions: z.array(
    z.object({
      category: z.string().nullable(),
      division: z.string(),
      event_day: z.string().nullable().describe('null: the names of the tickets name no day'),
      is_total: z.boolean(),
      sold: count,
      capacity: count.nullable(),
      remaining: count.nullable(),
    }),
  ),
  ticket_types: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      price: z.number().nullable(),
      sold: count,
      amount: count.nullable(),
      active: z.boolean().nullable(),
    }),
  ),
  contingents: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      category: z.string().nullable(),
      sold: count,
      capacity: count.nullable(),
      active: z.boolean().nullable(),
    }),
  ),
  coupons: z.object({
    read_at: moment.nullable(),
    series: z.array(
      z.object({
        id: z.string().nullable(),
        name: z.string(),
        total: count,
        used: count,
        tracked: count,
        tracked_used: count,
        leaked: count,
      }),
    ),
    has_list: z.boolean().describe('A list of handed-out codes is loaded; without it, nothing can leak'),
    leaked: count,
  }),
  audience: z
    .array(z.object({ topic: z.string(), shares: z.array(share) }))
    .describe('Athletes, or all where there are none'),
  ages: z.array(z.object({ topic: z.string(), shares: z.array(share) })).describe('By category of ticket'),
  addons: z.array(z.object({ name: z.string(), sold: count, tickets: count })),
  problems: z.array(z.object({ problem: z.string(), says: z.string(), tickets: count })),
  /** Others that can be compared, by days to start. */
});

/** `GET …/sales?by=day|hour&from=&to=`, local days, both inclusive. */
export const salesSeries = z.object({
  by: z.enum(['day', 'hour']),
  zone: z.string(),
  starts_at: moment.nullable(),
  points: z.array(
    z.object({
      local: z.string().describe("2027-01-15 or 2027-01-15T13:00, by the event's clock"),
      sold: count,
      running_total: count,
      headline_total: count,
    }),
  ),
});
