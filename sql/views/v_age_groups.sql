-- How many people and teams start in each age range, by division and day?
create or replace view v_age_groups as
with groups as (
  select *,
    sum(count) filter (where age_range = 'Total') over division_day as total,
    sum(count) filter (where age_range = 'Incomplete') over division_day as incomplete
  from ticket_age_groups
  window division_day as (partition by event_id, ticket_group, ticket_event_day)
)
select
  groups.event_id,
  events.name as event_name,
  groups.ticket_category as category,
  groups.ticket_group as division,
  groups.ticket_event_day as event_day,
  groups.age_range,
  groups.range_order,
  groups.count as people,
  groups.teams,
  round(100.0 * groups.count / nullif(groups.total, 0), 1) as percent,
  groups.average_age,
  groups.incomplete::int as incomplete,
  groups.total::int as total
from groups
left join events on events.id = groups.event_id
where groups.age_range <> 'Total'
order by events.start_date, groups.event_id, groups.ticket_category, groups.ticket_group, groups.ticket_event_day, groups.range_order;
comment on view v_age_groups is 'How many people and teams start in each age range, by division and day? One row an event, division, day and range of the profile, also where nobody is in it, and one for those whose range is not known (Incomplete). Ages are those at the start of the event; a team''s age is the mean of its members, rounded down.';
comment on column v_age_groups.event_id is 'vivenu id of the event';
comment on column v_age_groups.event_name is 'Name of the event';
comment on column v_age_groups.category is 'Category of the division, as the profile names it';
comment on column v_age_groups.division is 'Division, as the profile reads it from the name of the ticket';
comment on column v_age_groups.event_day is 'Day of the event; ALL: the names of the tickets name no day';
comment on column v_age_groups.age_range is 'Range of the profile; Incomplete: an age, a member or the order is not known; Other: an age that is in no range';
comment on column v_age_groups.range_order is 'Order of the ranges';
comment on column v_age_groups.people is 'People in it: sold tickets, those of further team members too';
comment on column v_age_groups.teams is 'Teams in it; a person who starts alone is one';
comment on column v_age_groups.percent is 'People, in percent of all people of the division and day';
comment on column v_age_groups.average_age is 'Mean of the ages that are known of these people';
comment on column v_age_groups.incomplete is 'People of the division and day whose range is not known';
comment on column v_age_groups.total is 'All people of the division and day';
