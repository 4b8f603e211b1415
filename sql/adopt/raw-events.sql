jsonb_strip_nulls(jsonb_build_object(
  '_id', {id},
  'sellerId', {seller_id},
  'name', {name},
  'locationName', {location_name},
  'start', {start_date},
  'end', {end_date},
  'sellStart', {sell_start},
  'sellEnd', {sell_end},
  'timezone', {timezone},
  'createdAt', {created_at}
)) || jsonb_build_object(
  'groups', {groups},
  'cartAutomationRules', {cartAutomationRules},
  'tickets', adopt_ticket_types({tickets})
)
