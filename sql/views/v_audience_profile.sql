-- Who comes: from which country, local or from abroad, for the first time or again, from which gym?
create or replace view v_audience_profile as
with locality as (
  select max(upper(btrim(value))) as code from event_capacity_configs where category = 'locality'
),
facts as (
  select summary.event_id, summary.audience, summary.topic, summary.value, summary.people,
    known.country, known.region, known.sub_region, known.code
  from audience_summary as summary
  left join lateral (
    select code, country, region, sub_region
    from country_configs
    where summary.topic = 'country'
      and (code = summary.value or lower(country) = lower(summary.value))
    order by code <> summary.value
    limit 1
  ) as known on true
),
answers as (
  select facts.event_id, facts.audience, answer.topic, answer.topic_order,
    coalesce(nullif(answer.value, ''), 'not given') as value,
    sum(facts.people) as people
  from facts
  cross join locality
  cross join lateral (
    select topic, topic_order, value
    from (
      values
        ('country', 1, coalesce(facts.country, facts.value)),
        ('region', 2, case when facts.value <> '' then coalesce(facts.region, 'Other') end),
        ('sub region', 3, case when facts.value <> '' then coalesce(facts.sub_region, 'Other') end),
        (
          'origin', 4,
          case
            when facts.value = '' then null
            when coalesce(facts.code, facts.value) = locality.code then 'local'
            else 'international'
          end
        )
    ) as places (topic, topic_order, value)
    where facts.topic = 'country' and (places.topic <> 'origin' or locality.code is not null)
    union all
    select facts.topic, array_position(array['returning', 'returning to city', 'gym affiliation', 'gym'], facts.topic) + 4,
      facts.value
    where facts.topic <> 'country'
  ) as answer
  group by 1, 2, 3, 4, 5
)
select
  answers.event_id,
  events.name as event_name,
  answers.audience,
  answers.topic,
  answers.topic_order,
  answers.value,
  answers.people::int as people,
  round(
    100.0 * answers.people / sum(answers.people) over (partition by answers.event_id, answers.audience, answers.topic), 1
  ) as percent
from answers
left join events on events.id = answers.event_id
order by events.start_date, answers.event_id, answers.audience, answers.topic_order, answers.value = 'not given',
  answers.people desc, answers.value;
comment on view v_audience_profile is 'Who comes: from which country, local or from abroad, for the first time or again, from which gym? One row an event, audience, topic and value; within an audience, the people of each topic add up to its sold tickets.';
comment on column v_audience_profile.event_id is 'vivenu id of the event';
comment on column v_audience_profile.event_name is 'Name of the event';
comment on column v_audience_profile.audience is 'athlete (single, double, relay), spectator or other';
comment on column v_audience_profile.topic is 'country, region, sub region, origin, returning, returning to city, gym affiliation or gym; a country is the nationality, else that of the address';
comment on column v_audience_profile.topic_order is 'Order of the topics';
comment on column v_audience_profile.value is 'The answer. not given: none is known. Other: a country that is not in the list. origin: local or international, by the setting locality; without that setting the topic is not there';
comment on column v_audience_profile.people is 'Sold tickets with this answer';
comment on column v_audience_profile.percent is 'People, in percent of the audience';
