-- How many full years old is the holder on the day on which the event starts, where it takes place?
update tickets
set age = on_the_day.age
from events
cross join lateral (select (events.start_date at time zone events.zone)::date as day) as start
cross join lateral (select tickets.birthday) as holder
cross join lateral (
  select case when holder.birthday <= start.day then extract(year from age(start.day, holder.birthday))::int end as age
) as on_the_day
where events.id = tickets.event_id
  and tickets.event_id = any($1::text[])
  and tickets.age is distinct from on_the_day.age
