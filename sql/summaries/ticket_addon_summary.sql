-- How many of each add-on are sold: every add-on of every sold ticket, two of a kind on one ticket count two.
with per_ticket as (
  select
    tickets.event_id,
    tickets.id,
    addon ->> 'productId' as product_id,
    addon ->> 'productVariantId' as product_variant_id,
    addon ->> 'name' as addon_name,
    count(*) as pieces
  from tickets
  cross join lateral jsonb_array_elements(
    case when jsonb_typeof(tickets.addons) = 'array' then tickets.addons else '[]' end
  ) as addons (addon)
  where tickets.event_id = any($1::text[])
    and tickets.status in ('VALID', 'DETAILSREQUIRED')
    and tickets.deleted_at is null
    and jsonb_typeof(addon) = 'object'
  group by 1, 2, 3, 4, 5
)
select
  md5(jsonb_build_array(event_id, product_id, product_variant_id, addon_name)::text) as id,
  event_id,
  product_id,
  product_variant_id,
  addon_name,
  sum(pieces)::int as total_count,
  count(*)::int as tickets
from per_ticket
group by event_id, product_id, product_variant_id, addon_name
