-- The tables of the Python system, each with its columns, types and meaning, over the tables of today. {schema} and {python} are the two
-- schemas, {zone} is the zone in which the Python system's sessions wrote, {json} the type of its JSON columns, {region} its region_schema.
-- A column in braces is there only where it was taken over; elsewhere it is null.

create or replace view {python}.events as
select
  events.id::varchar as id,
  {region}::varchar as region_schema,
  events.name::varchar as name,
  events.seller_id::varchar as seller_id,
  events.location_name::varchar as location_name,
  events.start_date at time zone {zone} as start_date,
  events.end_date at time zone {zone} as end_date,
  events.sell_start at time zone {zone} as sell_start,
  events.sell_end at time zone {zone} as sell_end,
  events.timezone::varchar as timezone,
  (case when events.run_id = '00000000-0000-0000-0000-000000000000' then {events.cartAutomationRules}::jsonb
    else events.raw -> 'cartAutomationRules' end)::{json} as "cartAutomationRules",
  events.groups::{json} as groups,
  coalesce(types.list, {events.tickets}::jsonb)::{json} as tickets,
  -- When it was ingested, not when vivenu made it.
  events.first_seen_at at time zone 'UTC' as created_at
from {schema}.events as events
left join lateral (
  select jsonb_agg(jsonb_build_object('id', type.id, 'name', type.name) order by type.sorting_key, type.id) as list
  from {schema}.ticket_types as type
  where type.event_id = events.id and type.deleted_at is null
) as types on true
where events.deleted_at is null;

