/** What the dashboard's API answers, as schemas: the source of the OpenAPI document, of what is sent, and of the page's types. */
import { z } from 'zod';

const moment = z.iso.datetime().describe('ISO 8601, UTC');
const day = z.iso.date().describe('Calendar day of the event');
const count = z.number().int();
const eventKey = { region: z.string(), event_id: z.string().describe('vivenu id of the event') };

/** How far a region's figures can be trusted. */
export const trust = z.object({
  state: z.enum([
    'complete',
    'reading',
    'stale',
    'incomplete',
    'not_read',
    'waiting',
    'interrupted',
    'never_read',
  ]),
  says: z.string().describe('In words, without its age: "complete", "incomplete, 37 short", "not read"'),
  since: z
    .object({ word: z.enum(['proven', 'last proven', 'read', 'figures from']), at: moment })
    .nullable()
    .describe('What its age is counted from, and the word before the age'),
  cause: z.string().nullable().describe('Why, and the mend, as a sentence; null where all is well'),
  short: count.nullable().describe('Rows that vivenu has and the database lacks; negative: too many'),
  set_aside: count.describe('Records that could not be stored'),
  progress: z.number().min(0).max(1).nullable().describe('Of the read under way, where its size is known'),
  run_id: z.uuid().nullable(),
  stream: z.string().nullable().describe('The stream that it is about'),
});

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
  sold: count,
  capacity: count.nullable(),
  last_hour: count,
  last_day: count,
  days: z.array(count).length(14).describe('Sold on each of the last 14 days of its calendar, today last'),
};

export const overviewEvent = z.object({
  ...eventKey,
  name: z.string(),
  zone: z.string().describe('IANA name of the time zone'),
  starts_at: moment.nullable(),
  ends_at: moment.nullable(),
  ...sales,
  trigger: count.nullable().describe('Sold count at which the price changes'),
  trigger_name: z.string().nullable().describe('The price tier that ends there'),
  minutes_to_trigger: count.nullable(),
  headline_sold: count.nullable().describe('What the trigger counts; null: no headline group'),
  days_full: count,
  attention: z.array(attention),
});

export const overviewRegion = z.object({
  region: z.string(),
  ...sales,
  trust,
  attention: z.array(attention).describe('Of its events and itself, the most urgent first'),
  urgency: count.describe(
    '0 needs nothing; the higher, the more urgent. Regions come ordered by it, then by start',
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
    problems: count.describe('Tickets that miss details'),
    next_trigger: z.object({ ...eventKey, name: z.string(), says: z.string(), minutes: count }).nullable(),
  }),
  regions: z.array(overviewRegion),
});

const share = z.object({ label: z.string(), count, percent: z.number().nullable() });

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
  ages: z.array(share),
  addons: z.array(z.object({ name: z.string(), sold: count, tickets: count })),
  problems: z.array(z.object({ problem: z.string(), says: z.string(), tickets: count })),
  /** Others that can be compared, by days to start. */
  comparable: z.array(z.object({ ...eventKey, name: z.string(), starts_at: moment })),
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

export const quality = z.object({
  at: moment,
  /** Tickets, each once. */
  tickets: count,
  at_least: z.boolean(),
  trust_says: z.string().describe('Up to when, or which regions lack rows'),
  kinds: z.array(z.object({ problem: z.string(), says: z.string(), tickets: count })),
  regions: z.array(z.object({ region: z.string(), tickets: count })),
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
  rejects: count.describe('Records set aside by the loader'),
  may_see_people: z.boolean(),
});

export const person = z.object({
  ticket_id: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  birth_date: z.string().nullable(),
});

const runStatus = z.enum(['running', 'complete', 'incomplete', 'failed', 'interrupted', 'killed']);

export const runLine = z.object({
  run_id: z.uuid(),
  status: runStatus,
  started_at: moment,
  seconds: z.number().nullable(),
  regions: z.array(z.string()),
  full: z.boolean(),
  says: z.string().describe('"complete", "incomplete, 2 of 12 regions"'),
  requests: count.nullable(),
  changed: count.nullable().describe('Rows inserted, updated or marked'),
  proof: z
    .object({ api: count, stored: count, set_aside: count })
    .nullable()
    .describe('Over its proven and unproven tickets'),
});

