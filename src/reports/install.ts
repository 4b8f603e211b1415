import { FatalError } from '../errors.js';
import { renewPythonViews } from '../adopt/python.js';
import { quoteIdentifier, type Client } from '../load/client.js';
import { errorFacts } from '../load/connection.js';
import { createCouponCodes } from '../load/coupon-codes.js';
import { markEvents } from '../load/marks.js';
import { definitionsVersion, sqlFile } from './definitions.js';
import { storedEvents } from './refresh.js';
import { HISTORIES, SUMMARIES, type History, type Summary } from './summaries.js';
import { VIEWS } from './views.js';

/** A region whose summaries and views are meant. */
export interface Place {
  readonly region: string;
  readonly schema: string;
}

/**
 * Brings the summary tables and views of a region's schema to this version; touches nothing when they are there already, so that no
 * reader waits. Tables are only ever added to, and the next refresh works out every event anew. Throws a FatalError that names the user's
 * own view in the way of a changed one.
 */
export async function installReports(client: Client, { region, schema }: Place): Promise<void> {
  const version = definitionsVersion();
  if (await isInstalled(client, schema, version)) return;
  await client.query(`set local search_path = ${quoteIdentifier(schema)}`);
  for (const table of [...SUMMARIES, ...HISTORIES]) await createTable(client, schema, table);
  for (const { name, indexes } of HISTORIES) await createIndexes(client, name, indexes);
  await createCouponCodes(client, schema);
  await createViews(client, schema);
  await renewPythonViews(client, schema);
  await markEvents(client, schema, await storedEvents(client));
  await client.query(
    `insert into vivenu_ingest.regions (schema_name, region, definitions) values ($1, $2, $3)
     on conflict (schema_name) do update set region = excluded.region, definitions = excluded.definitions`,
    [schema, region, version],
  );
  await client.query('set local search_path = default');
}

/** Whether the tables and views are those of this version, and nobody has dropped one since. */
async function isInstalled(client: Client, schema: string, version: string): Promise<boolean> {
  const names = [...SUMMARIES.map(({ name }) => name), ...HISTORIES.map(({ name }) => name), ...VIEWS];
  const { rows } = await client.query<{ there: number }>(
    `select count(*)::int as there from pg_class
     join vivenu_ingest.regions on schema_name = $1 and definitions = $2
     where relnamespace = (select oid from pg_namespace where nspname = $1) and relname = any($3::text[])`,
    [schema, version, names],
  );
  return rows[0]?.there === names.length;
}

async function createTable(client: Client, schema: string, table: Summary | History): Promise<void> {
  const columns = Object.entries(table.columns).map(([name, { type, says }]) => ({
    name: quoteIdentifier(name),
    type,
    says,
  }));
  const key = table.key.map(quoteIdentifier).join(', ');
  await client.query(
    `create table if not exists ${table.name} (
       ${columns.map(({ name, type }) => `${name} ${type}`).join(', ')}, primary key (${key}))`,
  );
  if ('answers' in table)
    await client.query(`alter table ${table.name} alter column ${table.answers} set statistics 0`);
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(column_name) as name from information_schema.columns where table_schema = $1 and table_name = $2`,
    [schema, table.name],
  );
  const present = new Set(rows.map(({ name }) => quoteIdentifier(name.replace(/^"|"$/g, ''))));
  for (const { name, type } of columns.filter((column) => !present.has(column.name)))
    await client.query(`alter table ${table.name} add column ${name} ${type.replace(' not null', '')}`);
  const comments = columns.map(
    ({ name, says }) => `comment on column ${table.name}.${name} is ${quoted(says)}`,
  );
  await client.query([`comment on table ${table.name} is ${quoted(table.says)}`, ...comments].join(';\n'));
}

async function createIndexes(
  client: Client,
  table: string,
  indexes: readonly (readonly string[])[],
): Promise<void> {
  for (const columns of indexes)
    await client.query(
      `create index if not exists ${quoteIdentifier([table, ...columns].join('_').slice(0, 60))} on ${table} (${columns.map(quoteIdentifier).join(', ')})`,
    );
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

async function createViews(client: Client, schema: string): Promise<void> {
  await client.query('savepoint views');
  try {
    for (const name of VIEWS) await client.query(sqlFile(`views/${name}.sql`));
  } catch (error) {
    // A view that has other columns than before is not replaced but made anew, and so is what reads it.
    if (!OTHER_COLUMNS.includes(errorFacts(error).code)) throw error;
    await client.query('rollback to savepoint views');
    await dropViews(client, schema);
    for (const name of VIEWS) await client.query(sqlFile(`views/${name}.sql`));
  }
  await client.query('release savepoint views');
}

/** Columns of a view renamed, dropped or retyped. */
const OTHER_COLUMNS = ['42P16'];

async function dropViews(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct format('%I.%I', pg_namespace.nspname, reader.relname) as name
     from pg_class as ours
     join pg_depend on pg_depend.refobjid = ours.oid
     join pg_rewrite on pg_rewrite.oid = pg_depend.objid
     join pg_class as reader on reader.oid = pg_rewrite.ev_class
     join pg_namespace on pg_namespace.oid = reader.relnamespace
     where ours.relnamespace = (select oid from pg_namespace where nspname = $1) and ours.relname = any($2::text[])
       and not (reader.relname = any($2::text[]) and pg_namespace.nspname in ($1, 'vivenu'))`,
    [schema, VIEWS],
  );
  if (rows.length > 0)
    throw new FatalError(
      `the views of schema "${schema}" have new columns, and views of yours read the old ones: ` +
        `${rows.map(({ name }) => name).join(', ')}. Drop yours, run once, and make them again.`,
    );
  // Those of all regions are made again when each region has its own.
  await client.query(`drop view if exists ${VIEWS.map((name) => `vivenu.${name}`).join(', ')}`);
  await client.query(`drop view if exists ${VIEWS.join(', ')}`);
}
