-- What the sales of an event come to in its headline group, as far as no clock moves it: what the overview asks of every region at once.
with headline as (
  select event_id, sold, places, revenue, currency
  from v_sales_summary
  where is_headline and event_id = any($1::text[])
),
daily as (
  select hourly.event_id, hourly.local_hour::date as local_day, sum(hourly.sold)::int as sold
  from ticket_sales_hourly as hourly
  where hourly.event_id = any($1::text[])
    and exists (select from sales_groups where is_headline and sales_groups.category in ('*', hourly.category))
  group by 1, 2
),
last_days as (
  select latest.event_id, latest.local_day as last_sale_day,
    array_agg(coalesce(daily.sold, 0) order by ago.days desc) as last_days
  from (select event_id, max(local_day) as local_day from daily group by event_id) as latest
  cross join generate_series(0, 13) as ago (days)
  left join daily on daily.event_id = latest.event_id and daily.local_day = latest.local_day - ago.days
  group by 1, 2
),
divisions as (
  select event_id,
    count(*) filter (where remaining <= 0)::int as days_full,
    coalesce(-sum(remaining) filter (where remaining < 0), 0)::int as places_over
  from v_division_day_capacity
  where event_id = any($1::text[]) and not is_total
  group by event_id
),
kinds as (
  select event_id, coalesce(problem, '') as problem, count(distinct ticket_id)::int as tickets
  from ticket_problems
  where event_id = any($1::text[])
  group by grouping sets ((event_id, problem), (event_id))
),
problems as (
  select event_id,
    sum(tickets) filter (where problem = '')::int as problems,
    jsonb_object_agg(problem, tickets) filter (where problem <> '') as problem_kinds
  from kinds
  group by event_id
)
select
  headline.event_id,
  headline.sold,
  headline.places,
  headline.revenue,
  headline.currency,
  last_days.last_sale_day,
  last_days.last_days,
  coalesce(divisions.days_full, 0) as days_full,
  coalesce(divisions.places_over, 0) as places_over,
  coalesce(problems.problems, 0) as problems,
  coalesce(problems.problem_kinds, '{}') as problem_kinds
from headline
left join last_days using (event_id)
left join divisions using (event_id)
left join problems using (event_id)
