import { placed, type Setting } from './columns.js';
import type { TableWork } from './plan.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** The table that keeps what is set apart of another. */
export const duplicatesOf = ({ spec }: Pick<TableWork, 'spec'>): string => `${spec.name}_duplicates`;

/** How many rows say the same as a later one, or have no key. */
export async function countApart(client: Client, setting: Setting, work: TableWork): Promise<number> {
  const ranked = rankedRows(setting, work);
  if (ranked === null) return 0;
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from (${ranked}) as ranked where extra`,
  );
  return rows[0]?.count ?? 0;
}

/** Moves those rows, as they are, into a table of their own; throws what PostgreSQL says when it is there already. Returns how many. */
export async function setApart(client: Client, setting: Setting, work: TableWork): Promise<number> {
  const ranked = rankedRows(setting, work);
  if (ranked === null || (await countApart(client, setting, work)) === 0) return 0;
  const table = placed(setting, work.spec.name);
  const { rowCount: kept } = await client.query(
    `create table ${placed(setting, duplicatesOf(work))} as
     select stored.* from ${table} as stored join (${ranked}) as ranked on ranked.row = stored.ctid where ranked.extra`,
  );
  await client.query(
    `delete from ${table} as stored using (${ranked}) as ranked where ranked.row = stored.ctid and ranked.extra`,
  );
  return kept ?? 0;
}

/** Every row with whether it is set apart; null where the Python system's own key tells them apart. Of several the one written last stays. */
function rankedRows(setting: Setting, { spec, found }: TableWork): string | null {
  const same = (spec.same ?? spec.key).filter((name) => found.columns.has(name));
  const keyed = found.constraints.some(
    ({ kind, columns }) => kind === 'primary key' && columns.every((name) => same.includes(name)),
  );
  if (keyed) return null;
  const names = same.map(quoteIdentifier);
  const latest = ['updated_at', 'id'].filter((name) => found.columns.has(name)).map(quoteIdentifier);
  const order = [...latest, 'ctid'].map((name) => `${name} desc nulls last`);
  return `select ctid as row, ${names.map((name) => `${name} is null`).join(' or ')} or row_number() over (
      partition by ${names.join(', ')} order by ${order.join(', ')}
    ) > 1 as extra from ${placed(setting, spec.name)}`;
}
