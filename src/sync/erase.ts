import { isDeepStrictEqual } from 'node:util';
import { blankRows, forgetSamples, personalColumns, recordsOf, tableExists } from '../load/blank.js';
import type { Client, Database } from '../load/client.js';
import { erasureKey, rememberErased, type Place } from '../load/erased.js';
import { outdatedIn } from '../load/rederive.js';
import type { Table } from '../load/table.js';
import type { Facts } from '../reports/facts.js';
import { forgetTickets, refreshWithin } from '../reports/refresh.js';
import { digestOf, type Erased, type Subject } from '../streams/erased.js';
import { WHOLE_RECORD, type Shape } from '../streams/shape.js';
import { isObject } from '../transform/clean.js';
import { isErased, remainderOf } from '../transform/erase.js';
import { contentHash } from '../transform/page.js';
import { rejectsOf, rewriteRejects, type Kept } from './rewrite-rejects.js';
import { messageOf } from './tally.js';

/** Ids that people are erased by. */
export type Persons = Readonly<Record<Subject, readonly string[]>>;

/** A region in which somebody is erased. */
export interface ErasePlace extends Place {
  readonly tables: readonly Table[];
  /** What its summaries are worked out with; null for a region that is not configured any more. */
  readonly facts: Facts | null;
}

/** What was taken out of a table. */
export interface ErasedTable {
  readonly region: string;
  readonly schema: string;
  readonly table: string;
  /** Rows in which there was something to take out. */
  readonly rows: number;
  /** Values that were taken out of their records. */
  readonly fields: number;
}

/** What was erased. */
export interface Erasure {
  readonly tables: readonly ErasedTable[];
  /** Ids of which nothing is stored; they are remembered all the same. */
  readonly unknown: Persons;
  /** Regions whose summaries could not be worked out again, and why; the next run does it. */
  readonly problems: readonly string[];
}

/**
 * Takes the personal data of these people out of every table of these regions and remembers them (`everywhere`: for every region, also
 * those that are added later), in one transaction. The caller holds the regions. Throws when a column cannot be emptied; nothing is erased then.
 */
export async function erasePersons(
  db: Database,
  places: readonly ErasePlace[],
  { persons, everywhere }: { persons: Persons; everywhere: boolean },
): Promise<Erasure> {
  return await db.transaction(async (client) => {
    const key = await erasureKey(client);
    const work: Work = { client, key, tickets: new Set(persons.ticket), customers: persons.customer };
    const subjects = places.flatMap((place) =>
      place.tables
        .filter(({ shape }) => Object.keys(shape.stream.subjects).length > 0)
        .map((table) => ({ place, table })),
    );
    const found = new Found();
    for (const { table } of subjects) await findRejects(work, table, found);
    const erased: ErasedTable[] = [];
    for (const { place, table } of subjects) erased.push(await eraseRows(work, place, table, found));
    for (const { place, table } of subjects) erased.push(await eraseRejects(work, place, table));
    await rememberErased(client, [...digestsOf(work).digests], everywhere ? null : places);
    const problems = await settle(work, places);
    return { tables: merged(erased), unknown: found.unknown(persons), problems };
  });
}

/** Tickets grow by those of the customers as they are found: what is known of one by its customer is then known by its id as well. */
interface Work {
  readonly client: Client;
  readonly key: Buffer;
  readonly tickets: Set<string>;
  readonly customers: readonly string[];
}

const digestsOf = ({ key, tickets, customers }: Work): Erased => ({
  key,
  digests: new Set([
    ...[...tickets].map((id) => digestOf(key, 'ticket', id)),
    ...customers.map((id) => digestOf(key, 'customer', id)),
  ]),
});

/** Which ids something is stored of. */
class Found {
  readonly #ids = new Set<string>();

