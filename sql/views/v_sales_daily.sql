-- How many tickets were sold on each day, by the event's own calendar?
create or replace view v_sales_daily as
with headline as (
  select distinct category from sales_groups where is_headline
),
sold as (
  select event_id, local_hour::date as local_day, category,
    sum(sold) as sold,
    sum(revenue) as revenue,
    bool_and(revenue is not null) as one_currency
  from ticket_sales_hourly
  group by 1, 2, 3
),
days as (
  select event_id, local_day,
    sum(sold)::int as sold,
    coalesce(
      sum(sold) filter (where exists (select from headline where headline.category in ('*', sold.category))), 0
    )::int as headline_sold,
    case when bool_and(one_currency) then sum(revenue) end as revenue
  from sold
  group by event_id, local_day
),
calendar as (
  select span.event_id, day::date as local_day
  from (select event_id, min(local_day) as first_day, max(local_day) as last_day from days group by event_id) as span
  cross join lateral generate_series(
    span.first_day::timestamp, span.last_day::timestamp, interval '1 day'
  ) as steps (day)
)
select
  calendar.event_id,
  events.name as event_name,
  calendar.local_day,
  coalesce(events.zone, 'UTC') as zone,
  coalesce(days.sold, 0) as sold,
  coalesce(days.headline_sold, 0) as headline_sold,
  case when days.event_id is null then 0 else days.revenue end as revenue,
  sum(days.sold) over (partition by calendar.event_id order by calendar.local_day)::int as running_total,
  sum(days.headline_sold) over (partition by calendar.event_id order by calendar.local_day)::int as headline_total,
  round(
    avg(coalesce(days.sold, 0)) over (
      partition by calendar.event_id order by calendar.local_day rows between 6 preceding and current row
    ),
    2
  ) as mean_7_days
from calendar
left join days using (event_id, local_day)
left join events on events.id = calendar.event_id
order by calendar.event_id, calendar.local_day;
comment on view v_sales_daily is 'How many tickets were sold on each day, by the event''s own calendar? One row an event and day from the first sale to the last; days without a sale have 0. A ticket counts on the day on which it was created: a transferred one on that of its transfer.';
comment on column v_sales_daily.event_id is 'vivenu id of the event';
comment on column v_sales_daily.event_name is 'Name of the event';
comment on column v_sales_daily.local_day is 'Day in the event''s time zone';
comment on column v_sales_daily.zone is 'Time zone of the event';
comment on column v_sales_daily.sold is 'Tickets of this day that are sold: persons, tickets of further team members too';
comment on column v_sales_daily.headline_sold is 'Those of them that are in the headline group of the profile, such as all athletes';
comment on column v_sales_daily.revenue is 'Prices paid for them, in major units of the currency; empty where they were sold in several currencies';
comment on column v_sales_daily.running_total is 'Tickets sold up to the end of this day';
comment on column v_sales_daily.headline_total is 'Those of them that are in the headline group';
comment on column v_sales_daily.mean_7_days is 'Mean of sold over the last 7 days up to this one, of fewer at the beginning';
