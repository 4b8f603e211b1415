import { blankRows, forgetSamples, type Remainder } from '../load/blank.js';
import type { Client, Database } from '../load/client.js';
import {
  markAll,
  noteMapping,
  outdatedIn,
  recordsAfter,
  rewriteRows,
  type Outdated,
} from '../load/rederive.js';
import type { Table } from '../load/table.js';
import { isNested } from '../streams/define.js';
import type { Erased } from '../streams/erased.js';
import type { Row } from '../streams/shape.js';
import { clean } from '../transform/clean.js';
import { nestedRecords } from '../transform/nested.js';
import { contentHash, shapePage, type Lineage } from '../transform/page.js';
import { rewriteRejects, type Kept } from './rewrite-rejects.js';

const BATCH = 1000;

/**
 * Brings a region's stored rows to today's mapping without asking vivenu: columns are filled from `raw` when they are read otherwise (a
 * column more, another profile), and what is not to be kept any more is taken out of rows and rejects. A row that the new mapping refuses
 * keeps its columns until it is read again.
 */
export async function rederive(
  db: Database,
  tables: ReadonlyMap<string, Table>,
  erased: Erased,
): Promise<void> {
  for (const table of tables.values()) {
    const { stream } = table.shape;
    const outdated = await db.transaction((client) => outdatedIn(client, table));
    const source = isNested(stream) ? tables.get(stream.from) : table;
    if ((outdated.columns || outdated.omitted) && source !== undefined)
      await rewriteFrom(db, source, { table, outdated, erased });
    await db.transaction(async (client) => {
      if (outdated.omitted)
        await rewriteRejects(client, table, (record, reject) => omitting(table, record, reject));
      if (outdated.omitted) await forgetSamples(client, table.sql);
      if (outdated.columns || outdated.omitted) await markAll(client, table);
      await noteMapping(client, table);
    });
  }
}

interface Work {
  readonly table: Table;
  readonly outdated: Outdated;
  readonly erased: Erased;
}

async function rewriteFrom(db: Database, source: Table, work: Work): Promise<void> {
  for (let last = '', more = true; more;) {
    const records = await recordsAfter(db, source, last, BATCH);
    await rewrite(db, work, records);
    last = records.at(-1)?.id ?? '';
    more = records.length === BATCH;
  }
}

type Records = readonly { readonly id: string; readonly raw: unknown }[];

async function rewrite(db: Database, { table, outdated, erased }: Work, records: Records): Promise<void> {
  const nested = isNested(table.shape.stream);
  const before = new Map(records.map(({ id, raw }) => [id, JSON.stringify(raw)]));
  const { rows, rejects } = shapePage(
    table.shape,
    records.flatMap(({ raw }) => lineages(table, raw)),
    erased,
  );
  const lessens = (row: Pick<Row, 'id' | 'raw'>) =>
    nested ? outdated.omitted : before.get(row.id) !== row.raw;
  const refused = rejects.flatMap(({ id, record: raw }) =>
    id !== null && !nested && lessens({ id, raw }) ? [{ id, raw, hash: contentHash('', raw) }] : [],
  );
  await db.transaction(async (client) => {
    await rewriteRows(client, table, rows.filter(lessens), { json: true });
    if (outdated.columns)
      await rewriteRows(
        client,
        table,
        rows.filter((row) => !lessens(row)),
        { json: false },
      );
    if (refused.length > 0) await lessen(client, table, refused);
  });
}

const lineages = ({ shape: { stream } }: Table, raw: unknown): Lineage[] =>
  isNested(stream) ? nestedRecords(stream, raw) : [[raw]];

/** Of a row that the mapping refuses, what is not to be kept goes all the same, and every column that may have come of it. */
async function lessen(client: Client, table: Table, rows: readonly Remainder[]): Promise<void> {
  const { columns, exclude, impersonal, never } = table.shape;
  const isOut = (path: readonly string[]) =>
    path.some((key) => never.has(key)) ||
    exclude.some((out) => out.every((key, depth) => path[depth] === key));
  const names = columns.filter(([name, { path, required }]) =>
    path.length === 0 ? !impersonal.has(name) : !required && isOut(path),
  );
  await blankRows(
    client,
    table,
    rows,
    names.map(([name]) => name),
  );
}

/** A record that was set aside, without what is not kept today. */
function omitting({ shape }: Table, record: unknown, { field, exact }: Kept): Kept {
  if (typeof record === 'object' && record !== null) clean(record, shape.never, shape.exclude);
  return { record: JSON.stringify(record), field, exact };
}
