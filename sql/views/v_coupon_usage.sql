-- How many of our coupons are used, by series, and how many of those that we handed out?
create or replace view v_coupon_usage as
with only_event as (
  select min(id) as event_id, min(name) as event_name from events where deleted_at is null having count(*) = 1
)
select
  only_event.event_id,
  only_event.event_name,
  summary.coupon_series_id,
  case when summary.coupon_series_id is null then '(without a series)' else summary.series_name end as series_name,
  summary.series_active,
  summary.categories,
  summary.total,
  summary.used,
  summary.unused,
  round(100.0 * summary.used / nullif(summary.total, 0), 1) as used_percent,
  summary.redemptions,
  summary.tracked,
  summary.tracked_used,
  summary.tracked_unused,
  round(100.0 * summary.tracked_used / nullif(summary.tracked, 0), 1) as tracked_percent,
  summary.used - summary.tracked_used as leaked
from coupon_usage_summary as summary
left join only_event on true
order by series_name, summary.coupon_series_id;
comment on view v_coupon_usage is 'How many of our coupons are used, by series, and how many of those that we handed out? One row a series and one for the coupons without a series. Coupons belong to the seller: counted are those in any state that are good for at least one event of this region.';
comment on column v_coupon_usage.event_id is 'vivenu id of the event; empty where the region has several events, as a coupon may be good for all of them';
comment on column v_coupon_usage.event_name is 'Name of that event';
comment on column v_coupon_usage.coupon_series_id is 'vivenu id of the series; empty for the coupons without one';
comment on column v_coupon_usage.series_name is 'Name of the series';
comment on column v_coupon_usage.series_active is 'Whether the series is active; empty for the coupons without one';
comment on column v_coupon_usage.categories is 'Categories of the handed-out codes among them, from the list of codes';
comment on column v_coupon_usage.total is 'Coupons, active or not';
comment on column v_coupon_usage.used is 'Coupons that were used at least once';
comment on column v_coupon_usage.unused is 'Coupons that were never used';
comment on column v_coupon_usage.used_percent is 'Used, in percent of all';
comment on column v_coupon_usage.redemptions is 'How often they were used altogether: a coupon may be good for several orders';
comment on column v_coupon_usage.tracked is 'Coupons whose code is on the list of handed-out codes';
comment on column v_coupon_usage.tracked_used is 'Those of them that were used';
comment on column v_coupon_usage.tracked_unused is 'Those of them that were never used';
comment on column v_coupon_usage.tracked_percent is 'Handed-out codes that were used, in percent';
comment on column v_coupon_usage.leaked is 'Used coupons whose code is not on the list; v_coupon_leaks names them';
