-- How many sold tickets have a problem: one row a kind, and one with an empty kind for those that have any.
select
  problems.event_id,
  coalesce(problems.problem, '') as problem,
  count(distinct problems.ticket_id)::int as tickets
from ticket_problems as problems
where problems.event_id = any($1::text[])
group by grouping sets ((problems.event_id, problems.problem), (problems.event_id))
