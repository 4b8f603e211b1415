import type { ClockOptions } from './clock.js';
import type { DeliveryOptions } from './deliverer.js';
import type { FaultRates, FaultSettings } from './faults.js';
import type { ListenerOptions } from './listeners.js';
import type { MotionRates } from './motion.js';
import type { OddKind } from './odd.js';
import type { Order } from './select.js';
import type { Shape } from './shapes.js';

/** What `startSimulator` takes; everything but `sellers` may be left out. */
export interface SimulatorOptions {
  /** The same seed and `clock.start` give the same rows. @default 1 */
  seed?: number;
  /** 0 takes a free port. @default 0 */
  port?: number;
  /** @default '127.0.0.1' */
  host?: string;
  sellers: SellerOptions[];
  /** Order of every list. @default 'oldest' */
  order?: Order;
  /** What a `top` above `max` gets: 400, or fewer rows without a word. @default { policy: 'reject', max: 1000 } */
  top?: TopRule;
  /** Share of requests (0 to 1) that meet each fault; may be changed at run time. @default {} */
  faults?: FaultRates;
  faultSettings?: FaultSettings;
  /** Budget of each key, answered with 429 beyond it; null for none. @default 1000 */
  requestsPerHour?: number | null;
  clock?: ClockOptions;
  /** Envelope of `/coupon/series`: `{docs, total}`, or the bare array of the OpenAPI. @default 'docs' */
  seriesShape?: 'docs' | 'array';
  /** Milliseconds (of the simulator's clock) until a change shows in the answers; times in rows are those of the change. @default 0 */
  visibleAfterMs?: number;
  motion?: MotionRates;
  /** How webhooks are delivered to the sellers' listeners. @default all of them, once, in order */
  deliveries?: DeliveryOptions;
  /** A redemption moves the coupon's `updatedAt`; at vivenu it probably does not. @default false */
  redemptionMovesUpdatedAt?: boolean;
  /** Renders every ticket at the start and keeps the bytes (about 2.7 KB a ticket), for benchmarks. @default false */
  cachePages?: boolean;
  /** Requests kept in `log`. @default 10000 */
  logSize?: number;
}

export interface TopRule {
  policy: 'reject' | 'clamp';
  max: number;
}

/** One API key and what it sees. */
export interface SellerOptions {
  token: string;
  events: EventOptions[];
  /** Coupons; where there are series, about two in three belong to one. @default 0 */
  coupons?: number;
  /** Coupon series. @default 0 */
  series?: number;
  /** Odd tickets, one for each time that a kind is named. */
  odd?: readonly OddKind[];
  /** Odd coupons, likewise. */
  oddCoupons?: readonly OddKind[];
  /** Odd events, likewise. */
  oddEvents?: readonly OddKind[];
  /** Paths below `/api` that this key may not read (403), such as `/coupon/rich`. */
  forbidden?: readonly string[];
  /** Webhook listeners; more can be made over HTTP. @default none */
  listeners?: readonly ListenerOptions[];
}

export interface EventOptions {
  /** @default made up from the seed */
  id?: string;
  name?: string;
  /** Tickets of the event and its children together. */
  tickets: number;
  /** Events below this one, which share its tickets. @default 0 */
  children?: number;
  /** `root`: children name it in `rootId`; `group`: it lists them in `childEvents`. @default 'root' */
  childrenAs?: 'root' | 'group';
  /** Where it is, as an ISO 3166 code of a country that there is a made-up place in; decides zone and currency. @default by the seed */
  country?: string;
  /** @default 'even' */
  shape?: Shape;
  /** Shape `import`: share of orders created in one millisecond. @default 0.3 */
  importShare?: number;
  /** Days since the sale began. @default 120 */
  days?: number;
  /** Under shops; each adds 1.8 KB to the event's document. @default 6 */
  underShops?: number;
}
