/** What is stored of people that are to be erased, found and taken out table by table, in the caller's transaction. */
import { isDeepStrictEqual } from 'node:util';
import {
  blankRows,
  deleteDuplicates,
  forgetSamples,
  personalColumns,
  recordsOf,
  tableExists,
} from '../load/blank.js';
import type { Client } from '../load/client.js';
import { outdatedIn } from '../load/rederive.js';
import type { Table } from '../load/table.js';
import { forgetTickets } from '../reports/refresh.js';
import { digestOf, type Erased, type Subject } from '../streams/erased.js';
import { WHOLE_RECORD, type Shape } from '../streams/shape.js';
import { isObject } from '../transform/clean.js';
import { idsIn, isErased, remainderOf } from '../transform/erase.js';
import { contentHash } from '../transform/page.js';
import { rejectsOf, rewriteRejects, type Kept } from './rewrite-rejects.js';

/** Ids that people are erased by. */
export type Persons = Readonly<Record<Subject, readonly string[]>>;

/** Whom is looked for. */
export interface Sought {
  /** Key of the hashes of their ids. */
  readonly key: Buffer;
  /** Grows by the customers' tickets: a record of one that does not name its customer is then known by its id. */
  readonly tickets: Set<string>;
  readonly customers: readonly string[];
  /** What something is stored of, as `ticket <id>` or `customer <id>`. */
  readonly found: Set<string>;
}

/** What was taken out of a table of a region. */
export interface ErasedTable {
  readonly region: string;
  readonly schema: string;
  readonly table: string;
  /** Rows in which there was something to take out. */
  readonly rows: number;
  /** Values that were taken out of their records. */
  readonly fields: number;
}

type Sum = Omit<ErasedTable, 'region'>;

/** Whether a table holds records of people. */
export const hasSubjects = ({ shape }: Table): boolean => Object.keys(shape.stream.subjects).length > 0;

const ofTickets = ({ shape }: Table) => 'ticket' in shape.stream.subjects;

/** The keyed hashes of everybody who is looked for. */
export const digestsOf = ({ key, tickets, customers }: Sought): Erased => ({
  key,
  digests: new Set([
    ...[...tickets].map((id) => digestOf(key, 'ticket', id)),
    ...customers.map((id) => digestOf(key, 'customer', id)),
  ]),
});

const CHUNK = 1000;

/** Notes which of those who are looked for a table has something of, and which tickets are the customers'. */
export async function findTickets(client: Client, sought: Sought, table: Table): Promise<void> {
  const note = (record: unknown, id: string | null) => {
    for (const [subject, one] of idsIn(table.shape, record)) sought.found.add(`${subject} ${one}`);
    if (id !== null && ofTickets(table)) sought.tickets.add(id);
  };
  const erased = digestsOf(sought);
  for await (const { record, reject } of rejectsOf(client, table))
    if (isErased(table.shape, record, erased)) note(record, reject.id);
  if (!(await tableExists(client, table))) return;
  for await (const records of recordChunks(client, sought, { table, columns: [] }))
    for (const { id, raw } of records) note(raw, id);
}

async function* recordChunks(
  client: Client,
  sought: Sought,
  { table, columns }: { table: Table; columns: readonly string[] },
): AsyncGenerator<Awaited<ReturnType<typeof recordsOf>>> {
  for (let after = '', more = true; more;) {
    const records = await recordsOf(client, table, valuesOf(sought, table), { columns, after, limit: CHUNK });
    yield records;
    more = records.length === CHUNK;
    after = records.at(-1)?.id ?? after;
  }
}

function valuesOf({ tickets, customers }: Sought, { shape }: Table): ReadonlyMap<string, readonly string[]> {
  const { ticket, customer } = shape.stream.subjects;
  const pairs: [string | undefined, readonly string[]][] = [
    [ticket, [...tickets]],
    [customer, customers],
  ];
  return new Map(pairs.flatMap(([column, ids]) => (column === undefined ? [] : [[column, ids] as const])));
}

/** Takes everything personal out of their rows, and what summaries hold of them; marks their events. */
export async function eraseRows(client: Client, sought: Sought, table: Table): Promise<Sum[]> {
  if (!(await tableExists(client, table))) return [];
  const columns = await personalColumns(client, table);
  const { columns: outdated } = await outdatedIn(client, table);
  // What another mapping wrote is read anew by the next run: it must not find the hash of today's.
  const version = outdated ? '' : table.shape.version;
  const changed: string[] = [];
  let fields = 0;
  for await (const records of recordChunks(client, sought, { table, columns })) {
    const rows = records.flatMap(({ id, raw, filled }) => {
      const left = remainderOf(table.shape, isObject(raw) ? raw : {});
      if (!filled && isDeepStrictEqual(raw, JSON.parse(left))) return [];
      fields += valuesIn(raw) - valuesIn(JSON.parse(left));
      return [{ id, raw: left, hash: contentHash(version, left) }];
    });
    if (rows.length > 0) await blankRows(client, table, rows, columns);
    changed.push(...rows.map(({ id }) => id));
  }
  if (changed.length > 0) await forgetSamples(client, table.sql);
  if (changed.length > 0 && ofTickets(table)) await forgetTickets(client, table.schema, changed);
  return [{ schema: table.schema, table: table.shape.stream.table, rows: changed.length, fields }];
}

/** Takes everything personal out of their records that are set aside. */
export async function eraseRejects(client: Client, sought: Sought, table: Table): Promise<Sum[]> {
  const erased = digestsOf(sought);
  const isMeant = (record: unknown, id: string | null) =>
    isErased(table.shape, record, erased) || (id !== null && ofTickets(table) && sought.tickets.has(id));
  const rewritten = await rewriteRejects(client, table, (record, reject) =>
    isMeant(record, reject.id) ? remainder(table.shape, record, reject) : null,
  );
  if (rewritten.length > 0) await forgetSamples(client, 'vivenu_ingest.rejected_records');
  const fields = rewritten.map(({ before, after }) => valuesIn(before) - valuesIn(after));
  const sum = fields.reduce((all, one) => all + one, 0);
  return [{ schema: 'vivenu_ingest', table: 'rejected_records', rows: rewritten.length, fields: sum }];
}

/** What a take-over of an older database set apart counts nowhere: their rows of it go whole. */
export async function eraseDuplicates(client: Client, sought: Sought, table: Table): Promise<Sum[]> {
  const deleted = await deleteDuplicates(client, table, valuesOf(sought, table));
  return deleted === null ? [] : [{ schema: table.schema, ...deleted }];
}

/** Stands in a record that was set aside for what PostgreSQL cannot store. */
const UNKNOWN = '\ufffd';

/** What is left of a record that was set aside; the path of a field that only this record may have says something of the person. */
function remainder(shape: Shape, record: unknown, { field, exact }: Kept): Kept {
  const left = remainderOf(shape, isObject(record) ? record : {});
  const known = shape.columns.some(([, { path }]) => path.length > 0 && path.join('.') === field);
  return {
    record: left,
    field: known ? field : WHOLE_RECORD,
    exact: exact || !left.includes(UNKNOWN),
  };
}

/** Plain values in a record. */
function valuesIn(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value !== 'object') return 1;
  return Object.values(value).reduce((sum: number, inner) => sum + valuesIn(inner), 0);
}
