-- Which coupons were used although nobody handed them out?
create or replace view v_coupon_leaks as
with region_events as (
  select coalesce(array_agg(id), '{}') as ids from events where deleted_at is null
),
terms as (
  select coupons.id, coupons.code, coupons.coupon_series_id, coupons.used, coupons.created_at,
    coalesce(coupons.name, coupon_series.name) as name,
    coupon_series.name as series_name,
    case when coupons.coupon_series_id is null then coupons.active else coupon_series.active end as active,
    case when coupons.coupon_series_id is null then coupons.max_usage else coupon_series.max_usage end as max_usage,
    coalesce(
      case
        when coupons.coupon_series_id is null then coupons.allow_all_events
        else coupon_series.allow_all_events
      end,
      true
    ) as every_event,
    case
      when coupons.coupon_series_id is null then coupons.allowed_events
      else coupon_series.allowed_events
    end as allowed_events
  from coupons
  left join coupon_series on coupon_series.id = coupons.coupon_series_id and coupon_series.deleted_at is null
  where coupons.deleted_at is null
    and coupons.used > 0
    and not coalesce(coupons.is_tracked, false)
)
select
  event.event_id,
  event.event_name,
  terms.id as coupon_id,
  terms.code,
  terms.name,
  terms.coupon_series_id,
  terms.series_name,
  terms.used,
  terms.max_usage,
  terms.active,
  terms.created_at
from terms
cross join region_events
cross join lateral (
  select
    case when count(*) = 1 then min(events.id) end as event_id,
    case when count(*) = 1 then min(events.name) end as event_name
  from events
  where events.deleted_at is null
    and (terms.every_event or terms.allowed_events ? events.id)
) as event
where terms.every_event or terms.allowed_events ?| region_events.ids
order by terms.used desc, terms.code;
comment on view v_coupon_leaks is 'Which coupons were used although nobody handed them out? One row a coupon that was used, is good for an event of this region and whose code is not on the list of handed-out codes; without a list, all used ones.';
comment on column v_coupon_leaks.event_id is 'vivenu id of the event; empty where the coupon is good for several events of the region';
comment on column v_coupon_leaks.event_name is 'Name of that event';
comment on column v_coupon_leaks.coupon_id is 'vivenu id of the coupon';
comment on column v_coupon_leaks.code is 'Code that customers enter';
comment on column v_coupon_leaks.name is 'Name of the coupon, or of its series';
comment on column v_coupon_leaks.coupon_series_id is 'vivenu id of the series; empty for a coupon without one';
comment on column v_coupon_leaks.series_name is 'Name of the series';
comment on column v_coupon_leaks.used is 'How often it was used';
comment on column v_coupon_leaks.max_usage is 'How often it may be used; empty: no limit is known';
comment on column v_coupon_leaks.active is 'Whether it can still be used, as far as its own or its series'' switch says';
comment on column v_coupon_leaks.created_at is 'When it was made';
