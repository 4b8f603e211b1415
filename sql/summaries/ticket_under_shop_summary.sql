-- How many tickets each under shop sold of each type, against its contingent; also contingents that nobody used.
with redeemed as (
  select event_id, under_shop_id as shop_id, coalesce(ticket_type_id, ticket_name, '') as ticket_type_id,
    count(*)::int as total_count
  from tickets
  where event_id = any($1::text[])
    and under_shop_id is not null
    and status in ('VALID', 'DETAILSREQUIRED')
    and deleted_at is null
  group by 1, 2, 3
),
contingents as (
  select event_id, shop_id, coalesce(ticket_type_id, id) as ticket_type_id,
    min(name) as name,
    -- A contingent without an amount has no limit, and so has the sum; what no int can hold is as good as none.
    case when bool_and(volume is not null) and sum(volume) < 2147483647 then sum(volume)::int end as ticket_volume,
    bool_or(coalesce(active, true)) as contingent_active
  from ticket_volumes
  where event_id = any($1::text[])
    and deleted_at is null
  group by 1, 2, 3
)
select
  concat_ws('_', event_id, ticket_type_id, shop_id) as id,
  event_id,
  ticket_type_id,
  coalesce(ticket_summary.ticket_name, contingents.name) as ticket_name,
  ticket_summary.ticket_category,
  ticket_summary.ticket_division,
  ticket_summary.ticket_event_day,
  shop_id,
  shops.shop_name,
  shops.shop_category,
  shops.active and shops.deleted_at is null as shop_active,
  contingents.contingent_active,
  coalesce(redeemed.total_count, 0) as total_count,
  contingents.ticket_volume
from contingents
full join redeemed using (event_id, shop_id, ticket_type_id)
left join ticket_summary using (event_id, ticket_type_id)
left join ticket_under_shops as shops using (event_id, shop_id)
