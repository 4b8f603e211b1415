import type { Database } from '../load/client.js';
import { isOutdated, markAll, noteMapping, recordsAfter, rewriteColumns } from '../load/rederive.js';
import type { Table } from '../load/table.js';
import { isNested } from '../streams/define.js';
import { nestedRecords } from '../transform/nested.js';
import { shapePage, type Lineage } from '../transform/page.js';

const BATCH = 1000;

/**
 * Fills the columns of a region's stored rows from `raw` after the mapping has changed (a column more, another profile), without asking
 * vivenu; a row that the new mapping refuses stays as it is until it is read again.
 */
export async function rederive(db: Database, tables: ReadonlyMap<string, Table>): Promise<void> {
  for (const table of tables.values()) {
    const { stream } = table.shape;
    const outdated = await isOutdated(db, table);
    if (outdated) {
      const source = isNested(stream) ? tables.get(stream.from) : table;
      if (source !== undefined) await rewriteFrom(db, source, table);
    }
    await db.transaction(async (client) => {
      if (outdated) await markAll(client, table);
      await noteMapping(client, table);
    });
  }
}

async function rewriteFrom(db: Database, source: Table, table: Table): Promise<void> {
  for (let last = '', more = true; more;) {
    const records = await recordsAfter(db, source, last, BATCH);
    const { rows } = shapePage(
      table.shape,
      records.flatMap(({ raw }) => lineages(table, raw)),
    );
    if (rows.length > 0) await db.transaction((client) => rewriteColumns(client, table, rows));
    last = records.at(-1)?.id ?? '';
    more = records.length === BATCH;
  }
}

const lineages = ({ shape: { stream } }: Table, raw: unknown): Lineage[] =>
  isNested(stream) ? nestedRecords(stream, raw) : [[raw]];
