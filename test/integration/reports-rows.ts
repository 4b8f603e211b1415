/**
 * Made-up rows of a region, by set-based SQL: every category, teams that lack somebody, transfers, add-ons, under shops, coupons,
 * every status, marked rows and empty fields. The same numbers each time, save that sales lie before the present moment.
 */

/** What a stream's table wants beside its columns. */
const BOOKS = 'raw, content_hash, first_seen_at, requested_at, synced_at, run_id';
const BOOK = `'{}'::jsonb, '\\x00', now(), now(), now(), '00000000-0000-0000-0000-000000000000'`;

/** A number from 0 to n - 1 that hangs on a row and a purpose alone. */
export const DICE = `
create function dice(row_no bigint, purpose text, n int) returns int language sql immutable parallel safe as $$
  select (('x' || substr(md5(row_no || purpose), 1, 8))::bit(32)::bigint % n)::int
$$`;

export const EVENT_ROWS = `
insert into events (id, name, start_date, timezone, zone, deleted_at, ${BOOKS})
select id, name, start_date, zone, zone, deleted_at, ${BOOK}
from (values
  ('akl', 'Auckland Race', timestamptz '2027-03-05 18:00Z', 'Pacific/Auckland', null::timestamptz),
  ('bom', 'Mumbai Race', '2027-04-02 20:00Z', 'Asia/Kolkata', null),
  ('quiet', 'Race nobody knows of', '2027-09-02 20:00Z', null, null),
  ('gone', 'Race that was removed', '2027-01-02 20:00Z', 'UTC', now())
) as made (id, name, start_date, zone, deleted_at)`;

/** One row a kind of ticket, part of a team and day; \`weight\` says how often it is bought. */
const KINDS = `
create table kinds as
select row_number() over (order by division, day, part)::int as kind, *
from (
  select division, category, size, part, day,
    division || case when part > 0 then ' | ATHLETE 2' else '' end || coalesce(' | ' || day, '') as name,
    case when part > 0 then 'member' else 'main' end as role
  from (values
    ('HYROX MEN', 'single', 1), ('HYROX WOMEN', 'single', 1), ('HYROX PRO MEN', 'single', 1),
    ('HYROX ADAPTIVE WOMEN', 'single', 1), ('HYROX DOUBLES MEN', 'double', 2), ('HYROX DOUBLES WOMEN', 'double', 2),
    ('HYROX DOUBLES MIXED', 'double', 2), ('HYROX MIXED RELAY', 'relay', 4), ('SPECTATOR', 'spectator', 1)
  ) as divisions (division, category, size)
  cross join (values ('THURSDAY'), ('SATURDAY'), ('SUNDAY')) as days (day)
  cross join generate_series(0, 1) as part
  where part = 0 or size > 1
  union all
  values
    ('SPECTATOR | 2 DAYS', 'spectator', 1, 0, 'MULTI_DAY', 'SPECTATOR | 2 DAYS', 'main'),
    ('FRIEND OF THE RACE', 'extra', 1, 0, null, 'FRIEND OF THE RACE', 'main')
) as made (division, category, size, part, day, name, role)`;

/** The last kind but two is a type that the event no longer has; one type has no amount, some are not active. */
export const TYPE_ROWS = `
${KINDS};
insert into ticket_types
  (event_id, id, name, price, amount, active, category, division, event_day, team_size, team_role, deleted_at, ${BOOKS})
select event, event || '-t' || kind, name, case when kind % 7 <> 3 then 20 + kind * 1.25 end,
  case when kind % 13 = 5 then null else 40 + dice(kind, event, 900) end, kind % 11 <> 7,
  category, division, day, size, role, case when kind % 17 = 9 then now() end, ${BOOK}
from kinds
cross join (values ('akl'), ('bom'), ('quiet')) as events (event)`;

export const SHOP_ROWS = `
insert into ticket_under_shops (event_id, shop_id, shop_name, active, shop_category, deleted_at, ${BOOKS})
select event, 'shop-' || shop, 'Partner ' || shop || ' of ' || event, case when shop < 6 then shop % 4 <> 3 end,
  case when shop % 2 = 0 then 'partneraccess' end, case when shop = 5 then now() end, ${BOOK}
from (values ('akl'), ('bom')) as events (event)
cross join generate_series(1, 6) as shop;
insert into ticket_volumes (event_id, shop_id, id, ticket_type_id, name, volume, active, deleted_at, ${BOOKS})
select event, 'shop-' || shop, 'v' || kind || '-' || twin, event || '-t' || kind, name,
  case when (kind + shop) % 9 = 4 then null else dice(kind * 10 + shop, event, 40) end, (kind + shop) % 5 <> 1,
  case when (kind + shop) % 8 = 2 then now() end, ${BOOK}
from kinds
cross join (values ('akl'), ('bom')) as events (event)
cross join generate_series(1, 6) as shop
cross join generate_series(1, 2) as twin
where (kind + shop) % 3 = 0 and (twin = 1 or kind % 4 = 0)`;

