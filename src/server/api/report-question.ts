import { quoteIdentifier, type Client } from '../../load/database.js';
import { nearest } from '../../nearest.js';
import { reportsNamed, type ReportName } from '../../reports/export-list.js';
import { findReports, type FoundReport } from '../../reports/export-views.js';
import { Refused } from './errors.js';
import { configuredRegion } from './event.js';
import type { Key } from './keyset.js';
import type { ApiParts } from './parts.js';

/** What somebody wants to see of a report: names of columns with the text that they shall hold, the order, and from where on. */
export interface Wanted {
  readonly report: string;
  readonly region: string | undefined;
  readonly filters: Readonly<Record<string, string>>;
  readonly sort: string | undefined;
}

/** A column of a report and how its values are shown. */
export interface ShownColumn {
  readonly name: string;
  /** PostgreSQL's name of the type. */
  readonly type: string;
  readonly meaning: string | null;
}

/** A report and the question that answers what is wanted of it. */
export interface Question {
  readonly found: FoundReport;
  /** Regions that were asked for and do not have it. */
  readonly missing: readonly string[];
  /** Columns as they come, `region` first. */
  readonly columns: readonly ShownColumn[];
  /** What asks each region that has it, in the order of `found.regions`; without an order, to count. */
  readonly texts: readonly string[];
  /** What asks them all. */
  readonly text: string;
  readonly values: readonly string[];
  /** What the rows are ordered by; no two rows are the same in all of these. */
  readonly keys: readonly Key[];
}

/** The column that every report begins with. */
export const REGION = { name: 'region', type: 'text', meaning: 'Region of the configuration' };

/** Makes the question. Throws a Refused that names what is misspelt and the nearest right name, or a UsageError for an unknown report. */
export async function questionOf(parts: ApiParts, wanted: Wanted): Promise<Question> {
  const report = publicReport(wanted.report);
  const regions =
    wanted.region === undefined ? parts.config.events : [configuredRegion(parts, wanted.region)];
  const places = regions.map(({ region, schema }) => ({ region, schema }));
  const { found, missing } = await findReports(parts.db, places, [report]);
  const [first] = found;
  if (first === undefined)
    throw new Refused(
      404,
      `${wanted.region ?? 'no region'} has no report ${report.name} yet: a run makes it`,
    );
  const columns = [REGION, ...first.columns];
  const values: string[] = [];
  const conditions = Object.entries(wanted.filters).map(([name, value]) => {
    const column = columnOf(columns, name);
    // Nothing is a value too: what is not known.
    if (value === '') return `${quoteIdentifier(name)} is null`;
    return `${shown(column)} = $${values.push(value)}`;
  });
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return {
    ...{ found: first, missing: missing.map(({ region }) => region), columns, values },
    texts: first.texts.map((text) => `select * from (${text}) as report${where}`),
    text: `select * from (${first.text}) as report${where}`,
    keys: keysOf(columns, wanted.sort),
  };
}

/** Reports of people are for the command line, where somebody has the password of the database. */
function publicReport(name: string): ReportName {
  const [report] = reportsNamed([name]);
  if (report === undefined || name === 'all') throw new Refused(404, 'there is no such report');
  if (report.personal)
    throw new Refused(403, `${report.name} names people: vivenu-ingest report ${report.name}`);
  return report;
}

function columnOf(columns: Question['columns'], name: string): Question['columns'][number] {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = columns.map((column) => column.name);
  const near = nearest(name, names);
  const mend = near === null ? `there are ${names.join(', ')}` : `did you mean ${near}?`;
  throw new Refused(400, `${name.slice(0, 80)}: the report has no such column; ${mend}`);
}

const PLAIN = new Set([
  ...[
    'text',
    'boolean',
    'date',
    'smallint',
    'integer',
    'bigint',
    'numeric',
    'double precision',
    'character varying',
  ],
]);

/** A cell as text, as the API shows it and takes it back to filter by: times in UTC, those of no zone without one, lists as JSON. */
export function shown({ name, type }: Pick<ShownColumn, 'name' | 'type'>): string {
  const column = quoteIdentifier(name);
  if (type === 'timestamp with time zone')
    return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  if (type === 'timestamp without time zone') return `to_char(${column}, 'YYYY-MM-DD HH24:MI')`;
  return PLAIN.has(type) ? `${column}::text` : `to_jsonb(${column})::text`;
}

/** By the column that was asked for, then by every other that can be ordered, so that no page repeats a row of another. */
function keysOf(columns: Question['columns'], sort: string | undefined): Key[] {
  const rest = columns.filter(({ type }) => !type.startsWith('json') && type !== 'xml');
  const keys = rest.map(({ name, type }) => ({ name, type, isDown: false }));
  if (sort === undefined) return keys;
  const { name, type } = columnOf(columns, sort.replace(/^-/, ''));
  const first = { name, type, isDown: sort.startsWith('-') };
  return [first, ...keys.filter((key) => key.name !== name)];
}

/** Asks in a transaction that can only read. */
export const reading = <T>(parts: Pick<ApiParts, 'db'>, work: (client: Client) => Promise<T>): Promise<T> =>
  parts.db.transaction(async (client) => {
    await client.query(
      "set transaction isolation level repeatable read, read only; set local timezone to 'UTC'",
    );
    return await work(client);
  });
