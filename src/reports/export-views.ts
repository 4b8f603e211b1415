/** Which reports there are in which region, as one question over all of them, and until when their data are proven. */
import pg from 'pg';
import { quoteIdentifier, type Database } from '../load/database.js';
import type { ReportName } from './export-list.js';

/** A region and where its views are. */
export interface ReportRegion {
  readonly region: string;
  readonly schema: string;
}

/** A column of a view. */
export interface ViewColumn {
  readonly name: string;
  /** PostgreSQL's name of the type, without length or precision. */
  readonly type: string;
  /** What it holds, as its comment says. */
  readonly meaning: string | null;
}

/** A report as it stands in the database. */
export interface FoundReport {
  readonly report: ReportName;
  /** What it answers, as the view's comment says; null where it has none. */
  readonly question: string | null;
  /** The regions that have it. */
  readonly regions: readonly ReportRegion[];
  readonly columns: readonly ViewColumn[];
  /** A query of each of these regions, with a first column `region` and all columns. */
  readonly texts: readonly string[];
  /** One query over all of them. */
  readonly text: string;
}

/** A view that a region does not have. */
export interface MissingView {
  readonly region: string;
  readonly view: string;
}

interface Found {
  schema: string;
  view: string;
  question: string | null;
  columns: ViewColumn[];
}

/** Looks for the views of these reports in these regions, and makes one question a report of those that are there. */
export async function findReports(
  db: Database,
  regions: readonly ReportRegion[],
  reports: readonly ReportName[],
): Promise<{ found: FoundReport[]; missing: MissingView[] }> {
  const rows = await db.query<Found>(
    `select nspname as schema, relname as view, obj_description(pg_class.oid, 'pg_class') as question,
       json_agg(json_build_object('name', attname, 'type', atttypid::regtype::text,
         'meaning', col_description(attrelid, attnum)) order by attnum) as columns
     from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace
     join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where nspname = any($1::text[]) and relname = any($2::text[]) and relkind in ('v', 'm')
     group by pg_class.oid, nspname, relname`,
    [regions.map(({ schema }) => schema), reports.map(({ view }) => view)],
  );
  const of = (schema: string, view: string) => rows.find((row) => row.schema === schema && row.view === view);
  const found = reports.flatMap((report) => {
    const parts = regions.flatMap((region) => {
      const view = of(region.schema, report.view);
      return view === undefined ? [] : [{ region, view }];
    });
    const [first] = parts;
    if (first === undefined) return [];
    const texts = textsOf(parts.map(({ region, view }) => ({ ...region, ...view })));
    return [
      {
        ...{ report, question: first.view.question, regions: parts.map(({ region }) => region) },
        columns: distinct(parts.flatMap(({ view }) => view.columns)),
        ...{ texts, text: texts.join('\nunion all\n') },
      },
    ];
  });
  const missing = regions.flatMap(({ region, schema }) =>
    reports.flatMap(({ view }) => (of(schema, view) === undefined ? [{ region, view }] : [])),
  );
  return { found, missing };
}

const distinct = (columns: readonly ViewColumn[]) =>
  columns.filter(({ name }, i) => columns.findIndex((column) => column.name === name) === i);

/**
 * Rows of one view of several regions, each by itself. A profile gives a region columns of its own: what another region lacks is null there,
 * and a column of two types becomes text.
 */
function textsOf(parts: readonly (Found & ReportRegion)[]): string[] {
  const types = new Map<string, Set<string>>();
  for (const { name, type } of parts.flatMap(({ columns }) => columns))
    types.set(name, (types.get(name) ?? new Set()).add(type));
  return parts.map(({ region, schema, view, columns }) => {
    const own = new Set(columns.map(({ name }) => name));
    const cells = [...types].map(([name, all]) => {
      const type = all.size === 1 ? [...all].join('') : 'text';
      const column = quoteIdentifier(name);
      return own.has(name)
        ? all.size === 1
          ? `part.${column}`
          : `part.${column}::text as ${column}`
        : `null::${type} as ${column}`;
    });
    const list = [`${pg.escapeLiteral(region)}::text as region`, ...cells].join(', ');
    return `select ${list} from ${quoteIdentifier(schema)}.${quoteIdentifier(view)} as part`;
  });
}

/** The regions that any run has ever read into this database, by its books; none where there are no books. */
export async function knownRegions(db: Database): Promise<ReportRegion[]> {
  if (!(await hasBooks(db))) return [];
  return await db.query<ReportRegion>(
    `select region, schema_name as schema from (
       select distinct on (schema_name) schema_name, region from vivenu_ingest.run_streams
       order by schema_name, finished_at desc
     ) as known order by 1`,
  );
}

/** Until when the tickets of a region are proven complete; null: never proven, or the books may not be read. */
export interface ProvenUntil extends ReportRegion {
  readonly until: Date | null;
}

/** How fresh the data of these regions are: when the last run began that proved their tickets. */
export async function provenUntil(db: Database, regions: readonly ReportRegion[]): Promise<ProvenUntil[]> {
  const rows = (await hasBooks(db))
    ? await db.query<{ schema: string; until: Date }>(
        `select distinct on (schema_name) schema_name as schema, started_at as until
         from vivenu_ingest.run_streams join vivenu_ingest.runs using (run_id)
         where stream = 'tickets' and proven and schema_name = any($1::text[])
         order by schema_name, run_streams.finished_at desc`,
        [regions.map(({ schema }) => schema)],
      )
    : [];
  return regions.map((region) => ({
    ...region,
    until: rows.find(({ schema }) => schema === region.schema)?.until ?? null,
  }));
}

/** A role that only reads reports may not see the books. */
async function hasBooks(db: Database): Promise<boolean> {
  const [row] = await db.query<{ readable: boolean }>(
    `select count(*) = 2 as readable from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = 'vivenu_ingest' and relname in ('runs', 'run_streams')
       and has_schema_privilege(pg_namespace.oid, 'usage') and has_table_privilege(pg_class.oid, 'select')`,
  );
  return row?.readable ?? false;
}
