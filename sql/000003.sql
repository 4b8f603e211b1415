-- What is left of the hourly requests of a key, shared by all processes that use it.
create table vivenu_ingest.api_budget (
  key_id text primary key,
  -- Requests that could be sent at filled_at; below zero while requests wait for theirs. What the bucket does not hold counts as full.
  tokens double precision not null default 'Infinity',
  filled_at timestamptz not null default clock_timestamp(),
  -- Nobody asks before: vivenu said so.
  not_before timestamptz not null default '-infinity',
  -- Requests an hour after vivenu refused too many, when the next may go, when it was last lowered; a pace of null: none.
  pace double precision,
  next_at timestamptz not null default '-infinity',
  slowed_at timestamptz not null default '-infinity'
) with (fillfactor = 50);
