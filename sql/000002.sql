-- Events of which something was written since their summaries were last refreshed, once for each page; '' stands for what belongs to no event.
create table vivenu_ingest.changed_events (
  schema_name text not null,
  event_id text not null
);
create index on vivenu_ingest.changed_events (schema_name);

-- Every region whose summaries and views are installed, and from which definitions.
create table vivenu_ingest.regions (
  schema_name text primary key,
  region text not null,
  definitions text not null
);

-- The name of a time zone, or UTC where PostgreSQL does not know it.
create function vivenu_ingest.zone(name text) returns text language plpgsql stable as $$
begin
  perform now() at time zone name;
  return coalesce(name, 'UTC');
exception when others then
  return 'UTC';
end
$$;

-- Full years from a birthday to a day; null where the birthday is later.
create function vivenu_ingest.full_years(birthday date, day date) returns int language sql immutable as $$
  select case when birthday <= day then extract(year from age(day, birthday))::int end
$$;
