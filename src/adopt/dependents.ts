import { FatalError } from '../errors.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** What hangs on tables that are converted, with the SQL to take it off and to put it back. */
export interface Dependents {
  /** In the order in which they can be made again; dropped the other way round. */
  readonly views: readonly DependentView[];
  /** Indexes of the user's on expressions or on a part of the rows. */
  readonly indexes: readonly Dependent[];
  /** Triggers that PostgreSQL would not let pass, with what puts them back; nothing for those of the Python system. */
  readonly triggers: readonly (Dependent & { readonly table: string })[];
}

export interface Dependent {
  /** For people, without quotes. */
  readonly name: string;
  /** Quoted and qualified. */
  readonly sql: string;
  readonly restore: readonly string[];
}

export interface DependentView extends Dependent {
  readonly kind: 'view' | 'materialized view';
  readonly schema: string;
  /** The query, with the names of the region's schema unqualified. */
  readonly query: string;
  /** `with (…)` of its options, or nothing. */
  readonly options: string;
  /** Of a materialized view: it holds rows. */
  readonly filled: boolean;
}

/**
 * What hangs on these tables. The search_path must be the region's schema alone. Throws a FatalError for what cannot be put back: rules,
 * row security, and views that belong to somebody else.
 */
export async function findDependents(
  client: Client,
  tables: readonly string[],
  ownTriggers: readonly string[],
): Promise<Dependents> {
  await refuseRules(client, tables);
  return {
    views: await findViews(client, tables),
    indexes: (await client.query<Dependent>(FIND_INDEXES, [tables])).rows,
    triggers: (await client.query<Dependent & { table: string }>(FIND_TRIGGERS, [tables, ownTriggers])).rows,
  };
}

async function refuseRules(client: Client, tables: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ what: string }>(
    `select format('rule %s on %s', rulename, ev_class::regclass) as what
     from pg_rewrite where rulename <> '_RETURN' and ev_class::text = any($1::text[])
     union all
     select format('row security policy %s on %s', polname, polrelid::regclass) from pg_policy where polrelid::text = any($1::text[])`,
    [tables],
  );
  if (rows.length > 0)
    throw new FatalError(
      `${rows.map(({ what }) => what).join(', ')}: drop it first and make it again afterwards, since it stands on columns that change`,
    );
}

interface ViewRow extends Omit<DependentView, 'restore' | 'kind'> {
  readonly kind: string;
  readonly owner: string;
  readonly ours: boolean;
  readonly restore: string[];
}

async function findViews(client: Client, tables: readonly string[]): Promise<DependentView[]> {
  const { rows } = await client.query<ViewRow>(FIND_VIEWS, [tables]);
  const foreign = rows.find(({ ours }) => !ours);
  if (foreign)
    throw new FatalError(
      `view ${foreign.name} reads these tables and belongs to ${foreign.owner}, so it cannot be made again: let ${foreign.owner} drop it, ` +
        `or take over as a role that is a member of ${quoteIdentifier(foreign.owner)}`,
    );
  return rows.map(({ owner, kind, restore, ...view }) => {
    const what = kind === 'm' ? 'materialized view' : 'view';
    return {
      ...view,
      kind: what,
      // The owner last: whoever gives it away may not change it any more.
      restore: [...restore, `alter ${what} ${view.sql} owner to ${quoteIdentifier(owner)}`],
    };
  });
}

const FIND_VIEWS = `
with recursive reading as (
  select rewrite.ev_class as view, 1 as level
  from pg_depend as depend join pg_rewrite as rewrite on rewrite.oid = depend.objid
  where depend.classid = 'pg_rewrite'::regclass and depend.refclassid = 'pg_class'::regclass
    and depend.refobjid::text = any($1::text[]) and rewrite.ev_class::text <> all($1::text[])
  union
  select rewrite.ev_class, reading.level + 1
  from reading
  join pg_depend as depend on depend.refobjid = reading.view and depend.refclassid = 'pg_class'::regclass and depend.classid = 'pg_rewrite'::regclass
  join pg_rewrite as rewrite on rewrite.oid = depend.objid
  where rewrite.ev_class <> reading.view
)
select format('%s.%s', namespace.nspname, class.relname) as name, format('%I.%I', namespace.nspname, class.relname) as sql,
  namespace.nspname as schema, class.relkind::text as kind, pg_get_userbyid(class.relowner) as owner,
  pg_has_role(class.relowner, 'USAGE') as ours,
  pg_get_viewdef(class.oid) as query,
  coalesce(' with (' || array_to_string(class.reloptions, ', ') || ')', '') as options,
  class.relispopulated as filled,
  array(
    select format('comment on %s %I.%I is %L', case class.relkind when 'm' then 'materialized view' else 'view' end,
      namespace.nspname, class.relname, description)
    from pg_description where objoid = class.oid and classoid = 'pg_class'::regclass and objsubid = 0
  ) || array(
    select format('comment on column %I.%I.%I is %L', namespace.nspname, class.relname, attname, description)
    from pg_description join pg_attribute on attrelid = objoid and attnum = objsubid
    where objoid = class.oid and classoid = 'pg_class'::regclass and objsubid > 0
  ) || array(
    select format('grant %s on %I.%I to %s%s', privilege_type, namespace.nspname, class.relname,
      case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
      case when is_grantable then ' with grant option' else '' end)
    from aclexplode(class.relacl) where grantee <> class.relowner
  ) || array(
    select pg_get_indexdef(indexrelid) from pg_index where indrelid = class.oid
  ) || array(
    select pg_get_triggerdef(pg_trigger.oid) from pg_trigger where tgrelid = class.oid and not tgisinternal
  ) as restore
from (select view, max(level) as level from reading group by view) as views
join pg_class as class on class.oid = views.view
join pg_namespace as namespace on namespace.oid = class.relnamespace
where class.relkind in ('v', 'm')
order by views.level, name`;

const FIND_INDEXES = `
select class.relname as name, format('%I.%I', namespace.nspname, class.relname) as sql, array[pg_get_indexdef(indexrelid)] as restore
from pg_index join pg_class as class on class.oid = indexrelid join pg_namespace as namespace on namespace.oid = class.relnamespace
where indrelid::text = any($1::text[]) and (indexprs is not null or indpred is not null)
  and not exists (select 1 from pg_constraint where conindid = indexrelid)
order by name`;

const FIND_TRIGGERS = `
select trigger.tgname as name, quote_ident(trigger.tgname) as sql, trigger.tgrelid::regclass::text as table,
  case when proname = any($2::text[]) then '{}'::text[] else array[pg_get_triggerdef(trigger.oid)] || array(
    select format('alter table %s %s trigger %I', trigger.tgrelid::regclass,
      case trigger.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, trigger.tgname)
    where trigger.tgenabled <> 'O'
  ) end as restore
from pg_trigger as trigger join pg_proc on pg_proc.oid = trigger.tgfoid
where trigger.tgrelid::text = any($1::text[]) and not trigger.tgisinternal
  and (proname = any($2::text[]) or trigger.tgqual is not null or trigger.tgattr::text <> '')
order by name`;
