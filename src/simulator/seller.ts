import { PLACES } from './made-up.js';
import type { OddKind } from './odd.js';
import { listenerOf, type Listener } from './listeners.js';
import type { EventOptions, SellerOptions } from './options.js';
import { mix, objectId, seedOf } from './random.js';
import { TicketColumns } from './ticket-columns.js';

export interface EventRecord {
  readonly id: string;
  name: string;
  readonly seed: number;
  readonly created: number;
  updated: number;
  /** First day of the event, milliseconds since 1970. */
  readonly start: number;
  readonly capacity: number;
  /** The event's place in `PLACES`. */
  readonly place: number;
  readonly parent: EventRecord | null;
  /** How it and its children are tied together. */
  readonly link: 'root' | 'group';
  readonly children: EventRecord[];
  shops: number;
  version: number;
  removed: boolean;
}

export interface CouponRecord {
  readonly id: string;
  readonly code: string;
  readonly created: number;
  updated: number;
  used: number;
  active: boolean;
  /** Its place in the seller's series; null for a coupon of its own. */
  readonly series: number | null;
  removed: boolean;
}

export interface SeriesRecord {
  readonly id: string;
  name: string;
  readonly created: number;
  updated: number;
  active: boolean;
  removed: boolean;
}

/** All that one API key sees. */
export interface Seller {
  readonly token: string;
  readonly id: string;
  readonly seed: number;
  readonly events: EventRecord[];
  readonly tickets: TicketColumns;
  readonly coupons: CouponRecord[];
  readonly series: SeriesRecord[];
  readonly odd: { readonly [List in 'events' | 'tickets' | 'coupons']: Map<number, OddKind> };
  readonly forbidden: ReadonlySet<string>;
  /** Changes made, but not visible yet, oldest first. */
  readonly pending: { readonly due: number; readonly apply: () => void }[];
  revoked: boolean;
  readonly listeners: Listener[];
}

const DAY = 86_400_000;

/** A seller with its events, coupons and series, and no tickets yet. */
export function createSeller(options: SellerOptions, seed: number, now: number): Seller {
  const sellerSeed = seedOf(options.token, seed);
  return {
    token: options.token,
    id: objectId(sellerSeed, 1),
    seed: sellerSeed,
    events: options.events.flatMap((event, i) =>
      createEvents(event, mix(sellerSeed, 10 + i), now + i * 7 * DAY),
    ),
    tickets: new TicketColumns(),
    coupons: createCoupons(options, mix(sellerSeed, 2), now),
    series: Array.from({ length: options.series ?? 0 }, (_, i) => createSeries(mix(sellerSeed, 3), i, now)),
    odd: { events: new Map(), tickets: new Map(), coupons: new Map() },
    forbidden: new Set(options.forbidden),
    pending: [],
    revoked: false,
    listeners: (options.listeners ?? []).map(listenerOf),
  };
}

/** The first made-up place of a country; null where none is asked for. @throws RangeError for a country without one */
function placeIn(country: string | undefined): number | null {
  if (country === undefined) return null;
  const found = PLACES.findIndex((place) => place.country === country);
  if (found < 0)
    throw new RangeError(
      `there is no made-up place in ${country}: ${PLACES.map((place) => place.country).join(', ')}`,
    );
  return found;
}

/** An event, then its children. */
function createEvents(options: EventOptions, seed: number, now: number): EventRecord[] {
  const place = placeIn(options.country) ?? seed % PLACES.length;
  const name = options.name ?? `Fitness Race ${PLACES[place]?.cities[0] ?? ''}`;
  const { days = 120, childrenAs = 'root', underShops = 6, children = 0 } = options;
  const begun = Math.floor(now - (days + 10 + (seed % 7)) * DAY);
  const shared = {
    created: begun,
    updated: begun + DAY,
    place,
    link: childrenAs,
    version: 0,
    removed: false,
  };
  const start = Math.floor(now / DAY) * DAY + (30 + (seed % 30)) * DAY + 7 * 3_600_000;
  const main: EventRecord = {
    ...shared,
    id: options.id ?? objectId(seed, 0),
    name,
    seed,
    start,
    capacity: Math.ceil(options.tickets * 1.2),
    parent: null,
    children: [],
    shops: underShops,
  };
  for (let i = 1; i <= children; i++) {
    const id = options.id === undefined ? objectId(seed, i) : `${options.id}-${i}`;
    const capacity = Math.ceil(main.capacity / children);
    const child = { id, name: `${name} ${i}`, seed: mix(seed, i), start: start + i * DAY, capacity };
    main.children.push({ ...shared, ...child, parent: main, children: [], shops: 1 });
  }
  return [main, ...main.children];
}

function createCoupons(options: SellerOptions, seed: number, now: number): CouponRecord[] {
  const series = options.series ?? 0;
  return Array.from({ length: options.coupons ?? 0 }, (_, i): CouponRecord => {
    const bits = mix(seed, i);
    const created = now - 100 * DAY + Math.floor((bits / 2 ** 32) * 90 * DAY);
    return {
      id: objectId(seed, i),
      code: (mix(bits, 1) * 2 ** 16 + (i % 2 ** 16)).toString(36).toUpperCase(),
      created,
      updated: bits % 3 === 0 ? created + (bits % 9) * DAY : created,
      used: bits % 4 === 0 ? 1 + (bits % 3) : 0,
      active: bits % 20 !== 0,
      series: series > 0 && bits % 3 !== 0 ? i % series : null,
      removed: false,
    };
  });
}

function createSeries(seed: number, i: number, now: number): SeriesRecord {
  const created = now - 110 * DAY + i * 60_000;
  const name = `Partner contingent ${i + 1}${i % 5 === 4 ? ' – Zuschauer ＆ Gäste' : ''}`;
  return { id: objectId(seed, i), name, created, updated: created, active: i % 10 !== 9, removed: false };
}
