/** What the API answers about single tickets and rows. */
import { z } from 'zod';
import { count, eventKey, moment } from './basics.js';

export const quality = z.object({
  at: moment,
  tickets: count.describe(
    'Each once, whatever it misses; of events that are not over, where none was asked for',
  ),
  over: count.describe('The same of events that are over, which are not among these'),
  at_least: z.boolean(),
  trust_says: z.string().describe('Up to when, or which regions lack rows'),
  kinds: z.array(z.object({ problem: z.string(), says: z.string(), tickets: count })),
  regions: z
    .array(z.object({ region: z.string(), tickets: count }))
    .describe('The same by region, the most first; empty where one was asked for'),
  events: z
    .array(z.object({ event_id: z.string(), name: z.string(), tickets: count }))
    .describe('The same by event, where one region was asked for'),
  rows: z.array(
    z.object({
      ...eventKey,
      event_name: z.string().nullable(),
      problem: z.string(),
      says: z.string(),
      ticket_id: z.string(),
      order_id: z.string().nullable(),
      division: z.string().nullable(),
      event_day: z.string().nullable(),
      status: z.string().nullable(),
      detail: z.string().nullable(),
      since: moment.nullable(),
    }),
  ),
  next: z.string().nullable().describe('Give it as `after` for the next 100'),
  set_aside: count.describe('Records that the loader could not store'),
  may_see_people: z.boolean(),
});

export const person = z.object({
  ticket_id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  birth_date: z.string().nullable(),
});

/** Any view's rows, for looking a figure up: `GET /rows/:view?region=&event=&<column>=&sort=&after=`. */
export const rows = z.object({
  view: z.string(),
  title: z.string(),
  question: z.string().nullable(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['text', 'number', 'boolean', 'time', 'day']),
      meaning: z.string().nullable(),
    }),
  ),
  /** Cells in the order of the columns. */
  rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  zones: z
    .array(z.string().nullable())
    .describe(
      'Of each row, the zone of its event: times are told by its clock; null where a row names no event',
    ),
  total: count.nullable().describe('Null where more than a page of several regions is asked for'),
  next: z.string().nullable().describe('Give it as `after` for the next 100'),
  trust_says: z.string(),
  missing: z.array(z.string()).describe('Regions without this view, whose rows are not among these'),
});
