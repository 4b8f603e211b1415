import type { Client } from '../load/client.js';
import { rejectsAfter, replaceRecord, type WholeReject } from '../load/set-aside.js';
import type { Table } from '../load/table.js';
import { rejectHash } from '../transform/page.js';

const CHUNK = 200;

/** What is kept of a record that is set aside. */
export type Kept = Pick<WholeReject, 'record' | 'field' | 'exact'>;

/** A record that was set aside, before and after. */
export interface Rewritten {
  readonly before: unknown;
  readonly after: unknown;
}

/** Records of a table that are set aside, closed ones too, each with its record's JSON parsed. */
export async function* rejectsOf(
  client: Client,
  table: Table,
): AsyncGenerator<{ reject: WholeReject; record: unknown }> {
  const at = { schema: table.schema, stream: table.shape.stream.name, closed: true } as const;
  for (let after = 0, more = true; more;) {
    const rejects = await rejectsAfter(client, { ...at, after }, CHUNK);
    for (const reject of rejects) yield { reject, record: JSON.parse(reject.record) };
    more = rejects.length === CHUNK;
    after = rejects.at(-1)?.number ?? after;
  }
}

/**
 * Takes something out of what is set aside: `lessen` is given each record and says what is kept of it, or null to leave it as it is. One
 * that is told apart by its content is told apart by what is left of it from then on. Returns those that changed.
 */
export async function rewriteRejects(
  client: Client,
  table: Table,
  lessen: (record: unknown, reject: WholeReject) => Kept | null,
): Promise<Rewritten[]> {
  const rewritten: Rewritten[] = [];
  for await (const { reject, record } of rejectsOf(client, table)) {
    const before = structuredClone(record);
    const kept = lessen(record, reject);
    if (kept === null || kept.record === JSON.stringify(before)) continue;
    await replaceRecord(client, reject, {
      ...kept,
      hash: reject.key === reject.id ? null : rejectHash(kept.record),
    });
    rewritten.push({ before, after: JSON.parse(kept.record) });
  }
  return rewritten;
}
