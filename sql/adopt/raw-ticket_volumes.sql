jsonb_strip_nulls(jsonb_build_object(
  'baseTicket', {ticket_type_id},
  'amount', {volume},
  'active', {active}
))