export const runStream = z.object({
  region: z.string(),
  stream: z.string(),
  mode: z.string(),
  status: z.string(),
  proven: z.boolean(),
  api_total: count.nullable(),
  stored_total: count.nullable(),
  fetched: count,
  inserted: count,
  updated: count,
  unchanged: count,
  rejected: count,
  deleted: count,
  requests: count,
  retries: count,
  windows: count,
  seconds: z.number(),
  error: z.string().nullable(),
  says: z.string().describe('The proof or what is missing, as a sentence'),
});

export const runDetail = runLine.extend({ streams: z.array(runStream), warnings: z.array(z.string()) });

export const runningRead = z.object({
  region: z.string(),
  stream: z.string(),
  kind: z.enum(['full', 'incremental']),
  began_at: moment,
  done: count.describe('Rows that are read'),
  expected: count.nullable(),
  windows_left: count,
  says: z.string().nullable().describe('"waiting for requests until 10:05", "retry 2 in 8 s (vivenu 503)"'),
});

export const runs = z.object({
  at: moment,
  running: z.array(
    z.object({
      run_id: z.uuid(),
      started_at: moment,
      regions: z.array(z.string()),
      reads: z.array(runningRead),
    }),
  ),
  runs: z.array(runLine),
  next: z.string().nullable(),
  next_scheduled: z.array(z.object({ regions: z.array(z.string()), at: moment })),
  budget: z.array(
    z.object({
      key: z.string().describe("First signs of the key's hash"),
      regions: z.array(z.string()),
      left: count,
      of: count,
      waits_until: moment.nullable(),
    }),
  ),
  deliveries: z.array(
    z.object({ region: z.string(), open: count, failed: count, last_at: moment.nullable() }),
  ),
  queue: z
    .object({ waiting: count, running: count, workers: count })
    .nullable()
    .describe('null: no worker ever was'),
  dead: z.array(
    z.object({
      id: z.string(),
      queue: z.string(),
      regions: z.array(z.string()),
      tries: count,
      failed_at: moment,
      reason: z.string().nullable(),
    }),
  ),
});

export const rejects = z.object({
  total: count,
  rows: z.array(
    z.object({
      reject_id: z.string(),
      region: z.string(),
      stream: z.string(),
      record_id: z.string().nullable(),
      field: z.string(),
      reason: z.string(),
      first_seen_at: moment,
      last_seen_at: moment,
    }),
  ),
  next: z.string().nullable(),
});

/** `POST /rejects/retry`: of one region each, by id; none given: all. */
export const retryRejects = z.object({ region: z.string().nullable(), ids: z.array(z.string()).nullable() });
export const retried = z.object({ stored: count, still: count, says: z.string() });
/** `POST /jobs/retry` */
export const retryJobs = z.object({ ids: z.array(z.string()).nullable() });
/** `POST /runs`: a run now. */
export const sendRun = z.object({ regions: z.array(z.string()).nullable(), full: z.boolean() });
export const done = z.object({ says: z.string() });

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
  total: count,
  next: z.string().nullable(),
  trust_says: z.string(),
});

export const role = z.enum(['viewer', 'operator']);
export const session = z.object({
  login: z.enum(['none', 'required']).describe('none: on this machine only, whoever asks is an operator'),
  role: role.nullable().describe('null: not logged in'),
  csrf: z.string().nullable().describe('Sent back as x-csrf-token with each POST'),
  version: z.string(),
  ticket_url: z.string().nullable().describe("Of a ticket in vivenu's own dashboard, with {ticket_id}"),
});
export const login = z.object({ role, password: z.string().max(1000) });
export const problem = z.object({ error: z.string(), retry_after_s: count.optional() });

/** Server-sent events of `GET /live`: `event: changed`, `data:` this. A client that connects gets one at once. */
export const changed = z.object({
  at: moment,
  sales: z.array(z.string()).describe('Regions whose figures moved since the last'),
  runs: z.boolean().describe('A run began, went on or ended'),
});
