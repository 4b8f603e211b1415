import { FatalError } from '../errors.js';
import { countApart } from './apart.js';
import { placed, type Setting } from './columns.js';
import { findDependents, type Dependents } from './dependents.js';
import { findTables, type FoundTable } from './found.js';
import { isDone, otherTables, planTables, type TableWork } from './plan.js';
import { TRIGGER_FUNCTIONS } from './tables.js';
import { refuseImpossibleTimes } from './zone.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** What is there, and what has to be done to it. */
export interface Survey {
  readonly works: readonly SurveyedWork[];
  readonly dependents: Dependents;
  /** Tables that nothing is done to. */
  readonly others: readonly string[];
  readonly found: ReadonlyMap<string, FoundTable>;
}

export interface SurveyedWork {
  readonly work: TableWork;
  readonly rows: number;
  /** Rows that say the same as a later one, or have no key. */
  readonly apart: number;
  /** Values that cannot be read as what the column becomes; their text is kept. */
  readonly unreadable: readonly { readonly column: string; readonly count: number }[];
}

/**
 * Looks at everything that a schema holds, with the functions of `sql/adopt/functions.sql` at hand. Throws a FatalError for what cannot be taken
 * over: no such tables, other tables, somebody else's, times that do not exist in the zone.
 */
export async function survey(client: Client, setting: Setting): Promise<Survey> {
  const { schema, streams, zone } = setting;
  const found = await findTables(client, schema);
  const all = planTables(found, schema, streams);
  const open = all.filter((work) => !isDone(work));
  refuseForeign(open, setting);
  await refuseImpossibleTimes(client, schema, open, zone);
  const works: SurveyedWork[] = [];
  for (const work of open) works.push({ work, ...(await factsOf(client, setting, work)) });
  const oids = open.map((work) => work.found.oid);
  return {
    works,
    dependents: await findDependents(client, oids, TRIGGER_FUNCTIONS),
    others: otherTables(found),
    found,
  };
}

function refuseForeign(works: readonly TableWork[], { schema }: Setting): void {
  const foreign = works.filter(({ found }) => !found.ours);
  const [first] = foreign;
  if (first === undefined) return;
  const names = foreign.map(({ spec }) => spec.name).join(', ');
  const owner = quoteIdentifier(first.found.owner);
  throw new FatalError(
    `this role does not own ${names} in schema "${schema}", which belong to ${first.found.owner}: connect as ${first.found.owner}, or let an ` +
      `administrator run: grant ${owner} to <role>`,
  );
}

async function factsOf(
  client: Client,
  setting: Setting,
  work: TableWork,
): Promise<Omit<SurveyedWork, 'work'>> {
  const doubtful = work.conversions.flatMap(({ column, kind }) => {
    const test = kind.unreadable?.({ column: quoteIdentifier(column) });
    return test === undefined ? [] : [{ column, test }];
  });
  const counts = doubtful.map(
    ({ test }, index) => `, count(*) filter (where ${test})::int as doubtful_${index}`,
  );
  const { rows } = await client.query<Record<string, number>>(
    `select count(*)::int as rows${counts.join('')} from ${placed(setting, work.spec.name)}`,
  );
  return {
    rows: rows[0]?.['rows'] ?? 0,
    apart: await countApart(client, setting, work),
    unreadable: doubtful
      .map(({ column }, index) => ({ column, count: rows[0]?.[`doubtful_${index}`] ?? 0 }))
      .filter(({ count }) => count > 0),
  };
}
