-- Who bought: sold tickets by one fact about their holder at a time, athletes and spectators apart.
-- Countries are kept as they were given, so that the view can follow a change of the list of countries.
with people as (
  select
    event_id,
    case
      when category in ('single', 'double', 'relay') then 'athlete'
      when category = 'spectator' then 'spectator'
      else 'other'
    end as audience,
    coalesce(nullif(btrim(nationality), ''), nullif(btrim(country), '')) as country,
    is_returning_athlete,
    is_returning_athlete_to_city,
    nullif(btrim(is_gym_affiliate), '') as gym_affiliation,
    nullif(btrim(gym_affiliate), '') as gym
  from tickets
  where event_id = any($1::text[])
    and status in ('VALID', 'DETAILSREQUIRED')
    and deleted_at is null
)
select
  people.event_id,
  people.audience,
  fact.topic,
  coalesce(fact.value, '') as value,
  count(*)::int as people
from people
cross join lateral (
  values
    ('country', case when length(people.country) = 2 then upper(people.country) else people.country end),
    ('returning', case people.is_returning_athlete when true then 'yes' when false then 'no' end),
    ('returning to city', case people.is_returning_athlete_to_city when true then 'yes' when false then 'no' end),
    ('gym affiliation', people.gym_affiliation),
    ('gym', people.gym)
) as fact (topic, value)
group by 1, 2, 3, 4
