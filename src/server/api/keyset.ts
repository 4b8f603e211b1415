/** Pages that begin after a row rather than after a number of rows, so that none is skipped or told twice while others come and go. */
import { quoteIdentifier } from '../../load/database.js';
import { Refused } from './errors.js';

/** A column that rows are ordered by; what is null comes last. */
export interface Key {
  readonly name: string;
  /** PostgreSQL's name of the type. */
  readonly type: string;
  readonly isDown: boolean;
}

/** Where a page begins: the keys of the last row before it, as texts, and how many rows there were in all where that was counted. */
export interface Place {
  readonly total: number | null;
  readonly keys: readonly (string | null)[];
}

/** `order by …` */
export const orderBy = (keys: readonly Key[]): string =>
  `order by ${keys.map(({ name, isDown }) => `${quoteIdentifier(name)} ${isDown ? 'desc' : 'asc'} nulls last`).join(', ')}`;

/** The keys of a row as an array of texts. */
export const keysAsTexts = (keys: readonly Key[]): string =>
  `array[${keys.map(({ name }) => `${quoteIdentifier(name)}::text`).join(', ')}]`;

/** Whether a row comes after a place, and the values that the condition asks with; `used` are the parameters before them. */
export function isAfter(
  keys: readonly Key[],
  place: Place,
  used: number,
): { readonly text: string; readonly values: readonly string[] } {
  const values: string[] = [];
  const later = keys.map(({ name, type, isDown }, n) => {
    const column = quoteIdentifier(name);
    const at = place.keys[n] ?? null;
    if (at === null) return { isLater: 'false', isSame: `${column} is null` };
    const value = `$${used + values.push(at)}::${type}`;
    return {
      isLater: `(${column} ${isDown ? '<' : '>'} ${value} or ${column} is null)`,
      isSame: `${column} = ${value}`,
    };
  });
  const text = later.reduceRight(
    (rest, { isLater, isSame }) => `(${isLater} or (${isSame} and ${rest}))`,
    'false',
  );
  return { text, values };
}

/** A place as it stands in an address. */
export const placeText = (place: Place): string =>
  Buffer.from(JSON.stringify([place.total, ...place.keys])).toString('base64url');

/** Reads it back. Throws a Refused for what this API did not give, or gave for other columns. */
export function readPlace(text: string, count: number): Place {
  try {
    const [total, ...keys] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    const isText = (key: unknown): key is string | null => key === null || typeof key === 'string';
    const isCount = total === null || typeof total === 'number';
    if (isCount && keys.length === count && keys.every(isText)) return { total, keys };
  } catch {
    // Said below.
  }
  throw new Refused(400, `after: expected what an answer gave as \`next\`, got ${text.slice(0, 40)}`);
}
