import type { Database } from './client.js';

/** Up to when each stream of each schema is proven: the start of the newest run that proved it. Nothing before the first run. */
export async function provenTimes(
  db: Database,
  schemas: readonly string[],
  streams: readonly string[],
): Promise<{ schema: string; stream: string; provenAt: Date | null }[]> {
  return await db.query(
    `select wanted_schema as schema, wanted_stream as stream, newest.started_at as "provenAt"
     from unnest($1::text[]) as wanted_schema
     cross join unnest($2::text[]) as wanted_stream
     left join lateral (
       select runs.started_at
       from vivenu_ingest.run_streams
       join vivenu_ingest.runs using (run_id)
       where run_streams.schema_name = wanted_schema and run_streams.stream = wanted_stream and run_streams.proven
       order by run_streams.finished_at desc
       limit 1
     ) as newest on true`,
    [schemas, streams],
  );
}
