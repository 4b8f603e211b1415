-- How many tickets were sold in each hour, by the event's own clock?
create or replace view v_sales_hourly as
with headline as (
  select distinct category from sales_groups where is_headline
),
sold as (
  select event_id, local_hour, category,
    sum(sold) as sold,
    sum(revenue) as revenue,
    bool_and(revenue is not null) as one_currency
  from ticket_sales_hourly
  group by event_id, local_hour, category
),
hours as (
  select event_id, local_hour,
    sum(sold)::int as sold,
    coalesce(
      sum(sold) filter (where exists (select from headline where headline.category in ('*', sold.category))), 0
    )::int as headline_sold,
    case when bool_and(one_currency) then sum(revenue) end as revenue
  from sold
  group by event_id, local_hour
),
spans as (
  select hours.event_id, events.name as event_name, coalesce(events.zone, 'UTC') as zone,
    min(local_hour) as first_hour, max(local_hour) as last_hour
  from hours
  left join events on events.id = hours.event_id
  group by 1, 2, 3
),
-- Steps of real hours: where the clock is put forward, the hour that it leaps is not there.
clock as (
  select event_id, date_trunc('hour', step at time zone zone) as local_hour
  from spans
  cross join lateral generate_series(
    first_hour at time zone zone, (last_hour at time zone zone) + interval '1 hour', interval '1 hour'
  ) as steps (step)
  union
  select event_id, local_hour from hours
)
select
  spans.event_id,
  spans.event_name,
  clock.local_hour,
  spans.zone,
  coalesce(hours.sold, 0) as sold,
  coalesce(hours.headline_sold, 0) as headline_sold,
  case when hours.event_id is null then 0 else hours.revenue end as revenue,
  sum(hours.sold) over (partition by spans.event_id order by clock.local_hour)::int as running_total,
  sum(hours.headline_sold) over (partition by spans.event_id order by clock.local_hour)::int as headline_total,
  round(
    avg(coalesce(hours.sold, 0)) over (
      partition by spans.event_id order by clock.local_hour rows between 167 preceding and current row
    ),
    2
  ) as mean_7_days
from spans
join clock on clock.event_id = spans.event_id and clock.local_hour between spans.first_hour and spans.last_hour
left join hours on hours.event_id = clock.event_id and hours.local_hour = clock.local_hour
order by spans.event_id, clock.local_hour;
comment on view v_sales_hourly is 'How many tickets were sold in each hour, by the event''s own clock? One row an event and hour from the first sale to the last; hours without a sale have 0. A ticket counts in the hour in which it was created: a transferred one in that of its transfer.';
comment on column v_sales_hourly.event_id is 'vivenu id of the event';
comment on column v_sales_hourly.event_name is 'Name of the event';
comment on column v_sales_hourly.local_hour is 'Beginning of the hour in the event''s time zone';
comment on column v_sales_hourly.zone is 'Time zone of the event';
comment on column v_sales_hourly.sold is 'Tickets of this hour that are sold: persons, tickets of further team members too';
comment on column v_sales_hourly.headline_sold is 'Those of them that are in the headline group of the profile, such as all athletes';
comment on column v_sales_hourly.revenue is 'Prices paid for them, in major units of the currency; empty where they were sold in several currencies';
comment on column v_sales_hourly.running_total is 'Tickets sold up to the end of this hour';
comment on column v_sales_hourly.headline_total is 'Those of them that are in the headline group';
comment on column v_sales_hourly.mean_7_days is 'Mean of sold over the last 168 hours up to this one, of fewer at the beginning';
