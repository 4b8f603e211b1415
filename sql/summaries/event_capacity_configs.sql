-- The region's settings that views measure sales against; a value that did not change keeps its time.
select
  given.category,
  given.value,
  coalesce(held.updated_at, now()) as updated_at
from jsonb_to_recordset($2::jsonb -> 'settings') as given (category text, value text)
left join event_capacity_configs as held on held.category = given.category and held.value = given.value
