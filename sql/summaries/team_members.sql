-- Which tickets of an order are one team. Within event, order, division and day, the first main ticket goes with
-- the first members, the second with the next ones: an order of two relays is two teams.
with recursive athletes as (
  select id, event_id, transaction_id, origin_ticket_id, category, division, event_day, team_size, age,
    gender, created_at,
    case when team_role = 'member' then 'member' else 'main' end as team_role
  from tickets
  where event_id = any($1::text[])
    and status in ('VALID', 'DETAILSREQUIRED')
    and deleted_at is null
    and team_size > 1
),
-- A transferred ticket belongs to the order of the ticket that it came from; `union` ends where tickets came from each other.
transfers as (
  select id as ticket_id, origin_ticket_id, transaction_id
  from athletes
  where transaction_id is null and origin_ticket_id is not null
  union
  select transfers.ticket_id, earlier.origin_ticket_id, earlier.transaction_id
  from transfers
  join tickets as earlier on earlier.id = transfers.origin_ticket_id
  where transfers.transaction_id is null
),
ordered as (
  select athletes.*, coalesce(athletes.transaction_id, transfers.transaction_id) as order_id
  from athletes
  left join transfers on transfers.ticket_id = athletes.id and transfers.transaction_id is not null
),
-- Tickets of no order cannot be told to belong together: each stays alone.
placed as (
  select *,
    case when order_id is null then 'alone' else team_role end as part,
    row_number() over (
      partition by event_id, order_id, category, division, event_day, team_size,
        case when order_id is null then 'alone' else team_role end
      order by created_at, id
    ) as place
  from ordered
),
numbered as (
  select *, case when part = 'member' then (place - 1) / (team_size - 1) + 1 else place end as team_no
  from placed
),
counted as (
  select *,
    first_value(id) over first_main as team_id,
    count(*) over team as people,
    count(*) filter (where team_role = 'member') over team as members,
    count(*) filter (where age > 0) over team as aged,
    sum(age) filter (where age > 0) over team as age_sum,
    count(*) filter (where gender = 'Male') over team as men,
    count(*) filter (where gender = 'Female') over team as women
  from numbered
  window
    team as (partition by event_id, order_id, category, division, event_day, team_size, team_no),
    first_main as (
      partition by event_id, order_id, category, division, event_day, team_size, team_no
      order by team_role, created_at, id
    )
)
select
  event_id,
  id as ticket_id,
  team_id,
  order_id,
  team_no::int as team_no,
  category as ticket_category,
  division,
  event_day,
  team_role,
  team_size::int as team_size,
  people::int as people,
  members::int as members,
  people = team_size as complete,
  age::int as age,
  case when people = team_size and aged = team_size then (age_sum / team_size)::int end as team_age,
  men::int as men,
  women::int as women
from counted
