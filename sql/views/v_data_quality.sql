-- Which tickets need somebody to look at them before the event, and why?
create or replace view v_data_quality as
with sold as (
  select
    tickets.id, tickets.event_id, tickets.category, tickets.division, tickets.event_day, tickets.status,
    tickets.transaction_id, tickets.created_at, tickets.updated_at, tickets.gender, tickets.birthday, tickets.age,
    team.order_id, team.team_no, team.team_size, team.people, team.men, team.women, team.complete,
    coalesce(tickets.category in ('single', 'double', 'relay'), false) as is_athlete,
    case
      when tickets.category not in ('single', 'double', 'relay') then null
      when tickets.division ~* '\mmixed\M' then 'Mixed'
      when tickets.division ~* '\m(women|womens|woman|female|ladies)\M' then 'Female'
      when tickets.division ~* '\m(men|mens|man|male)\M' then 'Male'
    end as division_gender,
    tickets.personalized is not true
      and btrim(concat(tickets.name, tickets.firstname, tickets.lastname, tickets.email, tickets.customer_id)) = ''
      as is_nobodys
  from tickets
  left join team_members as team on team.ticket_id = tickets.id
  where tickets.status in ('VALID', 'DETAILSREQUIRED')
    and tickets.deleted_at is null
)
select
  sold.event_id,
  events.name as event_name,
  problem.kind as problem,
  sold.id as ticket_id,
  coalesce(sold.order_id, sold.transaction_id) as order_id,
  sold.team_no,
  sold.category,
  sold.division,
  sold.event_day,
  sold.status,
  problem.detail,
  sold.created_at,
  sold.updated_at
from sold
cross join lateral (
  values
    ('details_required', sold.status = 'DETAILSREQUIRED', null),
    (
      'gender_vs_division',
      sold.division_gender in ('Male', 'Female') and sold.gender in ('Male', 'Female') and sold.gender <> sold.division_gender,
      sold.gender
    ),
    (
      'mixed_ratio',
      sold.division_gender = 'Mixed' and greatest(sold.men, sold.women) * 2 > sold.team_size,
      sold.men || ' men and ' || sold.women || ' women in a team of ' || sold.team_size
    ),
    ('missing_birth_date', sold.is_athlete and sold.birthday is null, null),
    (
      'implausible_birth_date',
      sold.is_athlete and (sold.age < 5 or sold.age > 100 or sold.birthday > current_date),
      'age ' || sold.age
    ),
    ('under_16', sold.is_athlete and sold.age between 5 and 15, 'age ' || sold.age),
    ('16_to_18', sold.is_athlete and sold.age between 16 and 17, 'age ' || sold.age),
    ('incomplete_team', not sold.complete, sold.people || ' of ' || sold.team_size),
    ('no_holder', sold.is_nobodys, null)
) as problem (kind, found, detail)
left join events on events.id = sold.event_id
where problem.found;
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
