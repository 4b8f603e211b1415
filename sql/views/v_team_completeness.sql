-- Which teams lack a member?
create or replace view v_team_completeness as
with teams as (
  select
    team_id,
    event_id,
    min(order_id) as order_id,
    min(team_no) as team_no,
    min(ticket_category) as category,
    min(division) as division,
    min(event_day) as event_day,
    min(team_size) as team_size,
    count(*)::int as tickets,
    (count(*) filter (where team_role = 'main'))::int as main_tickets,
    bool_and(complete) as complete,
    string_agg(ticket_id, ' ' order by team_role, ticket_id) as ticket_ids
  from team_members
  group by team_id, event_id
)
select
  teams.event_id,
  events.name as event_name,
  teams.order_id,
  teams.team_no,
  teams.category,
  teams.division,
  teams.event_day,
  teams.team_size,
  teams.main_tickets,
  teams.tickets - teams.main_tickets as members,
  teams.team_size - teams.tickets as missing,
  case when teams.complete then 'complete' else 'incomplete' end as status,
  teams.ticket_ids
from teams
left join events on events.id = teams.event_id;
comment on view v_team_completeness is 'Which teams lack a member? One row a team, not an order: in an order of two relays, each is a team of its own. Tickets belong together by event, order, division and day, in the order in which they were bought; a transferred ticket stays in the order that it came from.';
comment on column v_team_completeness.event_id is 'vivenu id of the event';
comment on column v_team_completeness.event_name is 'Name of the event';
comment on column v_team_completeness.order_id is 'vivenu id of the order (transaction); empty where none is known: such a ticket is in no team';
comment on column v_team_completeness.team_no is 'Number of the team within order, division and day';
comment on column v_team_completeness.category is 'Category of the division, as the profile names it';
comment on column v_team_completeness.division is 'Division, as the profile reads it from the name of the ticket';
comment on column v_team_completeness.event_day is 'Day of the event; empty: the name of the ticket names none';
comment on column v_team_completeness.team_size is 'Tickets of a complete team';
comment on column v_team_completeness.main_tickets is 'Main tickets, which pay for the team: 1, or 0 where only members are there';
comment on column v_team_completeness.members is 'Tickets of further members';
comment on column v_team_completeness.missing is 'Tickets that the team lacks';
comment on column v_team_completeness.status is 'complete or incomplete';
comment on column v_team_completeness.ticket_ids is 'vivenu ids of its tickets, the main ticket first';
