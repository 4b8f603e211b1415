import type { Database } from './client.js';

/** A region as the books know it. */
export interface BookedRegion {
  readonly region: string;
  readonly schema: string;
  readonly keyId: string;
  /** Somebody holds its lock, so that a run whose books are open is under way. */
  readonly isHeld: boolean;
}

/** When a region was last begun to be read; null: never. */
export interface LastBegun {
  readonly region: string;
  readonly run: Date | null;
  /** All of it. */
  readonly full: Date | null;
}

/** A whole run that was not cut off: what was killed or interrupted has to be taken up again. */
const COUNTS = `options->'regions' ? asked.region
    and status not in ('killed', 'interrupted')
    and (status <> 'running' or asked.is_held)
    and options->>'skipFetch' is distinct from 'true'
    and coalesce(options->'only', 'null') = 'null'`;

/** When the last whole run of each region was begun, and the last that read everything, by whoever. */
export async function lastBegun(db: Database, regions: readonly BookedRegion[]): Promise<LastBegun[]> {
  return await db.query<LastBegun>(
    `select asked.region, changed.begun as run, greatest(whole.begun, stored.begun) as full
     from jsonb_to_recordset($1::jsonb) as asked (region text, schema text, key_id text, is_held boolean)
     left join lateral (
       select greatest(started_at, (options->>'due')::timestamptz) as begun from vivenu_ingest.runs
       where ${COUNTS}
       order by started_at desc limit 1
     ) as changed on true
     left join lateral (
       select greatest(started_at, (options->>'due')::timestamptz) as begun from vivenu_ingest.runs
       where options->>'full' = 'true' and ${COUNTS}
       order by started_at desc limit 1
     ) as whole on true
     left join lateral (
       select min(full_read_at) as begun from vivenu_ingest.cursors
       where cursors.key_id = asked.key_id and schema_name = asked.schema
     ) as stored on true`,
    [
      JSON.stringify(
        regions.map(({ region, schema, keyId, isHeld }) => ({
          region,
          schema,
          key_id: keyId,
          is_held: isHeld,
        })),
      ),
    ],
  );
}

/** The fewest requests that a complete run of each key took lately, as one does in which nothing changed. */
export async function fewestRequests(db: Database): Promise<Map<string, number>> {
  const rows = await db.query<{ id: string; requests: number }>(
    `select key->>'key_id' as id, min((key->>'requests')::int) as requests
     from (
       select report from vivenu_ingest.runs
       where status = 'complete' and options->>'skipFetch' is distinct from 'true'
         and coalesce(options->'only', 'null') = 'null'
       order by started_at desc limit 200
     ) as recent, jsonb_array_elements(report->'keys') as key
     group by 1`,
  );
  return new Map(rows.map(({ id, requests }) => [id, requests]));
}
