-- JSON of a text; a text that is none stays as a JSON string.
create function adopt_json(value text) returns jsonb language plpgsql immutable as $$
begin
  return value::jsonb;
exception when others then
  return to_jsonb(value);
end $$;

-- The day of a text that is one, YYYY-MM-DD; null for any other.
create function adopt_date(value text) returns date language plpgsql immutable as $$
begin
  return case when value ~ '^\d{4}-\d\d-\d\d$' then make_date(left(value, 4)::int, substr(value, 6, 2)::int, substr(value, 9, 2)::int) end;
exception when others then
  return null;
end $$;

-- vivenu's list of add-ons, from the one name that was kept.
create function adopt_addons(name text) returns jsonb language sql immutable as $$
  select jsonb_build_array(jsonb_build_object('name', name)) where name is not null
$$;

-- An instant as vivenu writes it.
create function adopt_iso(value timestamptz) returns text language sql stable as $$
  select to_char(value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') where isfinite(value)
$$;

-- vivenu's list of ticket types, from the list of {id, name} that was kept.
create function adopt_ticket_types(kept jsonb) returns jsonb language sql immutable as $$
  select jsonb_agg(jsonb_build_object('_id', type -> 'id', 'name', type -> 'name'))
  from jsonb_array_elements(case jsonb_typeof(kept) when 'array' then kept end) as type
$$;
