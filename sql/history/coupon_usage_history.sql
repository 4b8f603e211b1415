-- The use of coupons over time: a row for each series whose counts are not those of its last row.
insert into coupon_usage_history (coupon_usage_id, used, redemptions, total, recorded_at)
select summary.id, summary.used, summary.redemptions, summary.total, now()
from coupon_usage_summary as summary
left join lateral (
  select history.used, history.redemptions, history.total
  from coupon_usage_history as history
  where history.coupon_usage_id = summary.id
  order by history.recorded_at desc
  limit 1
) as last on true
where (summary.used, summary.redemptions, summary.total) is distinct from (last.used, last.redemptions, last.total);
