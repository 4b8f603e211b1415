-- How many tickets of each type are sold; also the types that nobody bought, and those that the event no longer has.
with types as (
  select event_id, id as ticket_type_id, name, category, division, event_day, team_role, amount,
    coalesce(active, true) as active
  from ticket_types
  where event_id = any($1::text[])
    and deleted_at is null
),
tickets_sold as (
  select event_id, coalesce(ticket_type_id, ticket_name, '') as ticket_type_id, id, status, ticket_name,
    category, division, event_day, team_role, real_price, currency, created_at
  from tickets
  where event_id = any($1::text[])
    and status in ('VALID', 'DETAILSREQUIRED')
    and deleted_at is null
),
counts as (
  select event_id, ticket_type_id,
    count(*) as total_count,
    count(*) filter (where status = 'DETAILSREQUIRED') as details_required,
    -- A sum over two currencies is an amount of neither.
    case when min(currency) is not distinct from max(currency) then coalesce(sum(real_price), 0) end as revenue,
    case when min(currency) = max(currency) then min(currency) end as currency
  from tickets_sold
  group by event_id, ticket_type_id
),
-- Of a type that the event no longer has, the newest ticket tells what it was.
former_types as (
  select distinct on (event_id, ticket_type_id)
    event_id, ticket_type_id, ticket_name as name, category, division, event_day, team_role,
    null::bigint as amount, null::boolean as active
  from tickets_sold
  where not exists (
    select from types
    where types.event_id = tickets_sold.event_id and types.ticket_type_id = tickets_sold.ticket_type_id
  )
  order by event_id, ticket_type_id, created_at desc nulls last, id desc
)
select
  type.event_id || '_' || type.ticket_type_id as id,
  type.event_id,
  events.name as event_name,
  type.ticket_type_id,
  type.name as ticket_name,
  type.category as ticket_category,
  type.division as ticket_division,
  type.event_day as ticket_event_day,
  type.team_role,
  coalesce(counts.total_count, 0)::int as total_count,
  coalesce(counts.details_required, 0)::int as details_required,
  -- What no int can hold is as good as no limit.
  case when type.amount < 2147483647 then type.amount end::int as capacity,
  type.active as type_active,
  case when counts.total_count is null then 0 else counts.revenue end as revenue,
  counts.currency
from (
  select * from types
  union all
  select event_id, ticket_type_id, name, category, division, event_day, team_role, amount, active from former_types
) as type
left join counts on counts.event_id = type.event_id and counts.ticket_type_id = type.ticket_type_id
left join events on events.id = type.event_id
