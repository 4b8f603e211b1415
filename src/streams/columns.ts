import { RecordError } from '../errors.js';

/** A value ready to be cast by PostgreSQL, or null. */
export type Cell = string | null;

/** One column of a stream's table: where its value stands in vivenu's JSON and how it is read. */
export interface Column {
  /** PostgreSQL type that the cell is cast to. */
  readonly type: 'text' | 'numeric' | 'bigint' | 'integer' | 'boolean' | 'timestamptz' | 'date' | 'jsonb';
  /** Keys from the record down to the value; none: the record itself. */
  readonly path: readonly string[];
  /** How many records above this one the path starts: 0 the record, 1 the one it is nested in. */
  readonly above: number;
  readonly required: boolean;
  /** Turns a value that is neither null nor absent into a cell; throws a sentence of what was expected. */
  readonly read: (value: unknown) => Cell;
  /** What `read` does, where the name, type and path do not tell: stored rows are derived anew when it changes. */
  readonly rule?: string;
  /** It holds what is personal, whatever the stream's own list says. */
  readonly personal?: true;
  /** Of a list or object that is kept whole, the keys in it that are nobody's data; without any, only plain values are. */
  readonly inner?: readonly string[];
}

const column = (type: Column['type'], path: string, read: Column['read']): Column => ({
  type,
  path: path.split('.'),
  above: 0,
  required: false,
  read,
});

const kind = (value: unknown) => (Array.isArray(value) ? 'a list' : typeof value);
const expected = (what: string, value: unknown) =>
  new RecordError('', `expected ${what}, got ${kind(value)}`);

/** Text; numbers and booleans are taken as their text, since slugs and postal codes arrive as either. */
export const text = (path: string) =>
  column('text', path, (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw expected('text', value);
  });

const readNumber = (value: unknown) => {
  if (typeof value === 'number') return String(value);
  throw expected('a number', value);
};

/** A decimal number kept exactly as vivenu writes it: money in major units (`vivenu/api.md` section 4), rates as fractions. */
export const numeric = (path: string) => column('numeric', path, readNumber);

/** A whole number. */
export const integer = (path: string) =>
  column('bigint', path, (value) => {
    if (Number.isSafeInteger(value)) return String(value);
    throw typeof value === 'number'
      ? new RecordError('', 'expected a whole number, got a fraction')
      : expected('a whole number', value);
  });

export const boolean = (path: string) =>
  column('boolean', path, (value) => {
    if (typeof value === 'boolean') return String(value);
    throw expected('true or false', value);
  });

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

/** An instant: ISO 8601 with its zone (`vivenu/api.md` section 4); a date without a zone names no instant and is refused. */
export const timestamp = (path: string) =>
  column('timestamptz', path, (value) => {
    if (typeof value !== 'string') throw expected('a date and time', value);
    if (ISO_8601.test(value) && instantOf(value) !== null) return value;
    throw new RecordError('', 'expected an ISO 8601 date and time with a zone, got other text');
  });

/** A list or object kept as it is; of an erased person, only these keys of its objects, or its plain values where none is named. */
export const json = (path: string, inner: readonly string[] = []): Column => ({
  ...column('jsonb', path, (value) => JSON.stringify(value)),
  inner,
});

/** A column that is worked out from the whole record, by a rule that may change. */
export const derived = (type: Column['type'], rule: unknown, read: (record: unknown) => Cell): Column => ({
  type,
  path: [],
  above: 0,
  required: false,
  read,
  rule: JSON.stringify(rule),
});

/** The record cannot be stored without this column. */
export const required = (of: Column): Column => ({ ...of, required: true });

/** Empty of an erased person (docs/privacy.md). */
export const personal = (of: Column): Column => ({ ...of, personal: true });

/** Reads from the record that this one is nested in. */
export const parent = (of: Column): Column => ({ ...of, above: of.above + 1 });

const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00Z');

/** An instant in milliseconds since 1970; null for anything but a text that is one in the years 1 to 9999, which PostgreSQL and ISO 8601 share. */
export function instantOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return time >= YEAR_1 && time < YEAR_10000 ? time : null;
}
