-- Capacities per division and day from the profile; where it has none, those that are there stay.
select
  given.division as ticket_group,
  coalesce(given.day, 'ALL') as event_day,
  given.capacity,
  given.position as id
from jsonb_to_recordset($2::jsonb -> 'capacities')
  as given (division text, day text, capacity int, position int)
union all
select held.ticket_group, held.event_day, held.capacity, held.id
from ticket_capacity_configs as held
where jsonb_array_length($2::jsonb -> 'capacities') = 0
