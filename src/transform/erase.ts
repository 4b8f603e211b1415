import { RecordError } from '../errors.js';
import type { Column } from '../streams/columns.js';
import { digestOf, type Erased, type Remains, type Subject } from '../streams/erased.js';
import type { Shape } from '../streams/shape.js';
import { clean, isObject } from './clean.js';

type Fields = Record<string, unknown>;

/** Whether a record, as vivenu sends it or as it was stored, is of somebody whose data was erased. */
export function isErased(shape: Shape, record: unknown, { key, digests }: Erased): boolean {
  if (digests.size === 0) return false;
  return idsIn(shape, record).some(([subject, id]) => digests.has(digestOf(key, subject, id)));
}

/** Whose data a record is, as far as it says. */
export function idsIn({ stream }: Shape, record: unknown): [Subject, string][] {
  if (!isObject(record)) return [];
  const subjects = Object.entries(stream.subjects) as [Subject, string][];
  return subjects.flatMap(([subject, name]) => {
    const id = idIn(record, stream.columns[name]);
    return id === null ? [] : [[subject, id]];
  });
}

function idIn(record: Fields, column: Column | undefined): string | null {
  let value: unknown = record;
  for (const key of column?.path ?? [])
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  if (column === undefined || value === undefined || value === null) return null;
  try {
    return column.read(value);
  } catch (error) {
    if (error instanceof RecordError) return null;
    throw error;
  }
}

/**
 * What is left of the record of an erased person: a new object with what nobody can be known by and nothing else, unknown fields least of
 * all. Its keys are in one order, so that it is the same text from whatever order it came in.
 */
export function withoutPerson(record: Fields, remains: Remains): Fields {
  const left: Fields = {};
  for (const [key, part] of remains) {
    const value = Object.hasOwn(record, key) ? record[key] : undefined;
    if (value === undefined) continue;
    if (part === 'value') left[key] = bare(value);
    else if (Array.isArray(part)) left[key] = contents(value, part as readonly string[]);
    else if (isObject(value)) left[key] = withoutPerson(value, part as Remains);
  }
  return left;
}

/** JSON of what is stored of the record of an erased person, by whatever way it comes. */
export function remainderOf({ remains, never, exclude }: Shape, record: Fields): string {
  const left = withoutPerson(record, remains);
  clean(left, never, exclude);
  return JSON.stringify(left);
}

/** An object or a list in place of a plain value stays one, so that the record is set aside as before, but empty. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : value;
}

function contents(value: unknown, inner: readonly string[]): unknown {
  if (value === null) return null;
  if (isObject(value)) return chosen(value, inner);
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item: unknown) => {
    if (isObject(item)) return [chosen(item, inner)];
    return inner.length > 0 || Array.isArray(item) ? [] : [item];
  });
}

const chosen = (item: Fields, inner: readonly string[]): Fields =>
  Object.fromEntries(inner.filter((key) => Object.hasOwn(item, key)).map((key) => [key, bare(item[key])]));
