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

/** All events of a region, one row each: the headline group of `v_sales_summary`, by the event's own calendar; those to come first. */
const EVENTS = `
with headline as (
  select coalesce(array_agg(category), '{}') as categories from sales_groups where is_headline
),
chosen as (
  select distinct on (event_id) * from v_sales_summary order by event_id, is_headline desc, position
),
dated as (
  select chosen.*, events.end_date, coalesce(events.zone, 'UTC') as zone,
    (now() at time zone coalesce(events.zone, 'UTC'))::date as today
  from chosen
  left join events on events.id = chosen.event_id
),
known as (
  select *, coalesce((coalesce(end_date, start) at time zone zone)::date < today, false) as is_over from dated
),
sold_on as (
  select known.event_id, hourly.local_hour::date as local_day, sum(hourly.sold)::int as sold
  from known
  cross join headline
  -- Event by event, so that only the last days are read.
  cross join lateral (
    select * from ticket_sales_hourly
    where event_id = known.event_id and local_hour >= known.today - 13 and local_hour < known.today + 1
    offset 0
  ) as hourly
  where hourly.category = any(headline.categories) or '*' = any(headline.categories)
  group by 1, 2
),
last_days as (
  select known.event_id, array_agg(coalesce(sold_on.sold, 0) order by ago desc) as days
  from known
  cross join generate_series(0, 13) as ago
  left join sold_on on sold_on.event_id = known.event_id and sold_on.local_day = known.today - ago
  group by 1
),
places as (
  select event_id, count(*) filter (where remaining <= 0)::int as days_full,
    coalesce(-sum(remaining) filter (where remaining < 0), 0)::int as places_over
  from v_division_day_capacity where not is_total group by 1
),
growth as (
  select distinct on (event_id) event_id, minutes_to_trigger
  from v_sales_growth
  where is_headline and points > 2 and minutes_to_trigger is not null
  order by event_id, horizon_order
),
problems as (
  select event_id, coalesce(sum(tickets) filter (where problem = ''), 0)::int as tickets,
    coalesce(jsonb_object_agg(problem, tickets) filter (where problem <> ''), '{}') as kinds
  from ticket_problem_counts group by 1
)
select known.event_id, coalesce(known.event_name, known.event_id) as name, known.zone, known.start as starts_at,
  known.end_date as ends_at, known.is_over, known.sold, known.capacity, known.trigger, known.last_hour, known.last_day,
  known.revenue::float8 as revenue, known.currency, last_days.days, growth.minutes_to_trigger,
  coalesce(places.days_full, 0) as days_full, coalesce(places.places_over, 0) as places_over,
  coalesce(problems.tickets, 0) as problems, coalesce(problems.kinds, '{}') as kinds,
  (select value from event_capacity_configs where category = 'price_tier') as trigger_name
from known
join last_days using (event_id)
left join places using (event_id)
left join growth using (event_id)
left join problems using (event_id)
order by known.is_over, case when not known.is_over then known.start end, known.start desc, known.event_id`;

/** The events of a region; null where what they are told by is not there: it was never read, or somebody dropped a view. */
export const eventsOf = (
  db: Pick<Database, 'transaction'>,
  schema: string,
): Promise<readonly EventFacts[] | null> => inRegion(db, schema, (ask) => ask<EventFacts>(EVENTS));
