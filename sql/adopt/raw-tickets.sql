jsonb_strip_nulls(jsonb_build_object(
  '_id', {id},
  'eventId', {event_id},
  'transactionId', {transaction_id},
  'customerId', {customer_id},
  'underShopId', {under_shop_id},
  'ticketTypeId', {ticket_type_id},
  'ticketName', {ticket_name},
  'categoryName', {category_name},
  'status', {status},
  'currency', {currency},
  'personalized', {personalized},
  'expired', {expired},
  'barcode', {barcode},
  'city', {city},
  'country', {country},
  'addOns', {addons},
  'createdAt', {created_at},
  'updatedAt', {updated_at},
  'extraFields', jsonb_build_object(
    'gender', {gender},
    'birth_date', {birthday},
    'nationality', {nationality},
    'region_of_residence', {region_of_residence},
    'returning_athlete', case {is_returning_athlete} when true then 'Yes' when false then 'No' end,
    'returning_athlete_city', case {is_returning_athlete_to_city} when true then 'Yes' when false then 'No' end,
    'hyrox_training_clubs', {is_gym_affiliate}
  )
  -- The club and its place stood in other fields for each kind of membership.
  || case
    when {is_gym_affiliate} like '%I''m a member of another%' then jsonb_build_object(
      'hyrox_training_club_other_territory_name', {gym_affiliate}, 'region_training', {gym_affiliate_location})
    when {is_gym_affiliate} like '%I''m a member%' then jsonb_build_object(
      'local_territory_training_club', {gym_affiliate}, 'local_territory_training', {gym_affiliate_location})
    else jsonb_build_object(
      'gym_club_community', {gym_affiliate}, 'local_territory_training', {gym_affiliate_location})
  end
))
