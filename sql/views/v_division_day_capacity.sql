-- Which division is full on which day, and how many places are left?
create or replace view v_division_day_capacity as
with days as (
  select
    event_id,
    ticket_division as division,
    ticket_event_day as event_day,
    min(ticket_category) as category,
    sum(total_count)::int as sold,
    coalesce(sum(total_count) filter (where team_role is distinct from 'member'), 0)::int as teams,
    -- An active type without an amount sells without limit.
    case
      when not bool_or(capacity is null and coalesce(type_active, false)) and sum(capacity) < 2147483647
        then sum(capacity)::int
    end as amounts,
    bool_and(ticket_event_day is null) over (partition by event_id, ticket_division) as dayless
  from ticket_summary
  group by event_id, ticket_division, ticket_event_day
),
-- A capacity for all days is that of the one row of a division whose tickets name no day.
known as (
  select
    days.event_id,
    days.division,
    case when days.dayless and whole.capacity is not null then 'ALL' else days.event_day end as event_day,
    days.category,
    days.sold,
    days.teams,
    coalesce(case when days.dayless then whole.capacity end, configured.capacity, days.amounts) as capacity,
    case when not days.dayless then whole.capacity end as whole_capacity,
    coalesce(configured.id, whole.id) as position
  from days
  left join ticket_capacity_configs as configured
    on configured.ticket_group = days.division and configured.event_day = days.event_day
  left join ticket_capacity_configs as whole
    on whole.ticket_group = days.division and whole.event_day = 'ALL'
),
answer as (
  select event_id, division, event_day, false as is_total, category, sold, teams, capacity, position
  from known
  union all
  select event_id, division, 'ALL', true, min(category), sum(sold)::int, sum(teams)::int, whole_capacity, max(position)
  from known
  where whole_capacity is not null
  group by event_id, division, whole_capacity
)
select
  answer.event_id,
  events.name as event_name,
  answer.category,
  answer.division,
  answer.event_day,
  answer.is_total,
  answer.sold,
  answer.teams,
  answer.capacity,
  answer.capacity - answer.sold as remaining,
  round(100.0 * answer.sold / nullif(answer.capacity, 0), 1) as percent
from answer
left join events on events.id = answer.event_id
order by events.start_date, answer.event_id, answer.position, answer.category, answer.division, answer.is_total,
  array_position(
    array['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY', 'MULTI_DAY'],
    answer.event_day
  ),
  answer.event_day;
comment on view v_division_day_capacity is 'Which division is full on which day, and how many places are left? One row an event, division and day; passes for several days are a row of their own (MULTI_DAY) and in no single day. A division with a capacity for the whole event has one more row, ALL, over its days.';
comment on column v_division_day_capacity.event_id is 'vivenu id of the event';
comment on column v_division_day_capacity.event_name is 'Name of the event';
comment on column v_division_day_capacity.category is 'Category of the division, as the profile names it';
comment on column v_division_day_capacity.division is 'Division, as the profile reads it from the name of the ticket type';
comment on column v_division_day_capacity.event_day is 'Day of the event; ALL: the whole event; empty: the names of the tickets name no day';
comment on column v_division_day_capacity.is_total is 'True for a row that sums up the days of its division: leave it out when adding up';
comment on column v_division_day_capacity.sold is 'Tickets sold: persons, tickets of further team members too';
comment on column v_division_day_capacity.teams is 'Sold tickets without those of further team members: teams, or persons where each starts alone';
comment on column v_division_day_capacity.capacity is 'Tickets that may be sold: the capacity of this division and day in the profile, else the amounts of its ticket types; empty: no limit is known';
comment on column v_division_day_capacity.remaining is 'Capacity less sold; negative where more is sold than there is room for';
comment on column v_division_day_capacity.percent is 'Sold, in percent of the capacity';
