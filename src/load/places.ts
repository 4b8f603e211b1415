import type { Database } from './client.js';
import type { Place } from './erased.js';
import { booksOf } from './status.js';

/** Regions that were ever read into this database, configured or not; one without a name is known by its schema alone. */
export async function knownPlaces(db: Database): Promise<Place[]> {
  const { exist } = await booksOf(db);
  if (!exist) return [];
  const [later] = await db.query<{ there: boolean }>(
    `select to_regclass('vivenu_ingest.regions') is not null as there`,
  );
  return await db.query<Place>(
    `select distinct schema_name as schema, coalesce(${later?.there ? 'region' : 'null'}, schema_name) as name
     from vivenu_ingest.mappings ${later?.there ? 'left join vivenu_ingest.regions using (schema_name)' : ''}
     order by schema_name`,
  );
}
