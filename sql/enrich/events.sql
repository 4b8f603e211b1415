-- In which time zone do an event's days and hours begin?
update events
set zone = vivenu_ingest.zone(timezone)
where id = any($1::text[]) and zone is distinct from vivenu_ingest.zone(timezone)
