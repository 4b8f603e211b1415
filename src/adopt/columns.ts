import { adoptSql, fill, quoteLiteral } from './sql.js';
import { BOOKKEEPING, kindOf, type TableWork } from './plan.js';
import { ONLY_EVENT } from './tables.js';
import type { Turning } from './kinds.js';
import { quoteIdentifier, type Client } from '../load/client.js';
import type { Table } from '../load/table.js';

/** What a conversion needs to know beside the table. */
export interface Setting {
  readonly schema: string;
  /** In which the Python system's sessions wrote. */
  readonly zone: string;
  /** The region's tables as ours. */
  readonly streams: readonly Table[];
  /** Whether the server can compress with lz4. */
  readonly lz4: boolean;
}

/** The run that wrote what was taken over. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Quoted and qualified name of something in the region's schema. */
export const placed = ({ schema }: Pick<Setting, 'schema'>, name: string): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** Our table of the stream that writes this one; undefined for a summary. */
export const streamOf = ({ streams }: Setting, { spec }: TableWork): Table | undefined =>
  streams.find(({ shape }) => shape.stream.name === spec.stream);

/** A column as an expression sees it; `type` is the one that it had before the conversion. */
export const turning = ({ zone }: Setting, column: string, type: string): Turning => ({
  column: quoteIdentifier(column),
  type,
  zone: quoteLiteral(zone),
});

/** A column that a table gets, with its value over the row as it was; null leaves it empty. */
export interface Addition {
  readonly name: string;
  readonly type: string;
  /** Name, type and storage, for a column that is not there. */
  readonly definition: string;
  readonly value: string | null;
}

/** Every column that a table gets. */
export async function additionsOf(client: Client, setting: Setting, work: TableWork): Promise<Addition[]> {
  const named = await namedOtherwise(client, setting, work);
  if (work.spec.stream === null) return named;
  const values: Record<string, string | null> = {
    raw: await rawOf(setting, work),
    first_seen_at: firstSeen(setting, work),
    deleted_at: replacedByVivenu(work) ? 'now()' : null,
  };
  const own = Object.entries(BOOKKEEPING).map(([name, [type, value]]) => ({
    name,
    type,
    definition: `${name} ${type}${name === 'raw' && setting.lz4 ? ' compression lz4' : ''}`,
    value: values[name] === undefined ? value : values[name],
  }));
  return [...own, ...named];
}

async function namedOtherwise(
  client: Client,
  setting: Setting,
  { spec, adds, found }: TableWork,
): Promise<Addition[]> {
  const missing = Object.entries(spec.adds).filter(([name]) => adds.includes(name));
  const event = missing.length > 0 ? await onlyEvent(client, setting) : '';
  return missing.map(([name, [type, value]]) => ({
    name,
    type,
    definition: `${quoteIdentifier(name)} ${type}`,
    value:
      value === ONLY_EVENT
        ? quoteLiteral(event)
        : fill(value, (column) => (found.columns.has(column) ? quoteIdentifier(column) : `null::${type}`)),
  }));
}

/** The id of the schema's only event; empty where there are several or none. */
async function onlyEvent(client: Client, setting: Setting): Promise<string> {
  const { rows: there } = await client.query(`select 1 where to_regclass($1) is not null`, [
    placed(setting, 'events'),
  ]);
  if (there.length === 0) return '';
  const { rows } = await client.query<{ id: string | null }>(
    `select case count(*) when 1 then min(id) end as id from ${placed(setting, 'events')}`,
  );
  return rows[0]?.id ?? '';
}

/** The Python system kept contingents without vivenu's ids: its rows stand aside for those that are read. */
const replacedByVivenu = ({ spec }: TableWork) => spec.columns['id']?.startsWith('number') === true;

/** Where Python noted when it ingested a row, that; else now. */
function firstSeen(setting: Setting, work: TableWork): string {
  const type = work.found.columns.get('created_at')?.type;
  if (type === undefined || work.spec.columns['created_at'] !== 'own time') return 'now()';
  const ingested = kindOf('own time').turned(turning(setting, 'created_at', type));
  return `coalesce(${ingested}, now())`;
}

/** The JSON that vivenu would have sent, as far as the columns know it, without what is never stored. */
async function rawOf(setting: Setting, work: TableWork): Promise<string> {
  const stream = streamOf(setting, work);
  const template = await adoptSql(`raw-${work.spec.stream ?? ''}`);
  const json = fill(template, (column) => sentColumn(setting, work, column));
  const never = [...(stream?.shape.never ?? [])].map(quoteLiteral).join(', ');
  const excluded = (stream?.shape.exclude ?? []).map(
    (path) => ` #- array[${path.map(quoteLiteral).join(', ')}]::text[]`,
  );
  return `(((${json}) - array[${never}]::text[])${excluded.join('')})`;
}

function sentColumn(setting: Setting, work: TableWork, column: string): string {
  const kind = kindOf(work.spec.columns[column] ?? 'text');
  const type = work.found.columns.get(column)?.type;
  if (type !== undefined) return kind.asSent(turning(setting, column, type));
  return kind.to === 'boolean' || kind.to === 'jsonb' ? `null::${kind.to}` : 'null::text';
}
