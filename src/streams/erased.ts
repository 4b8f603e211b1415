/** Whose personal data was erased: known by keyed hashes of ids, so that no later read brings it back (docs/privacy.md). */
import { createHmac } from 'node:crypto';
import type { Column } from './columns.js';

/** What a person is erased by: one ticket, or a customer with every ticket of theirs. */
export type Subject = 'ticket' | 'customer';

/** The erased of a region. */
export interface Erased {
  /** Key of the hashes, random and of this database alone. */
  readonly key: Buffer;
  readonly digests: ReadonlySet<string>;
}

/** Nobody was erased. */
export const NOBODY: Erased = { key: Buffer.alloc(0), digests: new Set() };

/** The keyed hash (HMAC-SHA-256, hexadecimal) that stands for an erased id. */
export const digestOf = (key: Buffer, subject: Subject, id: string): string =>
  createHmac('sha256', key).update(`${subject} ${id}`).digest('hex');

/**
 * What is left of a record, by its keys, in their order: `value` keeps plain values only, a list of keys those of the objects in it (none:
 * its plain values), and a map looks further down.
 */
export type Remains = ReadonlyMap<string, 'value' | readonly string[] | Remains>;

type Growing = Map<string, Part>;
type Part = 'value' | readonly string[] | Growing;

/** The fields that these columns are read from; those worked out from a whole record, or from the one around it, name none. */
export function remainsOf(columns: readonly Column[]): Remains {
  const remains: Growing = new Map();
  for (const { path, above, inner } of columns) if (above === 0) grow(remains, path, inner ?? 'value');
  return remains;
}

function grow(at: Growing, path: readonly string[], part: Part): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    at.set(key, part);
    return;
  }
  const inside = at.get(key);
  const next: Growing =
    inside === undefined || inside === 'value' || 'length' in inside ? new Map<string, Part>() : inside;
  at.set(key, next);
  grow(next, rest, part);
}
