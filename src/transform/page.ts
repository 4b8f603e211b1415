import { hash } from 'node:crypto';
import { RecordError } from '../errors.js';
import type { Cell, Column } from '../streams/columns.js';
import type { Erased } from '../streams/erased.js';
import { WHOLE_RECORD, type Reject, type Row, type Shape } from '../streams/shape.js';
import { clean, isObject, MAX_DEPTH, unstorableText } from './clean.js';
import { isErased, withoutPerson } from './erase.js';

/** A record and the ones it is nested in, innermost first. */
export type Lineage = readonly unknown[];

export interface ShapedPage {
  readonly rows: readonly Row[];
  readonly rejects: readonly Reject[];
}

/**
 * Rows and rejects of one response; of an id that comes twice the newer is a row and its twin a reject. Of who was erased no more is taken
 * than is left of them.
 */
export function shapePage(shape: Shape, records: readonly Lineage[], erased: Erased): ShapedPage {
  const rows = new Map<string, Row & { updatedAt: number }>();
  const aside: Aside[] = [];
  for (const lineage of records) {
    const shaped = shapeRow(shape, spared(shape, lineage, erased));
    if (shaped.error) {
      aside.push(shaped);
      continue;
    }
    const { row } = shaped;
    const twin = rows.get(row.id);
    const [kept, older] = twin && twin.updatedAt > row.updatedAt ? [twin, row] : [row, twin];
    rows.set(row.id, kept);
    if (older)
      aside.push({
        error: new RecordError(keyField(shape), TWIN),
        record: older.raw,
        id: older.id,
        exact: true,
      });
  }
  // In one order everywhere, so that pages with the same rows wait for each other instead of deadlocking.
  const sorted = [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { rows: sorted, rejects: keyed(aside, new Set(rows.keys())) };
}

function spared(shape: Shape, lineage: Lineage, erased: Erased): Lineage {
  const [record, ...around] = lineage;
  if (!isErased(shape, record, erased) || !isObject(record)) return lineage;
  return [withoutPerson(record, shape.remains), ...around];
}

/** Rejects under keys of their own: one whose id a row or another reject of the response has is known by its content. */
function keyed(aside: readonly Aside[], taken: Set<string>): Reject[] {
  const ordinals = new Map<string, number>();
  return aside.map(({ error, id, record, exact }) => {
    const hash = rejectHash(record);
    const ordinal = ordinals.get(hash) ?? 0;
    ordinals.set(hash, ordinal + 1);
    const key = id !== null && !taken.has(id) ? id : `${hash}#${ordinal}`;
    taken.add(key);
    return { key, id, field: error.field, reason: error.message, record, exact };
  });
}

const TWIN = 'the same id comes twice in one response; the newer one is stored';
const keyField = (shape: Shape) =>
  shape.stream.columns[shape.stream.primaryKey.at(-1) ?? '']?.path.join('.') ?? '';

type Aside = Pick<Reject, 'record' | 'id' | 'exact'> & { readonly error: RecordError };
type Shaped = { readonly error: null; readonly row: Row & { updatedAt: number } } | Aside;

function shapeRow(shape: Shape, lineage: Lineage): Shaped {
  const record = lineage[0];
  // A list is no record, but what is never stored may be in it all the same.
  const tooDeep =
    typeof record === 'object' && record !== null ? clean(record, shape.never, shape.exclude) : null;
  const raw = JSON.stringify(record);
  if (!isObject(record)) {
    const error = new RecordError(WHOLE_RECORD, `expected an object, got ${kindOf(record)}`);
    return { error, record: raw, exact: tooDeep === null, id: null };
  }
  try {
    if (tooDeep !== null)
      throw new RecordError(tooDeep, `is nested deeper than ${MAX_DEPTH} levels; what is deeper is left out`);
    if (raw.includes('\\u0000') || raw.includes('\\ud')) refuseUnstorable(record);
    const id = keyOf(shape, lineage);
    // Part of it may come from a record around this one.
    const unstorable = unstorableText(id);
    if (unstorable) throw new RecordError(keyField(shape), unstorable.reason);
    const cells = shape.columns.map(([, column]) => readCell(column, lineage));
    const updatedAt = Date.parse(typeof record['updatedAt'] === 'string' ? record['updatedAt'] : '');
    return { error: null, row: { id, cells, raw, hash: contentHash(shape.version, raw), updatedAt } };
  } catch (error) {
    if (error instanceof RecordError)
      return { error, record: raw, exact: tooDeep === null, id: usableKey(shape, lineage) };
    throw error;
  }
}

const kindOf = (value: unknown) => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
};

/** The key under which a record that is set aside may already be stored in another version; null when it has none. */
function usableKey(shape: Shape, lineage: Lineage): string | null {
  try {
    const key = keyOf(shape, lineage);
    return unstorableText(key) ? null : key;
  } catch (error) {
    if (error instanceof RecordError) return null;
    throw error;
  }
}

function refuseUnstorable(record: unknown): void {
  const found = unstorableText(record);
  if (found) throw new RecordError(found.field || WHOLE_RECORD, found.reason);
}

/** Primary key of a record as one text; throws a RecordError when it has none. */
export const keyOf = (shape: Shape, lineage: Lineage) =>
  shape.key.map((position) => readCell(shape.columns[position]?.[1] as Column, lineage)).join('/');

function readCell(column: Column, lineage: Lineage): Cell {
  let value = lineage[column.above];
  for (const key of column.path) {
    if (!isObject(value)) {
      value = undefined;
      break;
    }
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  const field = column.path.join('.');
  if (value === null || value === undefined || (column.required && value === '')) {
    if (column.required)
      throw new RecordError(field, 'is missing, and the record cannot be told apart without it');
    return null;
  }
  try {
    return column.read(value);
  } catch (error) {
    throw error instanceof RecordError ? new RecordError(field, error.message) : error;
  }
}

/** 16 bytes that stand for a record's JSON under a mapping. */
export const contentHash = (version: string, raw: string): Buffer =>
  Buffer.from(hash('sha256', version + raw, 'hex').slice(0, 32), 'hex');

/** What a reject without a usable id is told apart by, before its ordinal. */
export const rejectHash = (record: string): string => contentHash('', record).toString('hex');
