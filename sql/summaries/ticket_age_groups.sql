-- How many people start in each age range, by division and day. A team's age is the mean of its members, rounded down.
with ranges as (
  select category, label, "from", "to", position
  from jsonb_to_recordset($2::jsonb -> 'ages') as ages (category text, label text, "from" int, "to" int, position int)
),
people as (
  select event_id, ticket_category as category, division, event_day, age,
    team_age as counted_as,
    (ticket_id = team_id)::int as team
  from team_members
  where event_id = any($1::text[])
  union all
  select event_id, category, division, event_day, age, case when age > 0 then age end, 1
  from tickets
  where event_id = any($1::text[])
    and status in ('VALID', 'DETAILSREQUIRED')
    and deleted_at is null
    and coalesce(team_size, 1) <= 1
),
ages as (
  select event_id, category, coalesce(division, '(none)') as division, coalesce(event_day, 'ALL') as event_day,
    counted_as,
    count(*) as people,
    sum(team) as teams,
    sum(age) filter (where age > 0) as age_sum,
    count(*) filter (where age > 0) as aged
  from people
  where category in (select category from ranges)
  group by 1, 2, 3, 4, 5
),
ranged as (
  select ages.*, coalesce(matching.label, unmatched.label) as age_range,
    coalesce(matching.position, unmatched.position) as range_order
  from ages
  cross join lateral (
    select case when ages.counted_as is null then 'Incomplete' else 'Other' end as label,
      case when ages.counted_as is null then 10001 else 10000 end as position
  ) as unmatched
  left join lateral (
    select ranges.label, ranges.position
    from ranges
    where ranges.category = ages.category
      and ages.counted_as between ranges."from" and coalesce(ranges."to", ages.counted_as)
    order by ranges.position
    limit 1
  ) as matching on true
),
-- Every range of a division is there, also where nobody is in it.
shown as (
  select category, label, position from ranges
  union all
  select distinct category, 'Incomplete', 10001 from ranges
),
cells as (
  select event_id, category, division, event_day, age_range, range_order, people, teams, age_sum, aged from ranged
  union all
  select event_id, category, division, event_day, 'Total', 10002, people, teams, age_sum, aged from ranged
  union all
  select distinct ages.event_id, ages.category, ages.division, ages.event_day, shown.label, shown.position, 0, 0, 0, 0
  from ages
  join shown on shown.category = ages.category
)
select
  event_id,
  division as ticket_group,
  event_day as ticket_event_day,
  age_range,
  min(category) as ticket_category,
  min(range_order)::int as range_order,
  sum(people)::int as count,
  sum(teams)::int as teams,
  round(sum(age_sum) / nullif(sum(aged), 0), 1) as average_age
from cells
group by event_id, division, event_day, age_range
