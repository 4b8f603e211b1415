-- One row a run: what it was asked, how it ended and its whole report.
create table vivenu_ingest.runs (
  run_id uuid primary key,
  status text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  options jsonb not null,
  report jsonb
);
create index on vivenu_ingest.runs (started_at desc);

-- One row a run, region and stream.
create table vivenu_ingest.run_streams (
  run_id uuid not null,
  region text not null,
  schema_name text not null,
  stream text not null,
  mode text not null,
  status text not null,
  proven boolean not null,
  api_total bigint,
  stored_total bigint,
  fetched bigint not null,
  inserted bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  rejected bigint not null,
  deleted bigint not null,
  requests bigint not null,
  retries bigint not null,
  windows bigint not null,
  seconds double precision not null,
  finished_at timestamptz not null,
  error text,
  primary key (run_id, schema_name, stream)
);
create index on vivenu_ingest.run_streams (schema_name, stream, finished_at desc);

-- The mapping that each region's table was last brought to.
create table vivenu_ingest.mappings (
  schema_name text not null,
  stream text not null,
  version text not null,
  primary key (schema_name, stream)
);

-- How far each event of a stream has been read, and the read that is under way.
create table vivenu_ingest.cursors (
  key_id text not null,
  schema_name text not null,
  stream text not null,
  event_id text not null,
  -- Server time at the start of the read that last completed, and the newest update time ever read; null: never completed.
  read_at timestamptz,
  newest_updated_at timestamptz,
  full_read_at timestamptz,
  proven_at timestamptz,
  -- The unfinished read: its windows, when its run began, up to when it reads.
  read_id uuid,
  read_kind text check (read_kind in ('full', 'incremental')),
  read_began_at timestamptz,
  read_until timestamptz,
  primary key (key_id, schema_name, stream, event_id)
);

-- What an unfinished read has still to read; a window leaves when it is complete.
create table vivenu_ingest.windows (
  window_id bigint generated always as identity primary key,
  read_id uuid not null,
  read_by text not null check (read_by in ('created', 'updated')),
  from_at timestamptz,
  to_at timestamptz not null,
  events text[],
  -- Rows that it may hold, where that is known before it is read.
  expected bigint,
  -- Progress of a pass over the window's pages: the total that every answer must repeat, and the offsets that are stored.
  total bigint,
  page_size int,
  pages_done int[] not null default '{}'
);
-- The newest update time that an unfinished read has stored; kept apart so that pages wait for no lock on cursors.
create table vivenu_ingest.read_progress (
  read_id uuid not null,
  newest_updated_at timestamptz not null
);
create index on vivenu_ingest.read_progress (read_id);
create index on vivenu_ingest.windows (read_id);

-- Records that could not be stored; one open row each, kept after closing.
create table vivenu_ingest.rejected_records (
  reject_id bigint generated always as identity primary key,
  run_id uuid not null,
  region text not null,
  schema_name text not null,
  stream text not null,
  -- Primary key, or content hash with its ordinal in the response.
  record_key text not null,
  record_id text,
  field text not null,
  reason text not null,
  record json not null,
  -- False where `record` is not all of it: characters that PostgreSQL cannot store stand as U+FFFD, what is nested too deep is left out.
  exact boolean not null,
  -- What is readable of the record itself, to count it where vivenu counts it.
  event_id text,
  created_at timestamptz,
  state text,
  -- The window that it was read in; nulls: a list without time.
  window_by text,
  window_from timestamptz,
  window_to timestamptz,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  closed_at timestamptz,
  closed_because text
);
create unique index rejected_records_open
  on vivenu_ingest.rejected_records (schema_name, stream, record_key) where closed_at is null;
