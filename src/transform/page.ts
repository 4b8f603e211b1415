import { createHash } from 'node:crypto';
import { RecordError } from '../errors.js';
import type { Cell, Column } from '../streams/columns.js';
import { WHOLE_RECORD, type Reject, type Row, type Shape } from '../streams/shape.js';
import { clean, isObject, MAX_DEPTH, unstorableText } from './clean.js';

/** A record and the ones it is nested in, innermost first. */
export type Lineage = readonly unknown[];

export interface ShapedPage {
  readonly rows: readonly Row[];
  readonly rejects: readonly Reject[];
}

/** Rows and rejects of one response; of an id that comes twice the newer is a row and its twin a reject. */
export function shapePage(shape: Shape, records: readonly Lineage[]): ShapedPage {
  const rows = new Map<string, Row & { updatedAt: number }>();
  const rejects: Reject[] = [];
  const ordinals = new Map<string, number>();
  const reject = (error: RecordError, { record, id, exact }: Pick<Reject, 'record' | 'id' | 'exact'>) => {
    const hash = contentHash('', record).toString('hex');
    const ordinal = ordinals.get(hash) ?? 0;
    ordinals.set(hash, ordinal + 1);
    const key = id !== null && !isTwin(error) ? id : `${hash}#${ordinal}`;
    rejects.push({ key, id, field: error.field, reason: error.message, record, exact });
  };
  for (const lineage of records) {
    const shaped = shapeRow(shape, lineage);
    if (shaped.error) {
      reject(shaped.error, shaped);
      continue;
    }
    const { row } = shaped;
    const twin = rows.get(row.id);
    const [kept, aside] = twin && twin.updatedAt > row.updatedAt ? [twin, row] : [row, twin];
    rows.set(row.id, kept);
    if (aside)
      reject(new RecordError(keyField(shape), TWIN), { record: aside.raw, id: aside.id, exact: true });
  }
  // In one order everywhere, so that pages with the same rows wait for each other instead of deadlocking.
  return { rows: [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), rejects };
}

const TWIN = 'the same id comes twice in one response; the newer one is stored';
const isTwin = (error: RecordError) => error.message === TWIN;
const keyField = (shape: Shape) =>
  shape.stream.columns[shape.stream.primaryKey.at(-1) ?? '']?.path.join('.') ?? '';

type Shaped =
  | { readonly error: null; readonly row: Row & { updatedAt: number } }
  | {
      readonly error: RecordError;
      readonly record: string;
      readonly exact: boolean;
      readonly id: string | null;
    };

function shapeRow(shape: Shape, lineage: Lineage): Shaped {
  const record = lineage[0];
  if (!isObject(record)) {
    const error = new RecordError(
      WHOLE_RECORD,
      `expected an object, got ${record === null ? 'null' : typeof record}`,
    );
    return { error, record: JSON.stringify(record), exact: true, id: null };
  }
  const tooDeep = clean(record, shape.never, shape.exclude);
  const raw = JSON.stringify(record);
  try {
    if (!exact)
      throw new RecordError('', `is nested deeper than ${MAX_DEPTH} levels; what is deeper is left out`);
    if (raw.includes('\\u0000') || raw.includes('\\ud')) refuseUnstorable(record);
    const id = keyOf(shape, lineage);
    const cells = shape.columns.map(([, column]) => readCell(column, lineage));
    const updatedAt = Date.parse(typeof record['updatedAt'] === 'string' ? record['updatedAt'] : '');
    return { error: null, row: { id, cells, raw, hash: contentHash(shape.version, raw), updatedAt } };
  } catch (error) {
    if (error instanceof RecordError)
      return { error, record: raw, exact: tooDeep === null, id: usableKey(shape, lineage) };
    throw error;
  }
}

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
  if (found) throw new RecordError(found.field, found.reason);
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

const contentHash = (version: string, raw: string): Buffer =>
  createHash('sha256').update(version).update(raw).digest().subarray(0, 16);
