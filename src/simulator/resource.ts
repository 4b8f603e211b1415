import { isInRange, type Parameters, type Query } from './query.js';
import type { Draw } from './random.js';
import type { Order, Selection } from './select.js';
import type { Seller } from './seller.js';

export interface Listing {
  query: Query;
  order: Order;
  draw: Draw;
}

/** A list of the API: what may be asked of it, which rows answer, and how one looks. */
export interface Resource {
  readonly list: string;
  /** Path of one document, without its id. */
  readonly one: string;
  readonly envelope: 'rows' | 'docs';
  readonly parameters: Parameters;
  select(seller: Seller, listing: Listing): Selection;
  render(seller: Seller, row: number): string;
  /** JSON of one document, undefined where the seller has none of that id. */
  get(seller: Seller, id: string): string | undefined;
}

/** Case does not matter. */
export const contains = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());
export const firstOf = (query: Query, name: string) => query.values.get(name)?.[0];

/** Whether a value is asked for: a parameter that is not given asks for any. */
export function asks(query: Query, name: string, matches: (wanted: string) => boolean): boolean {
  const wanted = query.values.get(name);
  return wanted === undefined || wanted.some(matches);
}

/** Whether a value is within the operators given for it; without any it is. */
export function inRange(query: Query, name: string, value: number): boolean {
  const range = query.ranges.get(name);
  return range === undefined || isInRange(value, range);
}

/** JSON of the record of that id, as it stands in the list. */
export function getRecord(
  resource: Resource,
  seller: Seller,
  id: string,
  records: readonly { id: string; removed: boolean }[],
): string | undefined {
  const row = records.findIndex((record) => record.id === id && !record.removed);
  return row < 0 ? undefined : resource.render(seller, row);
}
