jsonb_strip_nulls(jsonb_build_object(
  '_id', {shop_id},
  'name', {shop_name},
  'active', {active}
))