/** $1: how many teams or persons buy; about twice as many tickets. $2: bytes that stand for the JSON of a ticket. */
export const TICKET_ROWS = `
insert into tickets
  (id, event_id, transaction_id, ticket_type_id, ticket_name, category, division, event_day, team_size, team_role,
   under_shop_id, is_under_shop, status, currency, real_price, created_at, updated_at, deleted_at, gender, birthday,
   nationality, country, name, email, customer_id, personalized, is_gym_affiliate, gym_affiliate,
   is_returning_athlete, is_returning_athlete_to_city, addons,
   raw, content_hash, first_seen_at, requested_at, synced_at, run_id)
select
  'ticket-' || n, event, case when dice(n, 'no order', 100) > 0 then 'order-' || buyer / 2 end,
  case when dice(n, 'no type', 150) > 0 then event || '-t' || kind end, name, category, division, day, size, role,
  case when dice(n, 'shop', 8) = 0 then 'shop-' || dice(n, 'which', 8) end, dice(n, 'shop', 8) = 0 and category <> 'spectator',
  (array['VALID', 'VALID', 'VALID', 'VALID', 'VALID', 'VALID', 'VALID', 'DETAILSREQUIRED', 'DETAILSREQUIRED', 'INVALID',
    'RESERVED', 'BLANK', null])[1 + dice(n, 'status', 13)],
  case dice(n, 'currency', 400) when 0 then 'EUR' when 1 then null else case event when 'akl' then 'NZD' else 'INR' end end,
  case when dice(n, 'price', 30) > 0 then dice(n, 'cents', 20000) / 100.0 end,
  case when dice(n, 'undated', 200) > 0 then date_trunc('second', now()) - make_interval(mins => case
    when dice(n, 'recent', 25) = 0 then dice(n, 'minutes', 180)
    else power(dice(n, 'ago', 10000) / 10000.0, 3)::float * 60 * 24 * 200 end::int) end,
  now(), case when dice(n, 'deleted', 40) = 0 then now() end,
  (array['Male', 'Male', 'Female', 'Female', 'Non-binary', null])[1 + case
    when dice(n, 'odd gender', 6) = 0 then dice(n, 'gender', 6)
    when division ~ 'WOMEN' then 2 when division ~ 'MEN' then 0 else dice(n, 'gender', 6) end],
  case when dice(n, 'birthday', 12) > 0 then date '2012-06-30' - dice(n, 'born', 20000) * case dice(n, 'old', 90) when 0 then 3 when 1 then -1 else 1 end end,
  (array['NZ', 'AU', 'IN', 'DE', 'nz', 'Neverland', 'New Zealand', '', ' ', null, null, 'HK'])[1 + dice(n, 'nation', 12)],
  (array['NZ', 'IN', 'XX', null])[1 + dice(n, 'country', 4)],
  case when dice(n, 'nobody', 20) > 0 then 'Made Up' else '' end, case when dice(n, 'nobody', 20) > 0 then 'made.up@example.com' end,
  case when dice(n, 'nobody', 20) > 1 then 'customer-' || buyer end, dice(n, 'personalized', 3) > 0,
  (array['I am a member', 'I am not a member', '', null])[1 + dice(n, 'member', 4)],
  case when dice(n, 'gym', 3) = 0 then 'Gym ' || dice(n, 'which gym', 40) end,
  (array[true, false, null])[1 + dice(n, 'again', 3)], (array[true, false, null])[1 + dice(n, 'here', 3)],
  (array[null, '[]', '{"name": "no list"}', '[null, 3]',
    '[{"productId": "p1", "productVariantId": "v1", "name": "Photos"}]',
    '[{"productId": "p1", "productVariantId": "v1", "name": "Photos"}, {"productId": "p1", "productVariantId": "v1", "name": "Photos"}]',
    '[{"productId": "p1", "productVariantId": "v2", "name": "Photos"}, {"name": "Patch"}]', '[{"productId": "p2"}]'
  ]::jsonb[])[1 + dice(n, 'addons', 8)],
  case when $2::int = 0 then '{}'::jsonb else jsonb_build_object('filler',
    (select string_agg(md5(n || '-' || i), '') from generate_series(1, $2::int / 32) as i)) end,
  '\\x00', now(), now(), now(), '00000000-0000-0000-0000-000000000000'
from (
  select row_number() over (order by buyer, kinds.kind, place) as n, buyer, event, kinds.*
  from (
    select buyer, case when dice(buyer, 'event', 3) = 0 then 'bom' else 'akl' end as event,
      (select min(kind) + dice(buyer, 'kind', max(kind)) % 29 from kinds) as choice
    from generate_series(1, $1::int) as buyer
  ) as buyers
  join (select row_number() over (order by kind) as choice, * from kinds where part = 0) as mains using (choice)
  join kinds on kinds.division = mains.division and kinds.day is not distinct from mains.day
  cross join lateral generate_series(1, case when kinds.part = 0 then 1 else kinds.size - 1 end) as place
  where kinds.part = 0 and dice(buyer, 'main', 40) > 0 or kinds.part = 1 and dice(buyer * 4 + place, 'member', 20) > 0
) as bought`;

