/** The tables of the Python system as it makes them, in the search_path; facts of `reference.md` sections 1.7 to 1.9 and of its models. */

/** SQLAlchemy's models. `JSON` stands for the type of its JSON columns. */
const MODELS = `
create table events (
  id varchar not null primary key,
  region_schema varchar not null,
  name varchar,
  seller_id varchar,
  location_name varchar,
  start_date timestamp without time zone,
  end_date timestamp without time zone,
  sell_start timestamp without time zone,
  sell_end timestamp without time zone,
  timezone varchar,
  "cartAutomationRules" JSON,
  groups JSON,
  tickets JSON,
  created_at timestamp without time zone
);
create table tickets (
  id varchar not null,
  region_schema varchar,
  transaction_id varchar,
  ticket_type_id varchar,
  currency varchar,
  status varchar,
  personalized boolean,
  expired boolean,
  event_id varchar references events (id),
  ticket_name varchar,
  category_name varchar,
  barcode varchar,
  created_at timestamp without time zone,
  updated_at timestamp without time zone,
  city varchar,
  country varchar,
  customer_id varchar,
  gender varchar,
  birthday varchar,
  age integer,
  nationality varchar,
  region_of_residence varchar,
  is_gym_affiliate varchar,
  gym_affiliate varchar,
  gym_affiliate_location varchar,
  is_returning_athlete boolean,
  is_returning_athlete_to_city boolean,
  is_under_shop boolean,
  under_shop_id varchar,
  addons varchar,
  primary key (id),
  constraint tickets_pkey unique (id)
);
create table ticket_summary (
  id varchar not null primary key,
  event_id varchar references events (id),
  event_name varchar,
  ticket_type_id varchar,
  ticket_name varchar,
  ticket_category varchar,
  ticket_event_day varchar,
  total_count integer,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table summary_report (
  id serial primary key,
  event_id varchar not null,
  ticket_group varchar not null,
  total_count integer not null,
  ticket_type_ids varchar[],
  ticket_names varchar[],
  created_at timestamp without time zone not null default now(),
  updated_at timestamp without time zone not null default now()
);
create table ticket_under_shops (
  id serial primary key,
  event_id varchar not null references events (id),
  shop_id varchar not null,
  shop_name varchar,
  shop_category varchar,
  active boolean,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table ticket_volumes (
  id serial primary key,
  event_id varchar not null references events (id),
  shop_id varchar not null,
  ticket_type_id varchar not null,
  volume integer,
  ticket_shop_category varchar,
  active boolean,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table ticket_under_shop_summary (
  id varchar not null primary key,
  event_id varchar not null references events (id),
  event_name varchar,
  ticket_type_id varchar not null,
  ticket_name varchar,
  ticket_category varchar,
  ticket_event_day varchar,
  under_shop_id varchar not null,
  shop_category varchar,
  ticket_count integer,
  ticket_volume integer,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table ticket_addon_summary (
  id varchar not null primary key,
  event_id varchar references events (id),
  event_name varchar,
  addon_name varchar,
  product_id varchar,
  total_count integer,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table coupon_series (
  id varchar not null primary key,
  region_schema varchar not null,
  name varchar not null,
  active boolean,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table coupons (
  id varchar not null primary key,
  region_schema varchar not null,
  code varchar not null unique,
  name varchar not null,
  active boolean,
  used integer,
  is_used boolean,
  is_tracked boolean,
  category varchar,
  coupon_series_id varchar references coupon_series (id),
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);
create table coupon_usage_summary (
  id varchar not null primary key,
  region_schema varchar not null,
  series_id varchar not null references coupon_series (id),
  series_name varchar not null,
  total_codes integer,
  used_codes integer,
  unused_codes integer,
  tracked_codes integer,
  tracked_used_codes integer,
  tracked_unused_codes integer,
  created_at timestamp without time zone,
  updated_at timestamp without time zone
);`;

/** What its SQL files set up. */
const SETUPS = `
create function update_timestamp() returns trigger language plpgsql as $$
begin new.updated_at = current_timestamp; return new; end $$;
create function validate_price_tier() returns trigger language plpgsql as $$
begin
  if new.value not in ('EB', 'L1', 'L2', 'L3', 'L4') then raise exception 'no such tier'; end if;
  return new;
end $$;
create table event_capacity_configs (
  id serial primary key,
  category varchar(50) not null unique,
  value varchar(255) not null,
  updated_at timestamp default current_timestamp
);
create trigger price_tier before insert or update on event_capacity_configs
  for each row when (new.category = 'price_tier') execute function validate_price_tier();
create trigger update_event_capacity_timestamp before update on event_capacity_configs
  for each row execute function update_timestamp();
create table ticket_capacity_configs (
  id serial primary key,
  ticket_group varchar(100) not null,
  event_day varchar(20) not null,
  capacity integer not null,
  updated_at timestamp default current_timestamp,
  unique (ticket_group, event_day)
);
create table country_configs (
  code varchar(2) primary key,
  country varchar(100) not null,
  region varchar(50) not null,
  sub_region varchar(50),
  created_at timestamp with time zone default current_timestamp,
  updated_at timestamp with time zone default current_timestamp
);
create table ticket_age_groups (
  id serial primary key,
  ticket_group varchar(100) not null,
  ticket_event_day varchar(50) not null,
  age_range varchar(50) not null,
  count integer not null default 0,
  ticket_category varchar(20) not null,
  created_at timestamp with time zone default current_timestamp,
  updated_at timestamp with time zone default current_timestamp,
  unique (ticket_group, ticket_event_day, age_range)
);
create table tickets_gender_analysis (
  id varchar primary key,
  ticket_name varchar,
  extra_fields jsonb,
  determined_gender varchar,
  needs_update boolean default false,
  current_gender varchar,
  created_at timestamp default current_timestamp,
  update_status varchar default 'pending',
  update_attempts integer default 0
);`;

/** The statements that make them, with JSON columns of this type. */
export const ancestorTables = (json: string): string =>
  MODELS.replaceAll(/ JSON\b/g, ` ${json}`).replace(',\n  constraint tickets_pkey unique (id)', '') + SETUPS;
