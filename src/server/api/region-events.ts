import type { Database } from '../../load/database.js';
import { inRegion } from './schema-reader.js';

/** What the overview knows of one event, before anything is said about it. */
export interface EventFacts {
  readonly event_id: string;
  readonly name: string;
  readonly zone: string;
  readonly starts_at: Date | null;
  readonly ends_at: Date | null;
  /** Its last day is past, by its own calendar. */
  readonly is_over: boolean;
  readonly sold: number;
  readonly capacity: number | null;
  readonly trigger: number | null;
  readonly trigger_name: string | null;
  readonly last_hour: number;
  readonly last_day: number;
  readonly revenue: number | null;
  readonly currency: string | null;
  readonly days: readonly number[];
  readonly minutes_to_trigger: number | null;
  readonly days_full: number;
  readonly places_over: number;
  /** Tickets that have one. */
  readonly problems: number;
  /** Tickets by kind of problem. */
  readonly kinds: Readonly<Record<string, number>>;
}

/**
 * All events of a region, one row each, by the event's own calendar; those to come first. What the clock moves is worked out here, as
 * `v_sales_summary` does; the rest is kept as `event_sales`.
 */
const EVENTS = `
with settings as (
  select
    max(value) filter (where category = 'price_tier') as trigger_name,
    max(case when category = 'price_trigger' and value ~ '^[0-9]{1,9}$' then value::int end) as trigger,
    max(case when category = 'max_capacity' and value ~ '^[0-9]{1,9}$' then value::int end) as max_capacity
  from event_capacity_configs
),
known as (
  select sales.*, events.name, events.start_date, events.end_date, coalesce(events.zone, 'UTC') as zone,
    (now() at time zone coalesce(events.zone, 'UTC'))::date as today
  from event_sales as sales
  left join events on events.id = sales.event_id
),
dated as (
  select *, coalesce((coalesce(end_date, start_date) at time zone zone)::date < today, false) as is_over,
    -- By so much the days move to end today; where nothing is sold, too.
    greatest(least(today - last_sale_day, 14), -14) as later
  from known
),
recent as (
  select sales.event_id, count(*)::int as last_day,
    (count(*) filter (where tickets.created_at > now() - interval '1 hour'))::int as last_hour
  from event_sales as sales
  cross join lateral (
    select coalesce(ticket_type_id, ticket_name, '') as ticket_type_id, created_at
    from tickets
    where tickets.event_id = sales.event_id
      and created_at > now() - interval '1 day'
      and created_at <= now()
      and status in ('VALID', 'DETAILSREQUIRED')
      and deleted_at is null
  ) as tickets
  join ticket_summary as types on types.event_id = sales.event_id and types.ticket_type_id = tickets.ticket_type_id
  where exists (select from sales_groups where is_headline and sales_groups.category in ('*', types.ticket_category))
  group by sales.event_id
),
growth as (
  select distinct on (event_id) event_id, minutes_to_trigger
  from v_sales_growth
  where is_headline and points > 2 and minutes_to_trigger is not null
  order by event_id, horizon_order
)
select dated.event_id, coalesce(dated.name, dated.event_id) as name, dated.zone, dated.start_date as starts_at,
  dated.end_date as ends_at, dated.is_over, dated.sold,
  coalesce(settings.max_capacity, dated.places) as capacity, settings.trigger, settings.trigger_name,
  coalesce(recent.last_hour, 0) as last_hour, coalesce(recent.last_day, 0) as last_day,
  dated.revenue::float8 as revenue, dated.currency,
  (array_fill(0, '{14}') || coalesce(dated.last_days, array_fill(0, '{14}')) || array_fill(0, '{14}'))
    [15 + dated.later : 28 + dated.later] as days,
  growth.minutes_to_trigger, dated.days_full, dated.places_over, dated.problems, dated.problem_kinds as kinds
from dated
cross join settings
left join recent using (event_id)
left join growth using (event_id)
order by dated.is_over, case when not dated.is_over then dated.start_date end, dated.start_date desc, dated.event_id`;

/** Whether tickets were summed up before there was `event_sales`: then the next run, which works everything out anew, fills it. */
const IS_BEHIND = `
select exists (select from ticket_summary) and not exists (select from event_sales) as is_behind`;

/** The events of a region; null where what they are told by is not there: it was never read, or summed up by an older version, or somebody dropped a table. */
export const eventsOf = (
  db: Pick<Database, 'transaction'>,
  schema: string,
): Promise<readonly EventFacts[] | null> =>
  inRegion(db, schema, async (ask) => {
    const events = await ask<EventFacts>(EVENTS);
    if (events.length > 0) return events;
    const [behind] = await ask<{ is_behind: boolean }>(IS_BEHIND);
    return behind?.is_behind ? null : events;
  });