/** 4 % of the tickets were transferred, some twice; some came from nowhere, and two from each other. */
export const TRANSFER_ROWS = `
create table moved as
select id, (substr(id, 8)::int % 3) as steps from tickets where dice(substr(id, 8)::int, 'transfer', 25) = 0;
insert into tickets
  (id, event_id, transaction_id, origin_ticket_id, ticket_type_id, ticket_name, category, division, event_day, team_size,
   team_role, status, created_at, ${BOOKS})
select former.id, event_id, case when former.origin is null then transaction_id end, former.origin, ticket_type_id,
  ticket_name, category, division, event_day, team_size, team_role, 'INVALID', created_at, ${BOOK}
from tickets
join moved using (id)
cross join lateral (values
  (1, 'from-' || id, case when steps = 2 then 'first-' || id end), (2, 'first-' || id, null)
) as former (step, id, origin)
where former.step <= steps;
update tickets set transaction_id = null, origin_ticket_id = 'from-' || id, origin = 'transfer'
where id in (select id from moved);
update tickets set transaction_id = null,
  origin_ticket_id = case id when 'ticket-11' then 'ticket-12' else 'ticket-11' end
where id in ('ticket-11', 'ticket-12');
update tickets set age = extract(year from age((start_date at time zone coalesce(zone, 'UTC'))::date, birthday))
from events where events.id = tickets.event_id`;

/** Series for all events, for one of them, for another region's, and one that is gone; coupons of and without series. */
export const COUPON_ROWS = `
insert into coupon_series (id, name, active, allow_all_events, allowed_events, max_usage, deleted_at, ${BOOKS})
select id, name, active, every, allowed::jsonb, 1, deleted_at, ${BOOK}
from (values
  ('all', 'For all', true, true, null, null::timestamptz), ('unsaid', 'Unsaid', false, null, '["elsewhere"]', null),
  ('here', 'For Mumbai', true, false, '["bom", "elsewhere"]', null), ('there', 'For elsewhere', true, false, '["elsewhere", "gone"]', null),
  ('none', 'For none', true, false, null, null), ('lost', 'Removed', true, false, '["elsewhere"]', now())
) as made (id, name, active, every, allowed, deleted_at);
insert into coupons
  (id, code, name, active, used, max_usage, coupon_series_id, allow_all_events, allowed_events, is_used, is_tracked, category,
   created_at, deleted_at, ${BOOKS})
select 'coupon-' || n, 'CODE-' || n, case when series is null then 'Guests' end, n % 5 > 0, used, 3, series,
  case when series is null then (array[true, false, null])[1 + dice(n, 'every', 3)] end,
  case when series is null then (array['["akl"]', '["elsewhere"]', '["akl", "bom"]', '[]', null]::jsonb[])[1 + dice(n, 'allowed', 5)] end,
  used > 0, tracked, case when tracked then (array['', 'press', 'crew'])[1 + dice(n, 'category', 3)] end,
  now(), case when n % 31 = 0 then now() end, ${BOOK}
from (
  select n, (array[null, 'all', 'unsaid', 'here', 'there', 'none', 'lost', 'unknown'])[1 + dice(n, 'series', 8)] as series,
    (array[0, 0, 1, 1, 7, 12, null])[1 + dice(n, 'used', 7)] as used, dice(n, 'tracked', 2) = 0 as tracked
  from generate_series(1, $1::int) as n
) as made`;
