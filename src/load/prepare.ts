import { errorFacts } from './connection.js';
import { quoteIdentifier, type Client } from './client.js';
import { createTables, type Table } from './table.js';

/** What was missing of a region's schema. */
export interface Preparation {
  readonly createdSchema: boolean;
  readonly createdTables: readonly string[];
  /** As `table.column`. */
  readonly addedColumns: readonly string[];
}

/** Brings a region's schema to this version and says what it did. Throws what PostgreSQL says when the role may not. */
export async function prepareSchema(
  client: Client,
  schema: string,
  tables: readonly Table[],
): Promise<Preparation> {
  // Two at once would both see nothing before and everything after.
  await client.query(`select pg_advisory_xact_lock(hashtextextended('vivenu-ingest prepare ' || $1, 0))`, [
    schema,
  ]);
  const before = await contentsOf(client, schema);
  await createTables(client, schema, tables);
  const after = await contentsOf(client, schema);
  const createdTables = [...after.tables].filter((table) => !before.tables.has(table));
  return {
    createdSchema: !before.exists,
    createdTables,
    addedColumns: [...after.columns]
      .filter(([column, table]) => !before.columns.has(column) && before.tables.has(table))
      .map(([column]) => column),
  };
}

interface Contents {
  readonly exists: boolean;
  readonly tables: ReadonlySet<string>;
  /** `table.column` to its table. */
  readonly columns: ReadonlyMap<string, string>;
}

async function contentsOf(client: Client, schema: string): Promise<Contents> {
  const { rows } = await client.query<{ table: string | null; column: string }>(
    `select pg_class.relname as table, pg_attribute.attname as column
     from pg_namespace
     left join pg_class on pg_class.relnamespace = pg_namespace.oid and pg_class.relkind in ('r', 'p')
     left join pg_attribute on pg_attribute.attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where pg_namespace.nspname = $1
     order by pg_class.relname, attnum`,
    [schema],
  );
  const columns = rows.flatMap(({ table, column }): [string, string][] =>
    table === null ? [] : [[`${table}.${column}`, table]],
  );
  return {
    exists: rows.length > 0,
    tables: new Set(columns.map(([, table]) => table)),
    columns: new Map(columns),
  };
}

/** How an administrator mends a schema that cannot be prepared; `user` is the role of this program. */
export function schemaMend(error: unknown, schema: string, user: string): string {
  const { code, message } = errorFacts(error);
  const [name, role] = [quoteIdentifier(schema), quoteIdentifier(user)];
  if (code === '42501' && message.includes('database'))
    return `let an administrator of the database run: create schema ${name} authorization ${role}`;
  if (code === '42501' && message.includes('must be owner'))
    return `let an administrator of the database make ${role} the owner of the tables in ${name}`;
  if (code === '42501')
    return `let an administrator of the database run: grant usage, create on schema ${name} to ${role}`;
  return `mend what PostgreSQL says, or give the region another schema (EVENT_CONFIGS__<region>__schema_name)`;
}
