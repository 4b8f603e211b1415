import type { Database } from '../load/client.js';
import { isOutdated, noteMapping, recordsAfter, rewriteColumns } from '../load/rederive.js';
import type { Table } from '../load/table.js';
import { isNested } from '../streams/define.js';
import { shapePage } from '../transform/page.js';

const BATCH = 1000;

/**
 * Fills the columns of stored rows from their `raw` after the mapping has changed, without asking vivenu; a row that the new mapping
 * refuses stays as it is until it is read again. What lives inside another stream's records is written anew by each run anyway.
 */
export async function rederive(db: Database, table: Table): Promise<void> {
  if (!isNested(table.shape.stream) && (await isOutdated(db, table))) {
    for (let last = ''; ;) {
      const records = await recordsAfter(db, table, last, BATCH);
      const { rows } = shapePage(
        table.shape,
        records.map(({ raw }) => [raw]),
      );
      if (rows.length > 0) await db.transaction((client) => rewriteColumns(client, table, rows));
      last = records.at(-1)?.id ?? '';
      if (records.length < BATCH) break;
    }
  }
  await db.transaction((client) => noteMapping(client, table));
}
