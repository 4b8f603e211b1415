-- How many full years old is the holder on the day on which the event starts, where it takes place?
update tickets
set age = vivenu_ingest.full_years(birthday, start.day)
from (select id, (start_date at time zone zone)::date as day from events) as start
where start.id = tickets.event_id
  and tickets.event_id = any($1::text[])
  and age is distinct from vivenu_ingest.full_years(birthday, start.day)
