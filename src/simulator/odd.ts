import type { Seller } from './seller.js';
import { UNKNOWN_STATUS } from './ticket-columns.js';

/** `twin` is the id of the row before. */
type Rewrite = (json: string, twin: string) => string;

const fieldOf = (name: string) => new RegExp(`"${name}":(?:"[^"]*"|[^,}\\]]+)`);
/** Replaces the value of the first field of that name. */
const put = (name: string, value: string): Rewrite => {
  const field = fieldOf(name);
  return (json) => json.replace(field, () => `"${name}":${value}`);
};
const drop = (name: string): Rewrite => {
  const field = new RegExp(`"${name}":(?:"[^"]*"|[^,}\\]]+),?`);
  return (json) => json.replace(field, '');
};
const add =
  (fields: string): Rewrite =>
  (json) =>
    `{${fields},${json.slice(1)}`;

const UNICODE =
  '"\\u202eعلي\\u202c 👩‍👩‍👧‍👦 e\\u0301 \\ufeff ﷺ 𝔘𝔫𝔦 ＜ﾃｽﾄ＞ zero\\u200bwidth \\"quoted\\" back\\\\slash"';
const NULLS = [
  'name',
  'email',
  'city',
  'country',
  'customerId',
  'extraFields',
  'history',
  'note',
  'underShops',
  'tickets',
];

/** What happens to the JSON of one row that is odd in this way. Fields that a row lacks stay as they are. */
const REWRITES = {
  nul: put('name', '"Nul\\u0000inside"'),
  surrogate: put('name', '"Lone \\ud83c surrogate"'),
  'bad-created': put('createdAt', '"yesterday, about noon"'),
  'bad-updated': put('updatedAt', '"2026-13-45T99:99:99.000Z"'),
  'no-updated': drop('updatedAt'),
  'text-price': put('realPrice', '"twelve"'),
  'numeric-text': put('realPrice', '"12.50"'),
  'null-name': put('name', 'null'),
  'null-event': put('eventId', 'null'),
  'unknown-status': (json: string) => json,
  'unknown-origin': put('origin', '"teleport"'),
  'no-id': drop('_id'),
  proto: add(
    '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":"text","hasOwnProperty":1',
  ),
  big: add(`"attachment":"${'data '.repeat(420_000)}"`),
  twin: (json: string, twin: string) => json.replace(fieldOf('_id'), () => `"_id":"${twin}"`),
  nulls: (json: string) => NULLS.reduce((text, name) => nullOf(text, name), json),
  extra: add('"$set":{"a.b":1},"x-new-field":[{"nested":[true,null,1e300]}],"riskScore":0.1'),
  unicode: put('name', UNICODE),
  zero: put('realPrice', '0'),
  decimals: put('realPrice', '33.333333333333336'),
  deep: add(`"tree":${'['.repeat(500)}${']'.repeat(500)}`),
  'not-a-row': () => '"not a row"',
} as const satisfies Record<string, Rewrite>;

/** A way for one row to differ from what the OpenAPI promises, or to be at its edge. */
export type OddKind = keyof typeof REWRITES | 'many-shops';
export const ODD_KINDS = [...Object.keys(REWRITES), 'many-shops'] as OddKind[];

/** Sets a field to null, whatever it held. */
function nullOf(json: string, name: string): string {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || !(name in value)) return json;
  return JSON.stringify({ ...value, [name]: null });
}

export function rewriteOdd(kind: OddKind | undefined, json: string, twin: string): string {
  return kind === undefined || kind === 'many-shops' ? json : REWRITES[kind](json, twin);
}

/** The price of an odd ticket as a number; null where its JSON has none. */
export function oddPrice(kind: OddKind | undefined, price: number): number | null {
  if (kind === 'text-price' || kind === 'not-a-row') return null;
  if (kind === 'numeric-text') return 12.5;
  if (kind === 'zero') return 0;
  return kind === 'decimals' ? 33.333333333333336 : price;
}

interface Times {
  created: number;
  updated: number;
}

/** A time that is missing or is not a date is in no time window, as in MongoDB. */
function forgetTimes(kind: OddKind, times: Times): Times {
  return {
    created: kind === 'bad-created' || kind === 'not-a-row' ? NaN : times.created,
    updated: kind === 'bad-updated' || kind === 'no-updated' || kind === 'not-a-row' ? NaN : times.updated,
  };
}

interface OddLists {
  odd?: readonly OddKind[];
  oddCoupons?: readonly OddKind[];
  oddEvents?: readonly OddKind[];
}

/** Makes one row odd for each kind named, evenly spread over the list. */
export function makeOdd(seller: Seller, { odd = [], oddCoupons = [], oddEvents = [] }: OddLists): void {
  for (const [row, kind] of spread(odd, seller.tickets.length)) makeTicketOdd(seller, row, kind);
  for (const [i, kind] of spread(oddCoupons, seller.coupons.length)) {
    seller.odd.coupons.set(i, kind);
    const coupon = seller.coupons[i];
    if (coupon !== undefined) coupon.updated = forgetTimes(kind, coupon).updated;
  }
  for (const [i, kind] of spread(oddEvents, seller.events.length)) {
    seller.odd.events.set(i, kind);
    const event = seller.events[i];
    if (event === undefined) continue;
    event.updated = forgetTimes(kind, event).updated;
    if (kind === 'many-shops') event.shops = 150;
  }
}

/** Makes a ticket odd. */
export function makeTicketOdd(seller: Seller, row: number, kind: OddKind): void {
  const { tickets } = seller;
  seller.odd.tickets.set(row, kind);
  const times = { created: tickets.at(tickets.created, row), updated: tickets.at(tickets.updated, row) };
  const { created, updated } = forgetTimes(kind, times);
  tickets.created[row] = created;
  tickets.updated[row] = updated;
  if (Number.isNaN(created)) {
    tickets.sorted = false;
    if (!Number.isNaN(times.created)) tickets.idTimes.set(row, times.created);
  }
  if (kind === 'unknown-status') tickets.status[row] = UNKNOWN_STATUS;
  tickets.changes++;
}

function* spread(kinds: readonly OddKind[], length: number): Generator<[number, OddKind]> {
  for (const [i, kind] of kinds.entries()) {
    if (length > 0) yield [Math.min(length - 1, Math.floor(((i + 0.5) / kinds.length) * length)), kind];
  }
}
