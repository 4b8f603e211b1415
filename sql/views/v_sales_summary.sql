-- How many tickets has each group of each event sold, against its capacity and the price trigger, and how many of them lately?
create or replace view v_sales_summary as
with settings as (
  select
    max(case when category = 'max_capacity' and value ~ '^[0-9]{1,9}$' then value::int end) as max_capacity,
    max(case when category = 'price_trigger' and value ~ '^[0-9]{1,9}$' then value::int end) as price_trigger
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
sales as (
  select types.event_id, sales_groups.ticket_group,
    sum(types.total_count)::int as sold,
    sum(types.total_count) filter (where types.team_role is distinct from 'member')::int as teams,
    sum(types.details_required)::int as details_required,
    case
      when min(types.currency) is not distinct from max(types.currency) and bool_and(types.revenue is not null)
        then sum(types.revenue)
    end as revenue,
    case
      when min(types.currency) = max(types.currency) and bool_and(types.revenue is not null) then min(types.currency)
    end as currency
  from ticket_summary as types
  join sales_groups on sales_groups.category in ('*', types.ticket_category)
  group by types.event_id, sales_groups.ticket_group
),
recent_types as (
  select event.event_id, tickets.ticket_type_id,
    count(*) filter (where tickets.created_at > now() - interval '1 hour') as last_hour,
    count(*) as last_day
  from (select distinct event_id from ticket_summary) as event
  cross join lateral (
    select coalesce(ticket_type_id, ticket_name, '') as ticket_type_id, created_at
    from tickets
    where tickets.event_id = event.event_id
      and created_at > now() - interval '1 day'
      and created_at <= now()
      and status in ('VALID', 'DETAILSREQUIRED')
      and deleted_at is null
  ) as tickets
  group by event.event_id, tickets.ticket_type_id
),
recent as (
  select recent_types.event_id, sales_groups.ticket_group,
    sum(recent_types.last_hour)::int as last_hour,
    sum(recent_types.last_day)::int as last_day
  from recent_types
  join ticket_summary using (event_id, ticket_type_id)
  join sales_groups on sales_groups.category in ('*', ticket_summary.ticket_category)
  group by recent_types.event_id, sales_groups.ticket_group
),
-- An active type without an amount sells without limit, unless the profile gives its division and day a capacity.
days as (
  select types.event_id, types.ticket_category, types.ticket_division,
    coalesce(max(configured.capacity), sum(types.capacity)) as capacity,
    max(configured.capacity) is null and bool_or(types.capacity is null and types.type_active) as unlimited
  from ticket_summary as types
  left join ticket_capacity_configs as configured
    on configured.ticket_group = types.ticket_division and configured.event_day = types.ticket_event_day
  group by types.event_id, types.ticket_category, types.ticket_division, types.ticket_event_day
),
divisions as (
  select days.event_id, days.ticket_category,
    coalesce(max(whole.capacity), sum(days.capacity)) as capacity,
    max(whole.capacity) is null and bool_or(days.unlimited) as unlimited
  from days
  left join ticket_capacity_configs as whole
    on whole.ticket_group = days.ticket_division and whole.event_day = 'ALL'
  group by days.event_id, days.ticket_category, days.ticket_division
),
places as (
  select divisions.event_id, sales_groups.ticket_group,
    case when bool_or(divisions.unlimited) then null else sum(divisions.capacity) end as capacity
  from divisions
  join sales_groups on sales_groups.category in ('*', divisions.ticket_category)
  group by divisions.event_id, sales_groups.ticket_group
),
answer as (
  select groups.*,
    coalesce(sales.sold, 0) as sold,
    coalesce(sales.teams, 0) as teams,
    coalesce(sales.details_required, 0) as details_required,
    case when groups.is_headline then settings.price_trigger end as trigger,
    case when groups.is_headline then settings.max_capacity end as max_capacity,
    case when places.capacity < 2147483647 then places.capacity::int end as places,
    case when sales.event_id is null then 0 else sales.revenue end as revenue,
    sales.currency,
    coalesce(recent.last_hour, 0) as last_hour,
    coalesce(recent.last_day, 0) as last_day
  from groups
  cross join settings
  left join sales using (event_id, ticket_group)
  left join places using (event_id, ticket_group)
  left join recent using (event_id, ticket_group)
)
select
  answer.event_id,
  events.name as event_name,
  events.start_date as start,
  answer.ticket_group,
  answer.is_headline,
  answer.position,
  answer.sold,
  answer.teams,
  answer.details_required,
  answer.trigger,
  round(100.0 * answer.sold / nullif(answer.trigger, 0), 1) as trigger_percent,
  limits.capacity,
  limits.capacity - answer.sold as remaining,
  round(100.0 * answer.sold / nullif(limits.capacity, 0), 1) as percent,
  answer.revenue,
  answer.currency,
  answer.last_hour,
  answer.last_day,
  answer.places
from answer
cross join lateral (select coalesce(answer.max_capacity, answer.places) as capacity) as limits
left join events on events.id = answer.event_id
order by events.start_date, answer.event_id, answer.position;
comment on view v_sales_summary is 'How many tickets has each group of each event sold, against its capacity and the price trigger, and how many of them lately? One row an event and group of the profile. Sold are the tickets with status VALID or DETAILSREQUIRED; each is one person, so a double counts two and a relay four.';
comment on column v_sales_summary.event_id is 'vivenu id of the event';
comment on column v_sales_summary.event_name is 'Name of the event';
comment on column v_sales_summary.start is 'When the event starts';
comment on column v_sales_summary.ticket_group is 'Group of categories, as the profile names it';
comment on column v_sales_summary.is_headline is 'True for the group that the price trigger and the maximum capacity are about';
comment on column v_sales_summary.position is 'Order of the groups';
comment on column v_sales_summary.sold is 'Tickets sold: persons, tickets of further team members too';
comment on column v_sales_summary.teams is 'Sold tickets without those of further team members: teams, or persons where each starts alone';
comment on column v_sales_summary.details_required is 'Sold tickets whose holder still has to give details';
comment on column v_sales_summary.trigger is 'Sold count at which the price changes (setting price_trigger); only the headline group has it';
comment on column v_sales_summary.trigger_percent is 'Sold, in percent of the trigger';
comment on column v_sales_summary.capacity is 'Headline group: setting max_capacity, where it is given. Otherwise places: the capacities of the divisions in the group, from the profile, else the amounts of their ticket types; empty where one has no limit';
comment on column v_sales_summary.remaining is 'Capacity less sold; negative where more is sold than there is room for';
comment on column v_sales_summary.percent is 'Sold, in percent of the capacity';
comment on column v_sales_summary.revenue is 'Prices paid for the sold tickets, in major units of the currency; empty where they were sold in several currencies';
comment on column v_sales_summary.currency is 'Currency of the revenue';
comment on column v_sales_summary.last_hour is 'Sold tickets that were created in the last 60 minutes';
comment on column v_sales_summary.last_day is 'Sold tickets that were created in the last 24 hours';
comment on column v_sales_summary.places is 'Capacities of the divisions in the group, whatever max_capacity says; empty where one has no limit';
