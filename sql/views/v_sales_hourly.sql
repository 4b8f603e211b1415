-- How many tickets were sold in each hour, by the event's own clock?
create or replace view v_sales_hourly as
with headline as (
  select coalesce(array_agg(category), '{}') as categories from sales_groups where is_headline
)
select
  event.event_id,
  event.event_name,
  sales.local_hour,
  event.zone,
  sales.sold,
  sales.headline_sold,
  sales.revenue,
  sales.currency,
  sales.running_total,
  sales.headline_total,
  sales.mean_7_days
from (
  select known.event_id, events.name as event_name, coalesce(events.zone, 'UTC') as zone
  from (select distinct event_id from ticket_summary) as known
  left join events on events.id = known.event_id
) as event
cross join headline
-- Event by event, so that asking for one reads no other.
cross join lateral (
  with hours as (
    select local_hour,
      sum(sold)::int as sold,
      coalesce(
        sum(sold) filter (where '*' = any(headline.categories) or category = any(headline.categories)), 0
      )::int as headline_sold,
      -- A sum over two currencies is an amount of neither.
      bool_and(revenue is not null) and min(currency) is not distinct from max(currency) as is_summed,
      sum(revenue) as revenue,
      min(currency) as currency
    from ticket_sales_hourly as hourly
    where hourly.event_id = event.event_id
    group by 1
  ),
    -- Steps of real hours: where the clock is put forward, the hour that it leaps is not there.
    clock as (
      select date_trunc('hour', step at time zone event.zone) as local_hour
      from (select min(local_hour) as first_hour, max(local_hour) as last_hour from hours) as span
      cross join lateral generate_series(
        span.first_hour at time zone event.zone,
        (span.last_hour at time zone event.zone) + interval '1 hour',
        interval '1 hour'
      ) as steps (step)
      where date_trunc('hour', step at time zone event.zone) <= span.last_hour
      union
      select local_hour from hours
    )
  select
    clock.local_hour,
    coalesce(hours.sold, 0) as sold,
    coalesce(hours.headline_sold, 0) as headline_sold,
    case when hours.local_hour is null then 0 when hours.is_summed then hours.revenue end as revenue,
    case when hours.is_summed then hours.currency end as currency,
    sum(hours.sold) over (order by clock.local_hour)::int as running_total,
    sum(hours.headline_sold) over (order by clock.local_hour)::int as headline_total,
    round(
      avg(coalesce(hours.sold, 0)) over (order by clock.local_hour rows between 167 preceding and current row), 2
    ) as mean_7_days
  from clock
  left join hours on hours.local_hour = clock.local_hour
) as sales
order by event.event_id, sales.local_hour;
comment on view v_sales_hourly is 'How many tickets were sold in each hour, by the event''s own clock? One row an event and hour from the first sale to the last; hours without a sale have 0. A ticket counts in the hour in which it was created: a transferred one in that of its transfer.';
comment on column v_sales_hourly.event_id is 'vivenu id of the event';
comment on column v_sales_hourly.event_name is 'Name of the event';
comment on column v_sales_hourly.local_hour is 'Beginning of the hour in the event''s time zone';
comment on column v_sales_hourly.zone is 'Time zone of the event';
comment on column v_sales_hourly.sold is 'Tickets of this hour that are sold: persons, tickets of further team members too';
comment on column v_sales_hourly.headline_sold is 'Those of them that are in the headline group of the profile, such as all athletes';
comment on column v_sales_hourly.revenue is 'Prices paid for them, in major units of the currency; empty where they were sold in several currencies';
comment on column v_sales_hourly.currency is 'Currency of the revenue';
comment on column v_sales_hourly.running_total is 'Tickets sold up to the end of this hour';
comment on column v_sales_hourly.headline_total is 'Those of them that are in the headline group';
comment on column v_sales_hourly.mean_7_days is 'Mean of sold over the last 168 hours up to this one, of fewer at the beginning';
