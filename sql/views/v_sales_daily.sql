-- How many tickets were sold on each day, by the event's own calendar?
create or replace view v_sales_daily as
with headline as (
  select coalesce(array_agg(category), '{}') as categories from sales_groups where is_headline
)
select
  event.event_id,
  event.event_name,
  sales.local_day,
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
  with days as (
    select local_hour::date as local_day,
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
    clock as (
      select step::date as local_day
      from (select min(local_day)::timestamp as first_day, max(local_day)::timestamp as last_day from days) as span
      cross join lateral generate_series(span.first_day, span.last_day, interval '1 day') as steps (step)
    )
  select
    clock.local_day,
    coalesce(days.sold, 0) as sold,
    coalesce(days.headline_sold, 0) as headline_sold,
    case when days.local_day is null then 0 when days.is_summed then days.revenue end as revenue,
    case when days.is_summed then days.currency end as currency,
    sum(days.sold) over (order by clock.local_day)::int as running_total,
    sum(days.headline_sold) over (order by clock.local_day)::int as headline_total,
    round(
      avg(coalesce(days.sold, 0)) over (order by clock.local_day rows between 6 preceding and current row), 2
    ) as mean_7_days
  from clock
  left join days on days.local_day = clock.local_day
) as sales
order by event.event_id, sales.local_day;
comment on view v_sales_daily is 'How many tickets were sold on each day, by the event''s own calendar? One row an event and day from the first sale to the last; days without a sale have 0. A ticket counts on the day on which it was created: a transferred one on that of its transfer.';
comment on column v_sales_daily.event_id is 'vivenu id of the event';
comment on column v_sales_daily.event_name is 'Name of the event';
comment on column v_sales_daily.local_day is 'Day in the event''s time zone';
comment on column v_sales_daily.zone is 'Time zone of the event';
comment on column v_sales_daily.sold is 'Tickets of this day that are sold: persons, tickets of further team members too';
comment on column v_sales_daily.headline_sold is 'Those of them that are in the headline group of the profile, such as all athletes';
comment on column v_sales_daily.revenue is 'Prices paid for them, in major units of the currency; empty where they were sold in several currencies';
comment on column v_sales_daily.currency is 'Currency of the revenue';
comment on column v_sales_daily.running_total is 'Tickets sold up to the end of this day';
comment on column v_sales_daily.headline_total is 'Those of them that are in the headline group';
comment on column v_sales_daily.mean_7_days is 'Mean of sold over the last 7 days up to this one, of fewer at the beginning';