  add({ stream, columns }: Shape, record: unknown): void {
    for (const [subject, name] of Object.entries(stream.subjects)) {
      const path = columns.find(([column]) => column === name)?.[1].path ?? [];
      const id = path.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), record);
      this.#ids.add(`${subject} ${String(id)}`);
    }
  }

  unknown({ ticket, customer }: Persons): Persons {
    return {
      ticket: ticket.filter((id) => !this.#ids.has(`ticket ${id}`)),
      customer: customer.filter((id) => !this.#ids.has(`customer ${id}`)),
    };
  }
}

/** Tickets of the customers of which only a version that was set aside names them. */
async function findRejects(work: Work, table: Table, found: Found): Promise<void> {
  const erased = digestsOf(work);
  for await (const { record, reject } of rejectsOf(work.client, table)) {
    if (!isErased(table.shape, record, erased)) continue;
    found.add(table.shape, record);
    if (reject.id !== null && 'ticket' in table.shape.stream.subjects) work.tickets.add(reject.id);
  }
}

const CHUNK = 1000;

async function eraseRows(work: Work, place: Place, table: Table, found: Found): Promise<ErasedTable> {
  const { client } = work;
  const sum = {
    region: place.name,
    schema: place.schema,
    table: table.shape.stream.table,
    rows: 0,
    fields: 0,
  };
  if (!(await tableExists(client, table))) return sum;
  const columns = await personalColumns(client, table);
  const { columns: outdated } = await outdatedIn(client, table);
  // What another mapping wrote is read anew by the next run: it must not find the hash of today's.
  const version = outdated ? '' : table.shape.version;
  const changed: string[] = [];
  for (let after = '', more = true; more;) {
    const records = await recordsOf(client, table, valuesOf(work, table), { columns, after, limit: CHUNK });
    const rows = records.flatMap(({ id, raw, filled }) => {
      found.add(table.shape, raw);
      if ('ticket' in table.shape.stream.subjects) work.tickets.add(id);
      const left = remainderOf(table.shape, isObject(raw) ? raw : {});
      const fields = valuesIn(raw) - valuesIn(JSON.parse(left));
      if (!filled && isDeepStrictEqual(raw, JSON.parse(left))) return [];
      sum.fields += fields;
      return [{ id, raw: left, hash: contentHash(version, left) }];
    });
    if (rows.length > 0) await blankRows(client, table, rows, columns);
    changed.push(...rows.map(({ id }) => id));
    more = records.length === CHUNK;
    after = records.at(-1)?.id ?? after;
  }
  if (changed.length > 0) await forgetSamples(client, table);
  if ('ticket' in table.shape.stream.subjects) await forgetTickets(client, place.schema, changed);
  return { ...sum, rows: changed.length };
}

function valuesOf({ tickets, customers }: Work, { shape }: Table): ReadonlyMap<string, readonly string[]> {
  const { ticket, customer } = shape.stream.subjects;
  const pairs: [string | undefined, readonly string[]][] = [
    [ticket, [...tickets]],
    [customer, customers],
  ];
  return new Map(pairs.flatMap(([column, ids]) => (column === undefined ? [] : [[column, ids] as const])));
}

async function eraseRejects(work: Work, place: Place, table: Table): Promise<ErasedTable> {
  const erased = digestsOf(work);
  const isMeant = (record: unknown, id: string | null) =>
    isErased(table.shape, record, erased) ||
    (id !== null && 'ticket' in table.shape.stream.subjects && work.tickets.has(id));
  const rewritten = await rewriteRejects(work.client, table, (record, reject) =>
    isMeant(record, reject.id) ? remainder(table.shape, record, reject) : null,
  );
  const fields = rewritten.map(({ before, after }) => valuesIn(before) - valuesIn(after));
  return {
    region: place.name,
    schema: place.schema,
    table: 'rejected_records',
    rows: rewritten.length,
    fields: fields.reduce((sum, one) => sum + one, 0),
  };
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

/** Summaries follow at once where they can; a failure of theirs keeps nobody's data. */
async function settle({ client }: Work, places: readonly ErasePlace[]): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, facts } of places) {
    if (facts === null) continue;
    await client.query('savepoint summaries');
    try {
      await refreshWithin(client, facts, { all: false, codes: null });
      await client.query('release savepoint summaries');
    } catch (error) {
      await client.query('rollback to savepoint summaries');
      problems.push(`the summaries of ${name} could not be worked out again: ${messageOf(error)}`);
    }
  }
  return problems;
}

/** One line a table: the rejects of a region's streams are in one. */
function merged(tables: readonly ErasedTable[]): ErasedTable[] {
  const lines = new Map<string, ErasedTable>();
  for (const table of tables) {
    const line = `${table.schema} ${table.table}`;
    const before = lines.get(line) ?? { ...table, rows: 0, fields: 0 };
    lines.set(line, { ...before, rows: before.rows + table.rows, fields: before.fields + table.fields });
  }
  return [...lines.values()];
}
