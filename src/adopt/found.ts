import type { Client } from '../load/client.js';

/** A table of a schema as PostgreSQL's catalogue has it. */
export interface FoundTable {
  readonly oid: string;
  readonly name: string;
  /** `r` an ordinary table, `v` a view, `p` partitioned, and so on. */
  readonly kind: string;
  readonly owner: string;
  /** Whether this role may do all that its owner may. */
  readonly ours: boolean;
  /** It has a parent or children of its own. */
  readonly related: boolean;
  readonly columns: ReadonlyMap<string, FoundColumn>;
  /** Its own keys, and foreign keys from it. */
  readonly constraints: readonly FoundConstraint[];
  /** Foreign keys of other tables, of any schema, that point to it. */
  readonly pointers: readonly FoundConstraint[];
}

export interface FoundColumn {
  readonly name: string;
  /** As PostgreSQL names it, without a length. */
  readonly type: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly identity: boolean;
  readonly generated: boolean;
}

export interface FoundConstraint {
  /** Quoted and qualified. */
  readonly table: string;
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'foreign key';
  readonly columns: readonly string[];
  readonly definition: string;
  /** Of a foreign key: the columns that it points to. */
  readonly targetColumns: readonly string[];
}

/** Tables and views of a schema by name; none where there is no such schema. */
export async function findTables(client: Client, schema: string): Promise<Map<string, FoundTable>> {
  type Row = Omit<FoundTable, 'columns' | 'constraints' | 'pointers'> & { columns: FoundColumn[] };
  const { rows } = await client.query<Row>(FIND_TABLES, [schema]);
  const { rows: constraints } = await client.query<Found>(FIND_CONSTRAINTS, [rows.map(({ oid }) => oid)]);
  return new Map(
    rows.map(({ columns, ...table }) => [
      table.name,
      {
        ...table,
        columns: new Map(columns.map((column) => [column.name, column])),
        constraints: constraints.filter(({ owner }) => owner === table.oid),
        pointers: constraints.filter(({ owner, target }) => target === table.oid && owner !== table.oid),
      },
    ]),
  );
}

type Found = FoundConstraint & { readonly owner: string; readonly target: string | null };

const FIND_TABLES = `
select class.oid::text as oid, class.relname as name, class.relkind::text as kind,
  pg_get_userbyid(class.relowner) as owner, pg_has_role(class.relowner, 'USAGE') as ours,
  exists (select 1 from pg_inherits where class.oid in (inhrelid, inhparent)) as related,
  columns.list as columns
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
cross join lateral (
  select coalesce(json_agg(json_build_object(
    'name', attname, 'type', format_type(atttypid, null), 'notNull', attnotnull, 'hasDefault', atthasdef,
    'identity', attidentity <> '', 'generated', attgenerated <> '') order by attnum), '[]') as list
  from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped
) as columns
where namespace.nspname = $1 and class.relkind in ('r', 'p', 'v', 'm', 'f')
order by class.relname`;

/** Keys of tables, and foreign keys from them and to them. */
const FIND_CONSTRAINTS = `
select conrelid::text as owner, format('%I.%I', namespace.nspname, class.relname) as table, conname as name,
  case contype when 'p' then 'primary key' when 'u' then 'unique' else 'foreign key' end as kind,
  array(select attname::text from unnest(conkey) with ordinality as key (number, place)
    join pg_attribute on attrelid = conrelid and attnum = key.number order by key.place) as columns,
  pg_get_constraintdef(con.oid) as definition,
  nullif(confrelid, 0)::text as target,
  array(select attname::text from unnest(confkey) with ordinality as key (number, place)
    join pg_attribute on attrelid = confrelid and attnum = key.number order by key.place) as "targetColumns"
from pg_constraint as con
join pg_class as class on class.oid = conrelid
join pg_namespace as namespace on namespace.oid = class.relnamespace
where contype in ('p', 'u', 'f') and (conrelid::text = any($1::text[]) or confrelid::text = any($1::text[]))
order by conrelid, contype, conname`;
