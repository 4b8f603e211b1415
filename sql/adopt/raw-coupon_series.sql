jsonb_strip_nulls(jsonb_build_object(
  '_id', {id},
  'name', {name},
  'active', {active},
  'createdAt', {created_at},
  'updatedAt', {updated_at}
))
