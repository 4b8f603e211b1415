-- Makes a role that reads what vivenu-ingest keeps and changes nothing: for an analyst or a BI tool. Run it whole, with psql or any other
-- client, as the role that vivenu-ingest connects with or as a superuser; and again after a region was added. It does all of it or nothing.
-- The role has no password yet, so nobody can log in with it: alter role vivenu_reader password '…'.
-- Who may not make roles lets an administrator run before: create role vivenu_reader login.

-- The name of the role.
set vivenu_ingest.reader = 'vivenu_reader';

-- everything: tables, histories and views of every region, also those made later. Tickets hold personal data.
-- views: views alone, and none that shows personal data: neither v_tickets_sold nor any with a column of the list below. Run it again
-- after each update of vivenu-ingest, since views made later are not readable before. Give each kind a role of its own.
set vivenu_ingest.reads = 'everything';

do $$
declare
  reader constant text := current_setting('vivenu_ingest.reader');
  reads constant text := current_setting('vivenu_ingest.reads');
  personal constant text[] := array[
    'raw', 'barcode', 'firstname', 'lastname', 'email', 'company', 'street', 'line2', 'postal', 'birthday'
  ];
  -- The tickets of every region, and the schemas of the regions, of all together, and of queries from before vivenu-ingest.
  tickets oid[];
  schemas oid[];
  it record;
begin
  if reads not in ('everything', 'views') then
    raise exception 'vivenu_ingest.reads is "%": write everything or views', reads;
  end if;
  if to_regclass('vivenu_ingest.cursors') is null then
    raise exception 'database % holds nothing of vivenu-ingest: connect to the one that it fills', current_database();
  end if;
  if not exists (select from pg_roles where rolname = reader) then
    execute format('create role %I login', reader);
  end if;
  if not has_database_privilege(reader, current_database(), 'connect') then
    execute format('grant connect on database %I to %I', current_database(), reader);
  end if;

  tickets := array(
    select pg_class.oid
    from (select schema_name from vivenu_ingest.cursors union select schema_name from vivenu_ingest.mappings) as region
    join pg_namespace on nspname = schema_name
    join pg_class on relnamespace = pg_namespace.oid and relname = 'tickets' and relkind in ('r', 'p')
  );
  if tickets = '{}' then
    raise exception 'no region was read into database % yet: let vivenu-ingest run once', current_database();
  end if;
  for it in
    select oid::regclass as relation, pg_get_userbyid(relowner) as owner
    from pg_class
    where oid = any (tickets) and not pg_has_role(relowner, 'usage')
  loop
    raise exception '% belongs to role %: run this as that role or as a superuser', it.relation, it.owner;
  end loop;
  schemas := array(
    select beside.oid
    from pg_class
    join pg_namespace as region on region.oid = relnamespace
    join pg_namespace as beside on beside.nspname in (region.nspname, region.nspname || '_python', 'vivenu')
    where pg_class.oid = any (tickets)
    group by beside.oid
  );

  for it in select oid, nspname, pg_get_userbyid(nspowner) as owner from pg_namespace where oid = any (schemas) loop
    execute format('grant usage on schema %I to %I', it.nspname, reader);
    if not has_schema_privilege(reader, it.oid, 'usage') then
      raise exception 'schema % belongs to role %, who has to run: grant usage on schema % to %',
        quote_ident(it.nspname), it.owner, quote_ident(it.nspname), quote_ident(reader);
    end if;
    raise notice '% reads % of schema %', reader, reads, it.nspname;
  end loop;

  -- Only what vivenu-ingest's role owns, so that a stranger's table in one of the schemas stops nothing.
  for it in
    select
      oid::regclass as relation,
      relkind = 'v' as is_view,
      relname = 'v_tickets_sold'
        or exists (select from pg_attribute where attrelid = pg_class.oid and attname = any (personal)) as is_personal
    from pg_class
    where relnamespace = any (schemas) and relkind in ('r', 'p', 'v') and pg_has_role(relowner, 'usage')
  loop
    if reads = 'everything' or it.is_view and not it.is_personal then
      execute format('grant select on %s to %I', it.relation, reader);
    elsif it.is_view then
      execute format('revoke select on %s from %I', it.relation, reader);
    end if;
  end loop;

  if reads = 'everything' then
    for it in
      select distinct pg_get_userbyid(relowner) as maker, nspname
      from pg_class, pg_namespace
      where pg_class.oid = any (tickets) and pg_namespace.oid = any (schemas)
    loop
      execute format(
        'alter default privileges for role %I in schema %I grant select on tables to %I', it.maker, it.nspname, reader
      );
    end loop;
  end if;

  -- A role that was there before may have had more rights than it should.
  if (select rolsuper from pg_roles where rolname = reader) then
    raise exception 'role % is a superuser and may do anything: name another one', reader;
  end if;
  if has_any_column_privilege(reader, 'vivenu_ingest.rejected_records', 'select') then
    raise exception 'role % may read vivenu_ingest.rejected_records, which holds whole records: name another one', reader;
  end if;
  for it in
    select
      oid::regclass as relation,
      has_table_privilege(reader, oid, 'insert, update, delete, truncate') as may_change,
      oid = any (tickets) and has_any_column_privilege(reader, oid, 'select') as may_read_tickets
    from pg_class
    where relnamespace = any (schemas) and relkind in ('r', 'p', 'v')
  loop
    if it.may_change then
      raise exception 'role % may change %: name another one, or take that right away', reader, it.relation;
    end if;
    if it.may_read_tickets and reads = 'views' then
      raise exception 'role % may read %: name another one for the views', reader, it.relation;
    end if;
  end loop;
end
$$;
