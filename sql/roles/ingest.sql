-- Makes a role for vivenu-ingest to connect with: it may do in this database what a run needs, and nothing else. Run it whole, with psql or any
-- other client, as a superuser, or as a role that owns the database and may make roles; and again after a region was added, where the regions
-- are listed. It does all of it or nothing.
-- The role has no password yet, so nobody can log in with it: alter role vivenu_ingest_engine password '…'.

-- The name of the role.
set vivenu_ingest.engine = 'vivenu_ingest_engine';

-- The schemas of the regions, divided by commas: they are made here and belong to the role, and it may make no other.
-- *: it may make schemas, so that a region that is added needs nothing done here.
set vivenu_ingest.schemas = '*';

do $$
declare
  engine constant text := current_setting('vivenu_ingest.engine');
  listed constant text := current_setting('vivenu_ingest.schemas');
  makes constant boolean := btrim(listed) = '*';
  needs_membership constant boolean := not (select rolsuper from pg_roles where rolname = current_user);
  -- Whoever filled this database before.
  former oid := (select relowner from pg_class where oid = to_regclass('vivenu_ingest.migrations'));
  own text[] := array['vivenu_ingest', 'vivenu', 'vivenu_jobs'];
  it record;
begin
  if not exists (select from pg_roles where rolname = engine) then
    execute format('create role %I login', engine);
  end if;
  -- To make what belongs to another role, a role that is no superuser has to be one of its members.
  if needs_membership then
    execute format('grant %I to current_user', engine);
  end if;
  execute format('grant connect, temporary on database %I to %I', current_database(), engine);
  if makes then
    execute format('grant create on database %I to %I', current_database(), engine);
  else
    execute format('revoke create on database %I from %I', current_database(), engine);
    own := own || array(select btrim(name) from unnest(string_to_array(listed, ',')) as name where btrim(name) <> '');
  end if;
  if to_regclass('vivenu_ingest.mappings') is not null then
    own := own || array(select distinct schema_name from vivenu_ingest.mappings);
  end if;

  for it in select distinct name from unnest(own) as name order by name loop
    if exists (select from pg_namespace where nspname = it.name) then
      execute format('alter schema %I owner to %I', it.name, engine);
    elsif not makes then
      execute format('create schema %I authorization %I', it.name, engine);
    end if;
  end loop;

  -- What the former role made there; strangers' tables stay theirs. Sequences of columns and indexes follow their tables.
  for it in
    select oid::regclass as relation
    from pg_class
    where relnamespace in (select oid from pg_namespace where nspname = any (own)) and relowner = former and relkind in ('r', 'p', 'v', 'm')
  loop
    execute format('alter table %s owner to %I', it.relation, engine);
  end loop;
  for it in
    select oid::regprocedure as routine
    from pg_proc
    where pronamespace in (select oid from pg_namespace where nspname = any (own)) and proowner = former
  loop
    execute format('alter routine %s owner to %I', it.routine, engine);
  end loop;
  if needs_membership then
    execute format('revoke %I from current_user', engine);
  end if;

  -- A role that was there before may have more rights than it should.
  if exists (
    select from pg_roles
    where rolname = engine and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
  ) then
    raise exception 'role % may do more than a role of a database should (superuser, createdb, createrole, replication or bypassrls): name another one', engine;
  end if;
  if exists (select from pg_database where datname = current_database() and pg_get_userbyid(datdba) = engine) then
    raise exception 'role % owns database % and may drop it: name another one', engine, current_database();
  end if;
  for it in
    select granted.rolname as name
    from pg_auth_members
    join pg_roles as granted on granted.oid = roleid
    join pg_roles as member on member.oid = pg_auth_members.member
    where member.rolname = engine
  loop
    raise exception 'role % is a member of % and has its rights: name another one', engine, it.name;
  end loop;
  for it in
    select pg_class.oid::regclass as relation
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname <> all (own) and nspname !~ '^pg_' and nspname <> 'information_schema' and relkind in ('r', 'p', 'v', 'm', 'f')
      and pg_get_userbyid(relowner) <> engine
      and has_schema_privilege(engine, pg_namespace.oid, 'usage')
      and has_any_column_privilege(engine, pg_class.oid, 'select, insert, update')
  loop
    raise warning '% may read or change %: public or a grant of its own lets it', engine, it.relation;
  end loop;
end
$$;
