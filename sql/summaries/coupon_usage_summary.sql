-- How many coupons are used, by series; those without a series are one row. Only coupons that are good for an event of this region.
with region_events as (
  select coalesce(array_agg(id), '{}') as ids
  from events
  where deleted_at is null
),
good as (
  select coupons.coupon_series_id, coupon_series.name as series_name, coupon_series.active as series_active,
    coupons.category, coupons.is_tracked, coalesce(coupons.used, 0) as used
  from coupons
  cross join region_events
  left join coupon_series on coupon_series.id = coupons.coupon_series_id and coupon_series.deleted_at is null
  where coupons.deleted_at is null
    -- A coupon of a series has no terms of its own.
    and case
      when coupons.coupon_series_id is null
        then coalesce(coupons.allow_all_events, true) or coupons.allowed_events ?| region_events.ids
      else coalesce(coupon_series.allow_all_events, true) or coupon_series.allowed_events ?| region_events.ids
    end
)
select
  coalesce(coupon_series_id, 'none') || '_' || ($2::jsonb ->> 'schema') as id,
  coupon_series_id,
  min(series_name) as series_name,
  bool_or(series_active) as series_active,
  string_agg(distinct nullif(category, ''), ', ') filter (where is_tracked) as categories,
  count(*)::int as total,
  count(*) filter (where used > 0)::int as used,
  count(*) filter (where used <= 0)::int as unused,
  count(*) filter (where is_tracked)::int as tracked,
  count(*) filter (where is_tracked and used > 0)::int as tracked_used,
  count(*) filter (where is_tracked and used <= 0)::int as tracked_unused,
  sum(used)::bigint as redemptions
from good
group by coupon_series_id
