-- Which tickets need somebody to look at them before the event, and why?
create or replace view v_data_quality as
select
  problems.event_id,
  events.name as event_name,
  problems.problem,
  problems.ticket_id,
  problems.order_id,
  problems.team_no,
  problems.ticket_category as category,
  problems.division,
  problems.event_day,
  problems.status,
  problems.detail,
  problems.created_at,
  problems.updated_at
from ticket_problems as problems
left join events on events.id = problems.event_id;
comment on view v_data_quality is 'Which tickets need somebody to look at them before the event, and why? One row a sold ticket and problem; ids only, no name, e-mail address or birth date. Athletes are the categories single, double and relay.';
comment on column v_data_quality.event_id is 'vivenu id of the event';
comment on column v_data_quality.event_name is 'Name of the event';
comment on column v_data_quality.problem is 'details_required: the holder still has to give details. gender_vs_division: an athlete''s gender is not that of the division. mixed_ratio: more than half of a mixed team are of one gender. missing_birth_date: of an athlete. implausible_birth_date: an athlete younger than 5 or older than 100 at the event, or born in the future. under_16: an athlete of 5 to 15. 16_to_18: an athlete of 16 or 17. incomplete_team: a ticket of a team that lacks a member. no_holder: not personalised, without name, e-mail address and customer';
comment on column v_data_quality.ticket_id is 'vivenu id of the ticket';
comment on column v_data_quality.order_id is 'vivenu id of the order; of a transferred team ticket, that which it came from';
comment on column v_data_quality.team_no is 'Number of the team within order, division and day; empty: starts alone';
comment on column v_data_quality.category is 'Category, as the profile reads it from the ticket''s name';
comment on column v_data_quality.division is 'Division, as the profile reads it from the ticket''s name';
comment on column v_data_quality.event_day is 'Day of the event; empty: the name of the ticket names none';
comment on column v_data_quality.status is 'Status of the ticket: VALID or DETAILSREQUIRED';
comment on column v_data_quality.detail is 'What was found: a gender, an age, how many are in the team';
comment on column v_data_quality.created_at is 'When the ticket was made';
comment on column v_data_quality.updated_at is 'When it was last changed at vivenu';
