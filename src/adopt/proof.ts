import { placed, streamOf, turning, type Setting } from './columns.js';
import type { Kind } from './kinds.js';
import type { TableWork } from './plan.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** What a table holds: rows, and one checksum over every column that the Python system had, as it had it. */
export interface Digest {
  readonly rows: number;
  /** md5 over the md5 of each row, in order. */
  readonly md5: string;
}

/** Computed before a conversion and after it, the same when nothing was lost: types that changed are turned back. */
export async function digest(
  client: Client,
  setting: Setting,
  work: TableWork,
  stage: 'before' | 'after',
): Promise<Digest> {
  const columns = [...work.found.columns.keys()].map((column) => comparable(setting, work, column, stage));
  const { rows } = await client.query<Digest>(
    `select count(*)::int as rows, md5(coalesce(string_agg(line, '' order by line), '')) as md5
     from (select md5(row(${columns.join(', ')})::text) as line from ${placed(setting, work.spec.name)}) as lines`,
  );
  return rows[0] ?? { rows: 0, md5: '' };
}

function comparable(setting: Setting, work: TableWork, column: string, stage: 'before' | 'after'): string {
  const name = quoteIdentifier(column);
  const conversion = work.conversions.find((one) => one.column === column);
  if (!conversion) return `${name}::text`;
  const of = turning(setting, column, conversion.from);
  const kind = birthdayKeptOut(setting, work, column) ? WITHOUT_TEXT : conversion.kind;
  return stage === 'before' ? kind.before(of) : kind.after(of);
}

/** A date of birth that is no date lives in `raw` alone, and nowhere when the configuration keeps it out. */
const birthdayKeptOut = (setting: Setting, work: TableWork, column: string): boolean =>
  work.spec.columns[column] === 'birthday' &&
  (streamOf(setting, work)?.shape.exclude ?? []).some((path) =>
    ['extraFields', 'extraFields.birth_date'].includes(path.join('.')),
  );

const WITHOUT_TEXT: Pick<Kind, 'before' | 'after'> = {
  before: ({ column }) => `adopt_date(${column}::text)::text`,
  after: ({ column }) => `${column}::text`,
};
