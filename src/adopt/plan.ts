import { FatalError } from '../errors.js';
import { KINDS, type Kind, type KindName } from './kinds.js';
import { ANCESTOR, LEFT_ALONE, type AncestorTable } from './tables.js';
import type { FoundColumn, FoundConstraint, FoundTable } from './found.js';
import type { Table } from '../load/table.js';

/** A column that changes its type. */
export interface Conversion {
  readonly column: string;
  readonly from: string;
  readonly to: string;
  readonly kind: Kind;
}

/** What has to be done to one table; nothing in any list when it is as ours already. */
export interface TableWork {
  readonly spec: AncestorTable;
  readonly found: FoundTable;
  readonly conversions: readonly Conversion[];
  /** Our bookkeeping, and columns that the Python system names otherwise or lacks. */
  readonly adds: readonly string[];
  readonly newKey: boolean;
  /** Constraints that would refuse what vivenu sends. */
  readonly drops: readonly FoundConstraint[];
  /** Columns that may be empty from now on. */
  readonly loosened: readonly string[];
}

/** What every table of a stream has beside its columns: type and SQL of what an adopted row gets. */
export const BOOKKEEPING: Readonly<Record<string, readonly [type: string, value: string]>> = {
  raw: ['jsonb', ''],
  // No hash is empty, so the first read of a row writes it anew.
  content_hash: ['bytea', `'\\x'::bytea`],
  first_seen_at: ['timestamptz', 'now()'],
  // Older than any request: whatever is read wins.
  requested_at: ['timestamptz', `'epoch'::timestamptz`],
  synced_at: ['timestamptz', `'epoch'::timestamptz`],
  deleted_at: ['timestamptz', 'null::timestamptz'],
  run_id: ['uuid', `'00000000-0000-0000-0000-000000000000'::uuid`],
};

/** A table that has it is written by us. */
const OURS = 'content_hash';

const nothing = (spec: AncestorTable, found: FoundTable): TableWork => ({
  ...{ spec, found, newKey: false },
  ...{ conversions: [], adds: [], drops: [], loosened: [] },
});

/** What is to be done to each table of the Python system that is there. Throws a FatalError that names the first thing that is not the Python system's. */
export function planTables(
  found: ReadonlyMap<string, FoundTable>,
  schema: string,
  streams: readonly Table[],
): TableWork[] {
  const present = ANCESTOR.flatMap((spec) => {
    const table = found.get(spec.name);
    return table === undefined ? [] : [{ spec, table }];
  });
  if (present.length === 0) throw nothingThere(found, schema);
  return present.map(({ spec, table }) => {
    if (spec.stream !== null && table.columns.has(OURS)) return nothing(spec, table);
    checkTable(spec, table);
    return planTable(
      spec,
      table,
      streams.find(({ shape }) => shape.stream.name === spec.stream),
    );
  });
}

/** Tables and views of the schema that nothing is done to. */
export const otherTables = (found: ReadonlyMap<string, FoundTable>): string[] =>
  [...found.values()]
    .filter(({ name, kind }) => kind !== 'v' && kind !== 'm' && !ANCESTOR.some((spec) => spec.name === name))
    .map(({ name }) => name)
    .sort((a, b) => Number(LEFT_ALONE.includes(b)) - Number(LEFT_ALONE.includes(a)) || (a < b ? -1 : 1));

/** Whether there is anything to do. */
export const isDone = ({ conversions, adds, newKey }: TableWork): boolean =>
  conversions.length === 0 && adds.length === 0 && !newKey;

function nothingThere(found: ReadonlyMap<string, FoundTable>, schema: string): FatalError {
  const names = [...found.keys()];
  const holds =
    names.length === 0
      ? 'is empty or not there'
      : `holds no table of the Python system, but ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`;
  return new FatalError(`schema "${schema}" ${holds}: there is nothing to take over`);
}

const differs = (what: string) => new FatalError(`these are not the tables of the Python system: ${what}`);

function checkTable(spec: AncestorTable, { name, kind, related, columns }: FoundTable): void {
  if (kind !== 'r') throw differs(`${name} is no ordinary table`);
  if (related) throw differs(`${name} is part of another table, or has parts`);
  for (const [column, given] of Object.entries(spec.columns)) {
    const there = columns.get(column);
    if (there === undefined) {
      if (given.endsWith('!')) throw differs(`${name} has no column ${column}`);
      continue;
    }
    const { from, to } = kindOf(given);
    if (there.type !== to && !from.includes(there.type))
      throw differs(
        `${name}.${column} is of type ${there.type}, where the Python system has ${from[0] ?? to}`,
      );
  }
  const taken = Object.keys(spec.stream === null ? {} : BOOKKEEPING).find((column) => columns.has(column));
  if (taken) throw differs(`${name} has a column ${taken}, which is ours; rename it first`);
  const generated = [...columns.values()].find((column) => column.generated);
  if (generated) throw differs(`${name}.${generated.name} is computed from other columns; drop it first`);
}

/** The kind of a column, with or without the mark that it must be there. */
export const kindOf = (given: string): Kind => KINDS[given.replace('!', '') as KindName];

function planTable(spec: AncestorTable, found: FoundTable, stream: Table | undefined): TableWork {
  const columns = [...found.columns.values()];
  const primary = found.constraints.find(({ kind }) => kind === 'primary key');
  const newKey = primary?.columns.join() !== spec.key.join();
  const conversions = columns.flatMap((column) => conversionOf(spec, column, stream) ?? []);
  const ours = { ...(stream ? BOOKKEEPING : {}), ...spec.adds };
  const adds = Object.keys(ours).filter((name) => !found.columns.has(name));
  if (conversions.length === 0 && adds.length === 0 && !newKey) return nothing(spec, found);
  const lost = (pointer: FoundConstraint) =>
    pointer.targetColumns.some((name) => !spec.key.includes(name) || spec.key.length > 1);
  return {
    ...{ spec, found, conversions, adds, newKey },
    drops: [
      ...found.pointers.filter((pointer) => newKey && lost(pointer)),
      ...found.constraints.filter(({ kind }) => kind === 'foreign key'),
      ...found.constraints.filter(({ kind }) => kind === 'unique' || (kind === 'primary key' && newKey)),
    ],
    loosened: columns
      .filter(({ notNull, hasDefault, identity }) => notNull && !hasDefault && !identity)
      .filter(
        ({ name }) =>
          !spec.key.includes(name) && kindOf(spec.columns[name] ?? 'text').otherwise === undefined,
      )
      .map(({ name }) => name),
  };
}

function conversionOf(
  spec: AncestorTable,
  { name: column, type, notNull }: FoundColumn,
  stream: Table | undefined,
): Conversion | null {
  const given = spec.columns[column];
  const kind = given === undefined ? null : kindOf(given);
  const to = kind?.to ?? typeInStream(stream, column);
  const filled = kind?.otherwise !== undefined && !notNull;
  if (to === null || (to === type && !filled)) return null;
  if (kind === null && !(to === 'text' && KINDS.text.from.includes(type)))
    throw differs(
      `${spec.name}.${column} is of type ${type}, which vivenu-ingest needs as ${to}; rename that column first`,
    );
  return { column, from: type, to, kind: kind ?? KINDS.text };
}

/** The type of a column of ours that the Python system does not have. */
function typeInStream(stream: Table | undefined, column: string): string | null {
  const type = stream?.shape.columns.find(([name]) => name === column)?.[1].type;
  return type === 'timestamptz' ? 'timestamp with time zone' : (type ?? null);
}
