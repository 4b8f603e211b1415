-- What vivenu delivered, one row a delivery: written before it is answered, worked off after.
create table vivenu_ingest.webhook_deliveries (
  delivery_no bigint generated always as identity primary key,
  region text not null,
  -- vivenu's id of the transmission, the same when it is sent again; where it has none, a hash of its body.
  delivery_id text not null,
  type text not null,
  received_at timestamptz not null,
  -- `data` without what is never stored; null when its records are in their tables, or belong to nobody here.
  payload json,
  -- The records that it brought: [[stream, id, updatedAt], …].
  carried jsonb not null default '[]',
  processed_at timestamptz,
  -- stored, elsewhere (events of other regions), kept (no table for it), erased, failed.
  outcome text,
  reason text,
  unique (region, delivery_id)
);
create index webhook_deliveries_open on vivenu_ingest.webhook_deliveries (region, delivery_no) where processed_at is null;
create index webhook_deliveries_received on vivenu_ingest.webhook_deliveries (region, received_at);
