-- What is wrong with a sold ticket: one row a problem. Of its holder no more than a gender and an age.
with sold as materialized (
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
  left join team_members as team on team.event_id = tickets.event_id and team.ticket_id = tickets.id
  where tickets.event_id = any($1::text[])
    and tickets.status in ('VALID', 'DETAILSREQUIRED')
    and tickets.deleted_at is null
)
select
  sold.event_id,
  problem.kind as problem,
  sold.id as ticket_id,
  coalesce(sold.order_id, sold.transaction_id) as order_id,
  sold.team_no,
  sold.category as ticket_category,
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
      sold.division_gender in ('Male', 'Female') and sold.gender in ('Male', 'Female')
        and sold.gender <> sold.division_gender,
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
where problem.found