create or replace view {python}.tickets as
select
  tickets.id::varchar as id,
  {region}::varchar as region_schema,
  tickets.transaction_id::varchar as transaction_id,
  tickets.ticket_type_id::varchar as ticket_type_id,
  tickets.currency::varchar as currency,
  tickets.status::varchar as status,
  coalesce(tickets.personalized, false) as personalized,
  coalesce(tickets.expired, false) as expired,
  tickets.event_id::varchar as event_id,
  tickets.ticket_name::varchar as ticket_name,
  tickets.category_name::varchar as category_name,
  tickets.barcode::varchar as barcode,
  tickets.created_at at time zone {zone} as created_at,
  tickets.updated_at at time zone {zone} as updated_at,
  tickets.city::varchar as city,
  tickets.country::varchar as country,
  tickets.customer_id::varchar as customer_id,
  {tickets.gender}::varchar as gender,
  -- As text, and as it was typed where it is no date.
  (case when {tickets.birthday}::date is null then tickets.raw -> 'extraFields' ->> 'birth_date' else to_char({tickets.birthday}::date, 'YYYY-MM-DD') end)::varchar
    as birthday,
  {tickets.age}::integer as age,
  {tickets.nationality}::varchar as nationality,
  {tickets.region_of_residence}::varchar as region_of_residence,
  {tickets.is_gym_affiliate}::varchar as is_gym_affiliate,
  {tickets.gym_affiliate}::varchar as gym_affiliate,
  {tickets.gym_affiliate_location}::varchar as gym_affiliate_location,
  {tickets.is_returning_athlete}::boolean as is_returning_athlete,
  {tickets.is_returning_athlete_to_city}::boolean as is_returning_athlete_to_city,
  coalesce({tickets.is_under_shop}::boolean, tickets.under_shop_id is not null) as is_under_shop,
  -- None for spectators and extras, whatever shop sold them.
  (case when coalesce({tickets.is_under_shop}::boolean, true) then tickets.under_shop_id end)::varchar as under_shop_id,
  -- The name of the first one.
  (jsonb_path_query_first({tickets.addons}::jsonb, '$[*].name ? (@ like_regex "\\S")') #>> array[]::text[])::varchar as addons
from {schema}.tickets as tickets
where tickets.status in ('VALID', 'DETAILSREQUIRED') and tickets.ticket_name is not null and tickets.deleted_at is null;

create or replace view {python}.ticket_under_shops as
select
  coalesce({ticket_under_shops.id}::integer, (row_number() over (order by ticket_under_shops.event_id, ticket_under_shops.shop_id))::integer) as id,
  ticket_under_shops.event_id::varchar as event_id,
  ticket_under_shops.shop_id::varchar as shop_id,
  regexp_replace(btrim(ticket_under_shops.shop_name), '\s+', ' ', 'g')::varchar as shop_name,
  {ticket_under_shops.shop_category}::varchar as shop_category,
  coalesce(ticket_under_shops.active, false) as active,
  coalesce({ticket_under_shops.created_at}::timestamptz, ticket_under_shops.first_seen_at) at time zone 'UTC' as created_at,
  greatest({ticket_under_shops.updated_at}::timestamptz, ticket_under_shops.synced_at) at time zone 'UTC' as updated_at
from {schema}.ticket_under_shops as ticket_under_shops
where {ticket_under_shops.shop_category} is not null and ticket_under_shops.deleted_at is null;

create or replace view {python}.ticket_volumes as
select
  (case when ticket_volumes.run_id = '00000000-0000-0000-0000-000000000000' then ticket_volumes.id::bigint
    else row_number() over (order by ticket_volumes.event_id, ticket_volumes.shop_id, ticket_volumes.id) end)::integer as id,
  ticket_volumes.event_id::varchar as event_id,
  ticket_volumes.shop_id::varchar as shop_id,
  ticket_volumes.ticket_type_id::varchar as ticket_type_id,
  ticket_volumes.volume::integer as volume,
  coalesce({ticket_volumes.ticket_shop_category}, {ticket_under_shops.shop_category})::varchar as ticket_shop_category,
  coalesce(ticket_volumes.active, false) as active,
  coalesce({ticket_volumes.created_at}::timestamptz, ticket_volumes.first_seen_at) at time zone 'UTC' as created_at,
  greatest({ticket_volumes.updated_at}::timestamptz, ticket_volumes.synced_at) at time zone 'UTC' as updated_at
from {schema}.ticket_volumes as ticket_volumes
left join {schema}.ticket_under_shops as ticket_under_shops using (event_id, shop_id)
where
  -- Those of the Python system until vivenu's own, which it kept without their ids, have been read.
  case when ticket_volumes.run_id = '00000000-0000-0000-0000-000000000000' then not exists (
    select 1 from {schema}.ticket_volumes as read
    where read.event_id = ticket_volumes.event_id and read.run_id <> '00000000-0000-0000-0000-000000000000'
  ) else ticket_volumes.active and ticket_volumes.deleted_at is null and ticket_under_shops.active and ticket_under_shops.deleted_at is null
    and {ticket_under_shops.shop_category} is not null end;

create or replace view {python}.coupon_series as
select
  coupon_series.id::varchar as id,
  {region}::varchar as region_schema,
  coupon_series.name::varchar as name,
  coalesce(coupon_series.active, true) as active,
  coupon_series.first_seen_at at time zone 'UTC' as created_at,
  (case when coupon_series.synced_at = 'epoch' then coupon_series.updated_at else coupon_series.synced_at end) at time zone 'UTC' as updated_at
from {schema}.coupon_series as coupon_series
where coupon_series.deleted_at is null;

create or replace view {python}.coupons as
select
  coupons.id::varchar as id,
  {region}::varchar as region_schema,
  coupons.code::varchar as code,
  coalesce(coupons.name, coupon_series.name, coupons.code)::varchar as name,
  coalesce(coupons.active, true) as active,
  coalesce(coupons.used, 0)::integer as used,
  coalesce(coupons.used, 0) > 0 as is_used,
  coalesce({coupons.is_tracked}::boolean, false) as is_tracked,
  {coupons.category}::varchar as category,
  coupons.coupon_series_id::varchar as coupon_series_id,
  coupons.first_seen_at at time zone 'UTC' as created_at,
  (case when coupons.synced_at = 'epoch' then coupons.updated_at else coupons.synced_at end) at time zone 'UTC' as updated_at
from {schema}.coupons as coupons
left join {schema}.coupon_series as coupon_series on coupon_series.id = coupons.coupon_series_id
-- It asked for active ones only, and kept what it had.
where coupons.deleted_at is null
  and (coalesce(coupons.active, true) or coupons.run_id = '00000000-0000-0000-0000-000000000000');

create or replace view {python}.ticket_summary as
select
  ticket_summary.id::varchar as id,
  ticket_summary.event_id::varchar as event_id,
  ticket_summary.event_name::varchar as event_name,
  ticket_summary.ticket_type_id::varchar as ticket_type_id,
  coalesce(ticket_summary.ticket_name, '')::varchar as ticket_name,
  ticket_summary.ticket_category::varchar as ticket_category,
  coalesce(lower(ticket_summary.ticket_event_day), 'saturday')::varchar as ticket_event_day,
  ticket_summary.total_count::integer as total_count,
  {ticket_summary.created_at}::timestamptz at time zone 'UTC' as created_at,
  {ticket_summary.updated_at}::timestamptz at time zone 'UTC' as updated_at
from {schema}.ticket_summary as ticket_summary
where ticket_summary.total_count > 0;

create or replace view {python}.summary_report as
select
  summary_report.id::integer as id,
  summary_report.event_id::varchar as event_id,
  summary_report.ticket_group::varchar as ticket_group,
  summary_report.total_count::integer as total_count,
  summary_report.ticket_type_ids::varchar[] as ticket_type_ids,
  summary_report.ticket_names::varchar[] as ticket_names,
  summary_report.created_at at time zone {zone} as created_at,
  summary_report.updated_at at time zone {zone} as updated_at
from {schema}.summary_report as summary_report;

create or replace view {python}.ticket_under_shop_summary as
select
  ticket_under_shop_summary.id::varchar as id,
  ticket_under_shop_summary.event_id::varchar as event_id,
  coalesce(events.name, {ticket_under_shop_summary.event_name})::varchar as event_name,
  ticket_under_shop_summary.ticket_type_id::varchar as ticket_type_id,
  ticket_under_shop_summary.ticket_name::varchar as ticket_name,
  ticket_under_shop_summary.ticket_category::varchar as ticket_category,
  coalesce(lower(ticket_under_shop_summary.ticket_event_day), 'saturday')::varchar as ticket_event_day,
  ticket_under_shop_summary.shop_id::varchar as under_shop_id,
  ticket_under_shop_summary.shop_category::varchar as shop_category,
  ticket_under_shop_summary.total_count::integer as ticket_count,
  ticket_under_shop_summary.ticket_volume::integer as ticket_volume,
  {ticket_under_shop_summary.created_at}::timestamptz at time zone 'UTC' as created_at,
  {ticket_under_shop_summary.updated_at}::timestamptz at time zone 'UTC' as updated_at,
  -- The names of other versions.
  ticket_under_shop_summary.shop_id::varchar as shop_id,
  {ticket_under_shop_summary.shop_name}::varchar as shop_name,
  ticket_under_shop_summary.total_count::integer as total_count
from {schema}.ticket_under_shop_summary as ticket_under_shop_summary
left join {schema}.events as events on events.id = ticket_under_shop_summary.event_id
where ticket_under_shop_summary.total_count > 0 and ticket_under_shop_summary.shop_category is not null
  and ticket_under_shop_summary.ticket_category not in ('extra', 'spectator');

create or replace view {python}.ticket_addon_summary as
select
  md5(ticket_addon_summary.event_id || '_' || ticket_addon_summary.addon_name)::varchar as id,
  ticket_addon_summary.event_id::varchar as event_id,
  max(events.name)::varchar as event_name,
  ticket_addon_summary.addon_name::varchar as addon_name,
  null::varchar as product_id,
  sum(ticket_addon_summary.total_count)::integer as total_count,
  min({ticket_addon_summary.created_at}::timestamptz) at time zone 'UTC' as created_at,
  max({ticket_addon_summary.updated_at}::timestamptz) at time zone 'UTC' as updated_at
from {schema}.ticket_addon_summary as ticket_addon_summary
left join {schema}.events as events on events.id = ticket_addon_summary.event_id
group by ticket_addon_summary.event_id, ticket_addon_summary.addon_name;

create or replace view {python}.ticket_age_groups as
select
  coalesce(min({ticket_age_groups.id}::integer),
    row_number() over (order by ticket_age_groups.ticket_group, ticket_age_groups.ticket_event_day, ticket_age_groups.age_range))::integer as id,
  ticket_age_groups.ticket_group::varchar as ticket_group,
  ticket_age_groups.ticket_event_day::varchar as ticket_event_day,
  ticket_age_groups.age_range::varchar as age_range,
  sum(ticket_age_groups.count)::integer as count,
  max(ticket_age_groups.ticket_category)::varchar as ticket_category,
  min({ticket_age_groups.created_at}::timestamptz) as created_at,
  max({ticket_age_groups.updated_at}::timestamptz) as updated_at
from {schema}.ticket_age_groups as ticket_age_groups
-- Those of the Python system name no event where it had several; they end when an event has its own.
where ticket_age_groups.event_id <> '' or not exists (select 1 from {schema}.ticket_age_groups as own where own.event_id <> '')
group by ticket_age_groups.ticket_group, ticket_age_groups.ticket_event_day, ticket_age_groups.age_range;

create or replace view {python}.ticket_capacity_configs as
select
  {ticket_capacity_configs.id}::integer as id,
  ticket_capacity_configs.ticket_group::varchar as ticket_group,
  ticket_capacity_configs.event_day::varchar as event_day,
  ticket_capacity_configs.capacity::integer as capacity,
  {ticket_capacity_configs.updated_at}::timestamptz at time zone {zone} as updated_at
from {schema}.ticket_capacity_configs as ticket_capacity_configs;

create or replace view {python}.event_capacity_configs as
select
  coalesce({event_capacity_configs.id}::integer, (row_number() over (order by event_capacity_configs.category))::integer) as id,
  event_capacity_configs.category::varchar as category,
  event_capacity_configs.value::varchar as value,
  {event_capacity_configs.updated_at}::timestamptz at time zone {zone} as updated_at
from {schema}.event_capacity_configs as event_capacity_configs;

create or replace view {python}.country_configs as
select
  country_configs.code::varchar as code,
  country_configs.country::varchar as country,
  country_configs.region::varchar as region,
  country_configs.sub_region::varchar as sub_region,
  {country_configs.created_at}::timestamptz as created_at,
  {country_configs.updated_at}::timestamptz as updated_at
from {schema}.country_configs as country_configs;

create or replace view {python}.coupon_usage_summary as
select
  coupon_usage_summary.id::varchar as id,
  {region}::varchar as region_schema,
  coupon_usage_summary.coupon_series_id::varchar as series_id,
  coupon_usage_summary.series_name::varchar as series_name,
  coupon_usage_summary.total::integer as total_codes,
  coupon_usage_summary.used::integer as used_codes,
  coupon_usage_summary.unused::integer as unused_codes,
  coupon_usage_summary.tracked::integer as tracked_codes,
  coupon_usage_summary.tracked_used::integer as tracked_used_codes,
  coupon_usage_summary.tracked_unused::integer as tracked_unused_codes,
  {coupon_usage_summary.created_at}::timestamptz at time zone 'UTC' as created_at,
  {coupon_usage_summary.updated_at}::timestamptz at time zone 'UTC' as updated_at,
  -- The names of today.
  coupon_usage_summary.coupon_series_id::varchar as coupon_series_id,
  coupon_usage_summary.total::integer as total,
  coupon_usage_summary.used::integer as used,
  coupon_usage_summary.unused::integer as unused,
  coupon_usage_summary.tracked::integer as tracked,
  coupon_usage_summary.tracked_used::integer as tracked_used,
  coupon_usage_summary.tracked_unused::integer as tracked_unused
from {schema}.coupon_usage_summary as coupon_usage_summary
where coupon_usage_summary.coupon_series_id is not null;

create or replace view {python}.tickets_gender_analysis as
select * from {schema}.tickets_gender_analysis;

create or replace view {python}.gender_update_tracking as
select * from {schema}.gender_update_tracking;
