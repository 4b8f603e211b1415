import type { Client, Database } from '../load/client.js';
import { loadErased } from '../load/erased.js';
import { closeStored } from '../load/rejects.js';
import { rejectsAfter, renewReject, type WholeReject } from '../load/set-aside.js';
import type { Table } from '../load/table.js';
import { writeRows } from '../load/write.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { shapePage } from '../transform/page.js';
import { erasedOf, tableFor, type Region } from './region.js';

/** What became of a record that was set aside. */
export interface Retried {
  readonly number: number;
  readonly region: string;
  readonly stream: string;
  readonly id: string | null;
  /** Why it still cannot be stored; null when it was stored, or a newer version of it was. */
  readonly still: { readonly field: string; readonly reason: string } | null;
}

/** Records tried in one transaction. */
const CHUNK = 200;

/** Shapes the open records of regions (with `numbers`, those alone) again with today's code and configuration, stores those that can be, and closes them. The caller holds the regions. */
export async function retryRejects(
  db: Database,
  regions: readonly Region[],
  stream: string | null,
  numbers: readonly number[] | null = null,
): Promise<Retried[]> {
  const retried: Retried[] = [];
  for (const region of regions) {
    region.erased = await loadErased(db, region);
    for (const { name } of streams.filter((one) => stream === null || one.name === stream))
      retried.push(...(await retryStream(db, region, name, numbers)));
  }
  return retried;
}

async function retryStream(
  db: Database,
  region: Region,
  stream: string,
  numbers: readonly number[] | null,
): Promise<Retried[]> {
  const table = tableFor(region, stream);
  const retried: Retried[] = [];
  for (let after = 0, more = true; more;) {
    const at = { schema: region.schema, stream, after, numbers };
    const chunk = await db.transaction(async (client) => {
      const rejects = await rejectsAfter(client, at, CHUNK);
      const done: Retried[] = [];
      for (const reject of rejects) done.push(await retry(client, region, table, reject));
      return done;
    });
    retried.push(...chunk);
    more = chunk.length === CHUNK;
    after = chunk.at(-1)?.number ?? after;
  }
  return retried;
}

async function retry(client: Client, region: Region, table: Table, reject: WholeReject): Promise<Retried> {
  const { number, stream, id } = reject;
  const tried = { number, region: region.name, stream, id };
  const hopeless = hopelessBecause(table, reject);
  if (hopeless !== null) return { ...tried, still: { field: reject.field, reason: hopeless } };
  const page = shapePage(table.shape, [[JSON.parse(reject.record) as unknown]], erasedOf(region));
  const { refused } = await writeRows(client, table, page.rows, {
    runId: reject.run_id,
    requestedAt: reject.last_seen_at.getTime(),
    full: false,
  });
  const still = page.rejects[0] ?? refused[0];
  if (still) {
    await renewReject(client, number, still);
    return { ...tried, still: { field: still.field, reason: still.reason } };
  }
  await closeStored(client, table, [reject.key]);
  return { ...tried, still: null };
}

/** Why trying cannot help, whatever the code says. */
function hopelessBecause({ shape }: Table, { id, key, reason, exact }: WholeReject): string | null {
  // What is kept of it would be stored as if it were all of it.
  if (!exact) return reason;
  if (isNested(shape.stream))
    return `${reason} (it is part of one of the ${shape.stream.from}: every run that reads those tries it again)`;
  // A twin has an id and is told apart by its content: to store it would overwrite the row that is kept.
  return id !== null && key !== id ? reason : null;
}
