-- Full runs are few among many: when the last one of a region was begun is looked up before each run of a schedule.
create index runs_full on vivenu_ingest.runs (started_at desc) where options->>'full' = 'true';
