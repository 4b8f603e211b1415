import { createHash } from 'node:crypto';
import { quoteIdentifier, type Client, type Database } from '../load/client.js';
import { definitionsVersion } from './definitions.js';
import { VIEWS } from './views.js';

/** The schema whose views hold all regions, each row with the name of its own. */
export const ACROSS = 'vivenu';

/**
 * Makes the views over all regions that are at this version, when they are not what they should be. Safe when two do it at once.
 * Throws what PostgreSQL says when the role may not.
 */
export async function installAcross(db: Database): Promise<void> {
  await db.transaction(async (client) => {
    const places = await installed(client);
    if (places.length === 0) return;
    const version = createHash('sha256')
      .update(JSON.stringify([definitionsVersion(), places]))
      .digest('hex');
    if (await isMade(client, version)) return;
    await client.query(`select pg_advisory_xact_lock(hashtextextended('vivenu-ingest across', 0))`);
    await makeSchema(client);
    await client.query(`drop view if exists ${VIEWS.map(nameOf).join(', ')}`);
    for (const view of VIEWS) await makeView(client, view, places);
    await client.query(`comment on schema ${ACROSS} is 'all regions of vivenu-ingest (${version})'`);
  });
}

interface Place {
  readonly schema: string;
  readonly region: string;
}

const nameOf = (view: string) => `${ACROSS}.${quoteIdentifier(view)}`;

/** Regions with all views of this version; a schema that somebody dropped is not among them. */
async function installed(client: Client): Promise<Place[]> {
  const { rows } = await client.query<Place>(
    `select schema_name as schema, region from vivenu_ingest.regions
     where definitions = $1 and $3 = (
       select count(*) from pg_class where relnamespace = to_regnamespace(quote_ident(schema_name)) and relname = any($2::text[]))
     order by region`,
    [definitionsVersion(), VIEWS, VIEWS.length],
  );
  return rows;
}

/** The version stands in the schema's comment; a region's schema that was dropped took the views with it. */
async function isMade(client: Client, version: string): Promise<boolean> {
  const { rows } = await client.query<{ comment: string | null; views: number }>(
    `select obj_description(oid, 'pg_namespace') as comment,
       (select count(*)::int from pg_class where relnamespace = pg_namespace.oid and relname = any($2::text[])) as views
     from pg_namespace where nspname = $1`,
    [ACROSS, VIEWS],
  );
  return rows[0]?.views === VIEWS.length && rows[0].comment?.includes(version) === true;
}

async function makeSchema(client: Client): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_namespace where nspname = $1`, [ACROSS]);
  if (rows.length === 0) await client.query(`create schema ${ACROSS}`);
}

async function makeView(client: Client, view: string, places: readonly Place[]): Promise<void> {
  const parts = places.map(
    ({ schema, region }) =>
      `select '${region.replaceAll("'", "''")}'::text as region, * from ${quoteIdentifier(schema)}.${quoteIdentifier(view)}`,
  );
  await client.query(`create view ${nameOf(view)} as ${parts.join('\nunion all\n')}`);
  await client.query(copyComments(view, places[0]?.schema ?? ''));
}

/** Comments of the first region's view, as one statement. */
const copyComments = (view: string, schema: string) => `
do $$
declare
  source oid := '${quoteIdentifier(schema).replaceAll("'", "''")}.${view}'::regclass;
  part record;
begin
  execute format('comment on view ${nameOf(view)} is %L', obj_description(source, 'pg_class'));
  comment on column ${nameOf(view)}.region is 'Region, as it is called in the configuration.';
  for part in select attname, col_description(source, attnum) as says from pg_attribute where attrelid = source and attnum > 0 loop
    execute format('comment on column ${nameOf(view)}.%I is %L', part.attname, part.says);
  end loop;
end
$$`;
