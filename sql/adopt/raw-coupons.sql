jsonb_strip_nulls(jsonb_build_object(
  '_id', {id},
  'code', {code},
  'name', {name},
  'active', {active},
  'used', {used},
  'couponSeriesId', {coupon_series_id},
  'createdAt', {created_at},
  'updatedAt', {updated_at}
))
