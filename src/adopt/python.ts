import { FatalError } from '../errors.js';
import { findTables, type FoundTable } from './found.js';
import { adoptSql, fill, quoteLiteral } from './sql.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** What the compatibility views were made with. */
export interface PythonViews {
  /** What `region_schema` says in every row. */
  readonly regionName: string;
  /** In which times without a zone are shown. */
  readonly timezone: string;
  /** Type of the columns that hold JSON. @default 'json' */
  readonly json?: string;
}

/** The schema of the compatibility views. Throws a RangeError when its name would be longer than PostgreSQL takes. */
export function pythonSchema(schema: string): string {
  const name = `${schema}_python`;
  quoteIdentifier(name);
  return name;
}

/**
 * Makes the schema of views with the Python system's tables, or renews it; views whose tables are not there yet are left out. Nothing that reads
 * the views is disturbed. Returns the names of the views. Throws a FatalError when the schema is somebody else's.
 */
export async function installPythonViews(
  client: Client,
  schema: string,
  options: PythonViews,
): Promise<string[]> {
  const python = pythonSchema(schema);
  await makeSchema(client, schema, python);
  const found = await findTables(client, schema);
  const made: string[] = [];
  for (const statement of await statements()) {
    const [, name = ''] = /create or replace view \{python\}\.(\w+)/.exec(statement) ?? [];
    const sources = [...statement.matchAll(/\{schema\}\.(\w+)/g)].map(([, table = '']) => table);
    if (!sources.every((table) => found.has(table))) continue;
    await client.query(fill(statement, (place) => sqlOf(place, { schema, python, found, options })));
    await shareWithReaders(client, { schema, python, name });
    made.push(name);
  }
  await client.query(
    `comment on schema ${quoteIdentifier(python)} is ${quoteLiteral(commentOf(schema, options))}`,
  );
  return made;
}

/** Renews the compatibility views of a schema that was taken over, with what they were made with; does nothing for any other. */
export async function renewPythonViews(client: Client, schema: string): Promise<boolean> {
  const options = await pythonViews(client, schema);
  if (options === null) return false;
  await installPythonViews(client, schema, options);
  return true;
}

/** What the compatibility views of a schema were made with; null where there are none. */
export async function pythonViews(client: Client, schema: string): Promise<PythonViews | null> {
  const { rows } = await client.query<{ comment: string | null }>(
    `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`,
    [`${schema}_python`],
  );
  const comment = rows[0]?.comment ?? '';
  if (!comment.startsWith(COMMENT)) return null;
  return JSON.parse(comment.slice(comment.lastIndexOf('\n') + 1)) as PythonViews;
}

const COMMENT = 'The tables of the Python system as views';

const commentOf = (schema: string, options: PythonViews) =>
  `${COMMENT} over schema "${schema}", times in ${options.timezone}; old queries run with it as their search_path. Made by vivenu-ingest adopt with\n` +
  JSON.stringify(options);

/** A statement a view, without what stands before the first one. */
async function statements(): Promise<string[]> {
  const text = await adoptSql('python-views');
  return text.split(/;\n+/).filter((statement) => statement.includes('create or replace view'));
}

const JSON_TYPES = ['json', 'jsonb', 'text', 'character varying'];

interface Places {
  readonly schema: string;
  readonly python: string;
  readonly found: ReadonlyMap<string, FoundTable>;
  readonly options: PythonViews;
}

function sqlOf(place: string, { schema, python, found, options }: Places): string {
  const [table = '', column] = place.split('.');
  if (column !== undefined)
    return found.get(table)?.columns.has(column) ? `${table}.${quoteIdentifier(column)}` : 'null';
  const known: Readonly<Record<string, string>> = {
    schema: quoteIdentifier(schema),
    python: quoteIdentifier(python),
    zone: quoteLiteral(options.timezone),
    region: quoteLiteral(options.regionName),
    json: JSON_TYPES.find((type) => type === options.json) ?? 'json',
  };
  return known[place] ?? `{${place}}`;
}

async function makeSchema(client: Client, schema: string, python: string): Promise<void> {
  const { rows } = await client.query<{ objects: number }>(
    `select (select count(*) from pg_class where relnamespace = pg_namespace.oid)::int as objects from pg_namespace where nspname = $1`,
    [python],
  );
  if (rows[0] === undefined) await client.query(`create schema ${quoteIdentifier(python)}`);
  else if (rows[0].objects > 0 && (await pythonViews(client, schema)) === null)
    throw new FatalError(
      `schema "${python}" is in use, and the compatibility views need that name: rename it (alter schema … rename to …)`,
    );
}

/** Whoever may read the table may read its view. */
async function shareWithReaders(
  client: Client,
  { schema, python, name }: { schema: string; python: string; name: string },
): Promise<void> {
  const { rows } = await client.query<{ role: string }>(
    `select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as role
     from pg_class, aclexplode(relacl) where oid = format('%I.%I', $1::text, $2::text)::regclass and privilege_type = 'SELECT' and grantee <> relowner`,
    [schema, name],
  );
  for (const { role } of rows) {
    await client.query(`grant usage on schema ${quoteIdentifier(python)} to ${role}`);
    await client.query(`grant select on ${quoteIdentifier(python)}.${quoteIdentifier(name)} to ${role}`);
  }
}
