-- Who is logged in to the dashboard; the tokens themselves are with the browsers alone.
create table vivenu_ingest.sessions (
  token_hash bytea primary key,
  role text not null check (role in ('viewer', 'operator')),
  -- Of the password hash that it began with: a password that is changed ends its sessions.
  password_hash bytea not null,
  began_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  ends_at timestamptz not null
);
create index on vivenu_ingest.sessions (ends_at);

-- What a run is reading now, written every few seconds while it is under way.
alter table vivenu_ingest.runs add column progress jsonb;

-- The newest proof is looked up for every stream of every region at once.
create index run_streams_proven on vivenu_ingest.run_streams (schema_name, stream, finished_at desc) where proven;
