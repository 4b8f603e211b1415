import { additionsOf, type Addition, type Setting } from './columns.js';
import { placed, turning } from './columns.js';
import { BOOKKEEPING, type Conversion, type TableWork } from './plan.js';
import { quoteIdentifier, type Client } from '../load/client.js';

/** Converts a table in place: one pass over its rows gives every column its type and every new one its value. */
export async function convert(client: Client, setting: Setting, work: TableWork): Promise<void> {
  const table = placed(setting, work.spec.name);
  const additions = await additionsOf(client, setting, work);
  const sequences = await sequencesOf(client, setting, work);
  await alter(
    client,
    table,
    additions.flatMap(({ name, definition }) =>
      work.adds.includes(name) ? [`add column ${definition}`] : [],
    ),
  );
  if (work.adds.includes('raw') && !setting.lz4)
    await alter(client, table, ['set (toast_tuple_target = 8160)']);
  await alter(client, table, [
    ...work.conversions.flatMap((conversion) => changed(setting, work, conversion)),
    ...additions.flatMap(filled),
    ...(work.spec.stream === null ? [] : REQUIRED.map((name) => `alter column ${name} set not null`)),
    ...work.loosened.map((name) => `alter column ${quoteIdentifier(name)} drop not null`),
    ...timesFromNowOn(work),
    ...(work.newKey ? [`add primary key (${work.spec.key.map(quoteIdentifier).join(', ')})`] : []),
  ]);
  for (const { sequence, to } of sequences)
    await client.query(to === 'text' ? `drop sequence ${sequence}` : `alter sequence ${sequence} as bigint`);
  await client.query(`analyze ${table}`);
}

const REQUIRED = Object.keys(BOOKKEEPING).filter((name) => name !== 'deleted_at');

async function alter(client: Client, table: string, changes: readonly string[]): Promise<void> {
  if (changes.length > 0) await client.query(`alter table ${table}\n  ${changes.join(',\n  ')}`);
}

const filled = ({ name, type, value }: Addition): string[] =>
  value === null ? [] : [`alter column ${quoteIdentifier(name)} type ${type} using ${value}`];

function changed(setting: Setting, work: TableWork, { column, from, to, kind }: Conversion): string[] {
  const name = quoteIdentifier(column);
  const there = work.found.columns.get(column);
  const becomesText = to === 'text' && work.spec.columns[column]?.startsWith('number') === true;
  return [
    ...(becomesText && there?.hasDefault === true ? [`alter column ${name} drop default`] : []),
    ...(becomesText && there?.identity === true ? [`alter column ${name} drop identity`] : []),
    `alter column ${name} type ${to} using ${kind.turned(turning(setting, column, from))}`,
    ...(kind.otherwise === undefined
      ? []
      : [`alter column ${name} set default ${kind.otherwise}`, `alter column ${name} set not null`]),
  ];
}

/** Python noted when it wrote a row of a summary; from now on the database does. */
const timesFromNowOn = ({ spec, found }: TableWork): string[] =>
  ['created_at', 'updated_at']
    .filter(
      (name) => spec.stream === null && name in spec.columns && found.columns.get(name)?.hasDefault === false,
    )
    .map((name) => `alter column ${name} set default now()`);

/** Sequences of serial numbers that become text or larger; those of an identity follow their column by themselves. */
async function sequencesOf(
  client: Client,
  setting: Setting,
  { spec, found, conversions }: TableWork,
): Promise<{ sequence: string; to: string }[]> {
  const serial = conversions.filter(
    ({ column, to }) =>
      found.columns.get(column)?.hasDefault === true &&
      (to === 'bigint' || spec.columns[column] === 'number!'),
  );
  const sequences: { sequence: string; to: string }[] = [];
  for (const { column, to } of serial) {
    const { rows } = await client.query<{ sequence: string | null }>(
      `select pg_get_serial_sequence($1, $2) as sequence`,
      [placed(setting, spec.name), column],
    );
    if (rows[0]?.sequence) sequences.push({ sequence: rows[0].sequence, to });
  }
  return sequences;
}
