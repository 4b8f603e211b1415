-- How fast does each group sell now, where does that lead, and when is the price trigger reached?
create or replace view v_sales_growth as
with horizons (horizon, span, horizon_order) as (
  values
    ('15 minutes', interval '15 minutes', 1),
    ('1 hour', interval '1 hour', 2),
    ('6 hours', interval '6 hours', 3),
    ('1 day', interval '1 day', 4),
    ('7 days', interval '7 days', 5)
),
settings as (
  select max(case when category = 'price_trigger' and value ~ '^[0-9]{1,9}$' then value::int end) as price_trigger
  from event_capacity_configs
),
groups as (
  select event.event_id, named.ticket_group, named.position, named.is_headline
  from (select distinct event_id from ticket_summary) as event
  cross join (
    select ticket_group, min(position) as position, bool_or(is_headline) as is_headline
    from sales_groups
    group by ticket_group
  ) as named
),
lasts as (
  select groups.*, last.total_count, last.created_at
  from groups
  cross join lateral (
    select report.total_count, report.created_at
    from summary_report as report
    where report.event_id = groups.event_id
      and report.ticket_group = groups.ticket_group
      and report.created_at <= now()
    order by report.created_at desc, report.id desc
    limit 1
  ) as last
),
-- The count that held when the horizon began; the first ever where the history is shorter.
spans as (
  select lasts.event_id, lasts.ticket_group, lasts.position, lasts.is_headline,
    horizons.horizon, horizons.horizon_order, horizons.span,
    first.created_at as first_at, lasts.created_at as last_at,
    first.total_count as first_count, lasts.total_count as last_count
  from lasts
  cross join horizons
  cross join lateral (
    select candidate.total_count, candidate.created_at
    from (
      (
        select report.total_count, report.created_at, 1 as choice
        from summary_report as report
        where report.event_id = lasts.event_id
          and report.ticket_group = lasts.ticket_group
          and report.created_at <= now() - horizons.span
        order by report.created_at desc, report.id desc
        limit 1
      )
      union all
      (
        select report.total_count, report.created_at, 2
        from summary_report as report
        where report.event_id = lasts.event_id
          and report.ticket_group = lasts.ticket_group
        order by report.created_at, report.id
        limit 1
      )
    ) as candidate
    order by candidate.choice
    limit 1
  ) as first
),
rates as (
  select spans.*,
    (
      select count(*)
      from summary_report as report
      where report.event_id = spans.event_id
        and report.ticket_group = spans.ticket_group
        and report.created_at between spans.first_at and spans.last_at
    )::int as points,
    (last_count - first_count) / nullif(extract(epoch from last_at - first_at) / 60, 0) as per_minute,
    extract(epoch from span) / 60 as span_minutes
  from spans
)
select
  rates.event_id,
  events.name as event_name,
  rates.ticket_group,
  rates.is_headline,
  rates.horizon,
  rates.horizon_order,
  rates.points,
  rates.first_at,
  rates.last_at,
  rates.first_count,
  rates.last_count,
  rates.last_count - rates.first_count as absolute,
  round(100.0 * (rates.last_count - rates.first_count) / nullif(rates.first_count, 0), 1) as percent,
  round(rates.per_minute, 4) as rate_per_minute,
  case
    when rates.per_minute is not null
      then least(greatest(round(rates.last_count + rates.per_minute * rates.span_minutes), 0), 2147483647)::int
  end as projected,
  case when rates.is_headline then settings.price_trigger end as trigger,
  case
    when not rates.is_headline or settings.price_trigger is null then null
    when rates.last_count >= settings.price_trigger then 0
    when rates.per_minute > 0
      then least(round((settings.price_trigger - rates.last_count) / rates.per_minute), 2147483647)::int
  end as minutes_to_trigger
from rates
cross join settings
left join events on events.id = rates.event_id
order by rates.event_id, rates.position, rates.horizon_order;
comment on view v_sales_growth is 'How fast does each group sell now, where does that lead, and when is the price trigger reached? One row an event, group and horizon, from the counts that every run notes in summary_report. The rate is a straight line between the first count and the last.';
comment on column v_sales_growth.event_id is 'vivenu id of the event';
comment on column v_sales_growth.event_name is 'Name of the event';
comment on column v_sales_growth.ticket_group is 'Group of categories, as the profile names it';
comment on column v_sales_growth.is_headline is 'True for the group that the price trigger is about';
comment on column v_sales_growth.horizon is 'How far the answer looks back, and ahead';
comment on column v_sales_growth.horizon_order is 'Order of the horizons, the shortest first';
comment on column v_sales_growth.points is 'Counts that the answer rests on, first and last among them; from 1 there is no rate, from 2 or 3 a weak one';
comment on column v_sales_growth.first_at is 'When the first of them was taken: the last count before the horizon began, or the first ever where the history is shorter';
comment on column v_sales_growth.last_at is 'When the last of them was taken';
comment on column v_sales_growth.first_count is 'Tickets sold at the first count';
comment on column v_sales_growth.last_count is 'Tickets sold at the last count';
comment on column v_sales_growth.absolute is 'Last count less first count; negative where tickets were cancelled';
comment on column v_sales_growth.percent is 'That difference in percent of the first count; empty where that is 0';
comment on column v_sales_growth.rate_per_minute is 'That difference for each minute between the two counts';
comment on column v_sales_growth.projected is 'Tickets sold after as long a time again, at this rate, from the last count on; empty without a rate';
comment on column v_sales_growth.trigger is 'Sold count at which the price changes (setting price_trigger); only the headline group has it';
comment on column v_sales_growth.minutes_to_trigger is 'Minutes from the last count to the trigger at this rate; 0 where it is reached; empty where the count does not rise or there is no trigger';
