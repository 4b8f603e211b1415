import type { EventOptions, SellerOptions } from './options.js';
import { createDraw, mix, orderBy } from './random.js';
import type { EventRecord, Seller } from './seller.js';
import { creationTimes } from './shapes.js';
import {
  AT_TILL,
  BLANK,
  DETAILSREQUIRED,
  INVALID,
  PERSONALISED,
  RESERVED,
  VALID,
  type NewTicket,
} from './ticket-columns.js';
import { orderedTypes, TICKET_TYPES } from './ticket-types.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Where every 50th edited ticket was edited at one and the same time. */
const BULK_EDIT_AGE = 2 * DAY;

interface Order {
  created: number;
  event: number;
  types: readonly number[];
  bits: number;
}

/** Sells the tickets that the options ask for, over the time since each event's sale began, in order of creation. */
export function fillSeller(seller: Seller, options: SellerOptions, now: number): void {
  const sales = options.events.map((event, i) => ordersOf(event, mix(seller.seed, 1000 + i), now));
  const orders = sales.reduce((sum, { bits }) => sum + bits.length, 0);
  const saleOf = new Uint16Array(orders);
  const placeOf = new Uint32Array(orders);
  let n = 0;
  for (const [sale, { bits }] of sales.entries()) {
    for (let place = 0; place < bits.length; place++, n++) {
      saleOf[n] = sale;
      placeOf[n] = place;
    }
  }
  const timeOf = (i: number) => sales[saleOf[i] ?? 0]?.times[placeOf[i] ?? 0] ?? 0;
  const first = earliest(sales);
  const left = options.events.map((event) => event.tickets);
  const firstEvents = firstEventOf(options.events);
  for (const i of orderBy(orders, (position) => timeOf(position) - first)) {
    const sale = saleOf[i] ?? 0;
    const bits = sales[sale]?.bits[placeOf[i] ?? 0] ?? 0;
    const family = 1 + (options.events[sale]?.children ?? 0);
    const event = (firstEvents[sale] ?? 0) + (mix(bits, 5) % family);
    const room = left[sale] ?? 0;
    const team = orderedTypes(bits);
    const types = team.length > room ? team.slice(0, room) : team;
    left[sale] = room - types.length;
    sellOrder(seller, { created: timeOf(i), event, types, bits }, now);
  }
}

/** Adds the tickets of one order; `now` caps the time of edits. */
function sellOrder(seller: Seller, { created, event, types, bits }: Order, now: number): void {
  const order = seller.tickets.nextOrder();
  for (let place = 0; place < types.length; place++) {
    const type = types[place] ?? 0;
    const draw = mix(bits, 20 + place);
    const { cents, status, flags } = newTicket(type, draw);
    const updated = editTime(created, draw, now);
    // Written out: a spread here is a third of the time that a million tickets take.
    seller.tickets.append({ created, updated, event, type, order, cents, status, flags });
  }
}

/** What is decided when a ticket is sold, from 32 random bits. */
export function newTicket(type: number, bits: number): Pick<NewTicket, 'cents' | 'status' | 'flags'> {
  const full = TICKET_TYPES[type]?.cents ?? 0;
  const atTill = bits % 12 === 0;
  const status = statusOf((bits >>> 4) % 100, atTill);
  const flags = (atTill ? AT_TILL : 0) | (status === VALID && !atTill ? PERSONALISED : 0);
  return { cents: (bits >>> 12) % 8 === 0 ? Math.round(full * 0.9) : full, status, flags };
}

function statusOf(percent: number, atTill: boolean): number {
  if (percent < 9) return INVALID;
  if (percent < 11) return RESERVED;
  if (percent < 12) return BLANK;
  return percent < 22 && !atTill ? DETAILSREQUIRED : VALID;
}

/** Two in three tickets were never edited; of the others every 50th was part of one bulk edit. */
function editTime(created: number, bits: number, now: number): number {
  if (bits % 3 !== 0) return Math.min(now, created + (bits % 5) * 400);
  if (bits % 50 === 0 && created < now - BULK_EDIT_AGE) return now - BULK_EDIT_AGE;
  return Math.floor(created + (mix(bits, 7) / 2 ** 32) * Math.max(0, now - MINUTE - created));
}

/** The orders that make up an event's tickets: random bits and creation times, ascending. */
function ordersOf(options: EventOptions, seed: number, now: number): { bits: number[]; times: Float64Array } {
  const bits: number[] = [];
  for (let sold = 0; sold < options.tickets;) {
    const next = mix(seed, bits.length);
    sold += orderedTypes(next).length;
    bits.push(next);
  }
  const { days = 120, importShare = 0.3, shape = 'even' } = options;
  const span = { from: now - days * DAY, to: now - MINUTE, importShare };
  return { bits, times: creationTimes(shape, bits.length, span, createDraw(seed)) };
}

function earliest(sales: readonly { times: Float64Array }[]): number {
  return Math.min(Number.MAX_SAFE_INTEGER, ...sales.flatMap(({ times }) => Array.from(times.subarray(0, 1))));
}

/** Place of each event in the seller's list, where children follow their parent. */
function firstEventOf(events: readonly EventOptions[]): number[] {
  let place = 0;
  return events.map(({ children = 0 }) => {
    const first = place;
    place += 1 + children;
    return first;
  });
}

/** The event and all below it, or nothing for an unknown id. */
export function familyOf(seller: Seller, eventId: string): EventRecord[] {
  const event = seller.events.find(({ id }) => id === eventId);
  return event === undefined ? [] : [event, ...event.children];
}
