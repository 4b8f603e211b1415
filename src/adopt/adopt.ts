import { FatalError } from '../errors.js';
import { duplicatesOf, setApart } from './apart.js';
import { placed, type Setting } from './columns.js';
import { convert } from './convert.js';
import { findTables } from './found.js';
import { digest, type Digest } from './proof.js';
import { installPythonViews, pythonSchema, pythonViews, type PythonViews } from './python.js';
import { adoptSql } from './sql.js';
import { survey, type Survey, type SurveyedWork } from './survey.js';
import { ANCESTOR } from './tables.js';
import { putBack, takeOff, type Restored } from './views.js';
import { quoteIdentifier, type Client } from '../load/client.js';
import { createCouponCodes } from '../load/coupon-codes.js';
import { forget } from '../load/forget.js';
import { createTables } from '../load/table.js';

/** What taking over a schema did. */
export interface Adoption {
  readonly survey: Survey;
  readonly tables: readonly AdoptedTable[];
  readonly restored: Restored;
  /** Compatibility views. */
  readonly views: readonly string[];
  /** Columns that each table got. */
  readonly added: ReadonlyMap<string, readonly string[]>;
}

export interface AdoptedTable {
  readonly name: string;
  /** The table that keeps the rows that were set apart; null where there were none. */
  readonly beside: string | null;
  /** Before and after, the same. */
  readonly digest: Digest;
}

const LOCK_TIMEOUT = '10s';

/** Looks at what is there without changing anything: the caller rolls its transaction back. Throws as `survey` does. */
export async function look(client: Client, setting: Setting): Promise<Survey> {
  await begin(client, setting);
  return await survey(client, setting);
}

/**
 * Takes over a schema in the caller's transaction, which locks its tables to the end. Every row is proven to be there still, with all that it
 * said; otherwise a FatalError is thrown, and the caller rolls back. Throws PostgreSQL's 55P03 when others hold the tables for 10 s.
 */
export async function adopt(client: Client, setting: Setting, regionName: string): Promise<Adoption> {
  await begin(client, setting);
  await lockTables(client, setting);
  const there = await survey(client, setting);
  const options = await viewOptions(client, setting, there, regionName);
  await takeOff(client, there.dependents);
  for (const { work } of there.works)
    for (const { table, name } of work.drops)
      await client.query(`alter table ${table} drop constraint if exists ${quoteIdentifier(name)}`);
  const tables: AdoptedTable[] = [];
  for (const one of there.works) tables.push(await adoptTable(client, setting, one));
  await createTables(client, setting.schema, setting.streams);
  await keepHandedOutCodes(client, setting);
  const python = pythonSchema(setting.schema);
  const views = await installPythonViews(client, setting.schema, options);
  const mine = (name: string) => name.startsWith(`${python}.`);
  const dependents = { ...there.dependents, views: there.dependents.views.filter(({ name }) => !mine(name)) };
  const restored = await putBack(client, setting, python, dependents);
  await readAnew(client, setting);
  await dropFunctions(client);
  return { survey: there, tables, restored, views, added: await addedColumns(client, setting, there) };
}

/** Names without a schema are those of the region, so that views read back without it. */
async function begin(client: Client, { schema }: Setting): Promise<void> {
  await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
  const { rows } = await client.query(`select 1 from pg_namespace where nspname = $1`, [schema]);
  if (rows.length === 0)
    throw new FatalError(`schema "${schema}" is empty or not there: there is nothing to take over`);
  await client.query(`set local search_path to ${quoteIdentifier(schema)}`);
  await client.query(await adoptSql('functions'));
}

const FUNCTIONS = [
  'adopt_json(text)',
  'adopt_date(text)',
  'adopt_addons(text)',
  'adopt_iso(timestamptz)',
  'adopt_ticket_types(jsonb)',
];

async function dropFunctions(client: Client): Promise<void> {
  await client.query(`drop function ${FUNCTIONS.join(', ')}`);
}

/** All at once and first, so that nothing is done in vain when somebody holds one of them. */
async function lockTables(client: Client, setting: Setting): Promise<void> {
  const found = await findTables(client, setting.schema);
  const tables = ANCESTOR.filter(({ name }) => found.get(name)?.kind === 'r' && found.get(name)?.ours);
  if (tables.length > 0)
    await client.query(
      `lock table ${tables.map(({ name }) => placed(setting, name)).join(', ')} in access exclusive mode`,
    );
}

async function adoptTable(
  client: Client,
  setting: Setting,
  { work, rows }: SurveyedWork,
): Promise<AdoptedTable> {
  const apart = await setApart(client, setting, work);
  const before = await digest(client, setting, work, 'before');
  await convert(client, setting, work);
  const after = await digest(client, setting, work, 'after');
  const { name } = work.spec;
  if (before.rows + apart !== rows || after.rows !== before.rows || after.md5 !== before.md5)
    throw new FatalError(
      `${name} is not the same after the conversion: ${rows} rows (${apart} set apart), ${after.rows} now, checksum ${before.md5} then and ` +
        `${after.md5} now; nothing was changed`,
    );
  return { name, beside: apart > 0 ? duplicatesOf(work) : null, digest: after };
}

/** What the Python system said in `region_schema`, and how it kept JSON; what a former take-over noted stays. */
async function viewOptions(
  client: Client,
  setting: Setting,
  { found }: Survey,
  regionName: string,
): Promise<PythonViews> {
  const earlier = await pythonViews(client, setting.schema);
  if (earlier) return earlier;
  const named = ['events', 'tickets'].find((name) => found.get(name)?.columns.has('region_schema'));
  const { rows } = named
    ? await client.query<{ region: string | null }>(
        `select min(region_schema) as region from ${placed(setting, named)} where region_schema is not null`,
      )
    : { rows: [] };
  const json = found.get('events')?.columns.get('groups')?.type ?? 'json';
  return { regionName: rows[0]?.region ?? regionName, timezone: setting.zone, json };
}

/** Codes that were handed out are known from the coupons alone: the list that marks them is made from those. */
async function keepHandedOutCodes(client: Client, setting: Setting): Promise<void> {
  await createCouponCodes(client, setting.schema);
  await client.query(
    `insert into ${placed(setting, 'coupon_codes')} (code, category, line)
     select code, coalesce(min(category), ''), row_number() over (order by code) from ${placed(setting, 'coupons')}
     where is_tracked and code is not null group by code
     on conflict do nothing`,
  );
}

/** The next run brings every column up to today's rules from `raw`, then reads everything. */
async function readAnew(client: Client, { schema, streams }: Setting): Promise<void> {
  const { rows } = await client.query(`select 1 where to_regclass('vivenu_ingest.mappings') is not null`);
  if (rows.length === 0) return;
  await forget(client, [schema], null);
  await client.query(
    `insert into vivenu_ingest.mappings (schema_name, stream, version) select $1, stream, 'python' from unnest($2::text[]) as stream
     on conflict (schema_name, stream) do update set version = excluded.version`,
    [schema, streams.map(({ shape }) => shape.stream.name)],
  );
}

async function addedColumns(
  client: Client,
  { schema }: Setting,
  { works }: Survey,
): Promise<Map<string, string[]>> {
  const now = await findTables(client, schema);
  return new Map(
    works.map(({ work: { spec, found } }) => [
      spec.name,
      [...(now.get(spec.name)?.columns.keys() ?? [])].filter((name) => !found.columns.has(name)),
    ]),
  );
}
