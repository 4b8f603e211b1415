import pg from 'pg';
import { quoteIdentifier, type Client } from '../../load/database.js';
import { nearest } from '../../nearest.js';
import { reportsNamed, type ReportName } from '../../reports/export-list.js';
import { findReports, type FoundReport } from '../../reports/export-views.js';
import { Refused } from './errors.js';
import { configuredRegion } from './event.js';
import type { ApiParts } from './parts.js';

/** What somebody wants to see of a report: names of columns with the text that they shall hold, the order, and from where on. */
export interface Wanted {
  readonly report: string;
  readonly region: string | undefined;
  readonly filters: Readonly<Record<string, string>>;
  readonly sort: string | undefined;
}

/** A report and the question that answers what is wanted of it. */
export interface Question {
  readonly found: FoundReport;
  /** Columns as they come, `region` first. */
  readonly columns: readonly FoundReport['columns'][number][];
  /** Without an order, to count. */
  readonly text: string;
  /** `order by …`, the same for the same rows. */
  readonly order: string;
}

const REGION = { name: 'region', type: 'text', meaning: 'Region of the configuration' };

/** Makes the question. Throws a Refused that names what is misspelt and the nearest right name, or a UsageError for an unknown report. */
export async function questionOf(parts: ApiParts, wanted: Wanted): Promise<Question> {
  const report = publicReport(wanted.report);
  const regions =
    wanted.region === undefined ? parts.config.events : [configuredRegion(parts, wanted.region)];
  const places = regions.map(({ region, schema }) => ({ region, schema }));
  const { found } = await findReports(parts.db, places, [report]);
  const [first] = found;
  if (first === undefined)
    throw new Refused(
      404,
      `${wanted.region ?? 'no region'} has no report ${report.name} yet: a run makes it`,
    );
  const columns = [REGION, ...first.columns];
  const conditions = Object.entries(wanted.filters).map(([name, value]) =>
    condition(columnOf(columns, name), value),
  );
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return {
    ...{ found: first, columns },
    text: `select * from (${first.text}) as report${where}`,
    order: orderOf(columns, wanted.sort),
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

/** Nothing is a value too: what is not known. */
const condition = ({ name }: Question['columns'][number], value: string) =>
  value === ''
    ? `${quoteIdentifier(name)} is null`
    : `${quoteIdentifier(name)}::text = ${pg.escapeLiteral(value)}`;

/** By the column that was asked for, then by every other that can be ordered, so that no page repeats a row of another. */
function orderOf(columns: Question['columns'], sort: string | undefined): string {
  const rest = columns
    .filter(({ type }) => !type.startsWith('json') && type !== 'xml')
    .map(({ name }) => quoteIdentifier(name));
  if (sort === undefined) return `order by ${rest.join(', ')}`;
  const { name } = columnOf(columns, sort.replace(/^-/, ''));
  return `order by ${quoteIdentifier(name)} ${sort.startsWith('-') ? 'desc' : 'asc'} nulls last, ${rest.join(', ')}`;
}

/** Asks in a transaction that can only read. */
export const reading = <T>(parts: Pick<ApiParts, 'db'>, work: (client: Client) => Promise<T>): Promise<T> =>
  parts.db.transaction(async (client) => {
    await client.query(
      "set transaction isolation level repeatable read, read only; set local timezone to 'UTC'",
    );
    return await work(client);
  });
