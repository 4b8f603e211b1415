-- Ids of tickets and customers whose personal data was erased, as keyed hashes, so that no later read brings it back.
-- A row counts for every region (both names empty), or for one, by its name or by its schema.
create table vivenu_ingest.erased (
  digest text not null,
  region text not null default '',
  schema_name text not null default '',
  erased_at timestamptz not null default now(),
  primary key (digest, region, schema_name)
);

-- The key of these hashes, random and of this database alone.
create table vivenu_ingest.erasure_key (
  only_one boolean primary key default true check (only_one),
  key bytea not null
);
insert into vivenu_ingest.erasure_key (key)
select decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

-- What was taken out of the records when the table was last written; null: before that was noted.
alter table vivenu_ingest.mappings add column omitted text;
