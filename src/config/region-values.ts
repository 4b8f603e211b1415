/** How the values of a region's settings are read. */
import { resolve } from 'node:path';
import { columnNameProblem } from '../profile/profile.js';

const RESERVED_SCHEMA = /^(pg_.*|information_schema|vivenu_ingest|vivenu)$/i;

/** Told of what is wrong with a key of the region. */
export type Problem = (key: string, what: string) => void;

const list = (text: string | null) => (text ?? '').split(',').map((part) => part.trim());

/** Event ids; null for all of the key. */
export function eventIds(text: string | null, problem: Problem): string[] | null {
  if (text === '*' || text === null) return null;
  const ids = list(text);
  if (!ids.every((id) => /^[\w-]+$/.test(id))) {
    problem('event_id', 'expected one event id, several divided by commas, or * alone');
  }
  return [...new Set(ids)];
}

/** The name of a schema that is no system's and not the engine's. */
export function schema(name: string, problem: Problem): string {
  const bytes = Buffer.byteLength(name);
  if (bytes > 63) problem('schema_name', `${bytes} bytes, PostgreSQL takes at most 63`);
  if (name.includes('\0')) problem('schema_name', 'must hold no NUL');
  if (RESERVED_SCHEMA.test(name)) problem('schema_name', `${name} is reserved: choose another`);
  return name;
}

/** Paths that are never stored, none of them needed. */
export function excluded(text: string | null, problem: Problem): string[] {
  if (text === null) return [];
  const paths = list(text);
  const needed = paths.filter((path) => path === '_id' || path === 'eventId');
  if (needed.length > 0)
    problem('exclude_fields', `${needed.join(', ')} cannot be left out: rows are told apart by it`);
  if (!paths.every((path) => /^[^\s.]+(\.[^\s.]+)*$/.test(path))) {
    problem('exclude_fields', 'expected paths divided by commas, such as email,extraFields.phone');
  }
  return [...new Set(paths)];
}

/** Absolute paths of the lists of codes. */
export function paths(text: string | null, directory: string, problem: Problem): string[] {
  if (text === null) return [];
  const given = list(text);
  if (given.includes(''))
    problem('coupon_codes', 'expected the path of a CSV file, or several divided by commas');
  return [...new Set(given.map((path) => resolve(directory, path)))];
}

/** The custom columns of tickets, each with its slug. */
export function fields(
  keys: ReadonlyMap<string, { readonly text: string }>,
  problem: Problem,
): Record<string, string> {
  const columns: [string, string][] = [];
  for (const [key, { text }] of keys) {
    if (!key.startsWith('field_')) continue;
    const column = key.slice('field_'.length);
    const wrong = columnNameProblem(column);
    if (wrong !== null) problem(key, `${column} is ${wrong}`);
    columns.push([column, text.trim()]);
  }
  return Object.fromEntries(columns);
}
