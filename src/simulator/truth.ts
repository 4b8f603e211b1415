import { oddPrice, type OddKind } from './odd.js';
import { realPrice, ticketId } from './render-ticket.js';
import type { Seller } from './seller.js';
import { STATUSES } from './ticket-columns.js';

/** What a ticket's answer says now. A null is a value that the JSON lacks or that is not of its type. */
export interface TicketTruth {
  id: string | null;
  eventId: string | null;
  status: string | null;
  realPrice: number | null;
  /** Milliseconds since 1970. */
  createdAt: number | null;
  updatedAt: number | null;
  odd?: OddKind;
}

export interface EventTruth {
  id: string;
  name: string;
  parentId: string | null;
  underShops: number;
  createdAt: number;
  updatedAt: number | null;
  odd?: OddKind;
}

export interface CouponTruth {
  id: string;
  code: string;
  used: number;
  active: boolean;
  seriesId: string | null;
  createdAt: number;
  updatedAt: number | null;
  odd?: OddKind;
}

export interface SeriesTruth {
  id: string;
  name: string;
  active: boolean;
  createdAt: number;
  updatedAt: number;
}

const orNull = (time: number) => (Number.isNaN(time) ? null : time);
const oddOf = (kind: OddKind | undefined) => (kind === undefined ? {} : { odd: kind });

export function* ticketTruth(seller: Seller): Generator<TicketTruth> {
  const { tickets } = seller;
  for (let row = 0; row < tickets.length; row++) {
    if (!tickets.isListed(row)) continue;
    const odd = seller.odd.tickets.get(row);
    const isRow = odd !== 'not-a-row';
    const idRow = odd === 'twin' && row > 0 ? row - 1 : row;
    yield {
      id: odd === 'no-id' || !isRow ? null : ticketId(seller, idRow),
      eventId:
        odd === 'null-event' || !isRow ? null : (seller.events[tickets.at(tickets.event, row)]?.id ?? null),
      status: isRow ? (STATUSES[tickets.at(tickets.status, row)] ?? null) : null,
      realPrice: oddPrice(odd, realPrice(seller, row)),
      createdAt: orNull(tickets.at(tickets.created, row)),
      updatedAt: orNull(tickets.at(tickets.updated, row)),
      ...oddOf(odd),
    };
  }
}

export function* eventTruth(seller: Seller): Generator<EventTruth> {
  for (const [i, event] of seller.events.entries()) {
    if (event.removed) continue;
    const { id, name, created, updated } = event;
    const times = { createdAt: created, updatedAt: orNull(updated) };
    yield {
      id,
      name,
      parentId: event.parent?.id ?? null,
      underShops: event.shops,
      ...times,
      ...oddOf(seller.odd.events.get(i)),
    };
  }
}

export function* couponTruth(seller: Seller): Generator<CouponTruth> {
  for (const [i, coupon] of seller.coupons.entries()) {
    if (coupon.removed) continue;
    const { id, code, used, active, created, updated } = coupon;
    const seriesId = coupon.series === null ? null : (seller.series[coupon.series]?.id ?? null);
    const times = { createdAt: created, updatedAt: orNull(updated) };
    yield { id, code, used, active, seriesId, ...times, ...oddOf(seller.odd.coupons.get(i)) };
  }
}

export function* seriesTruth(seller: Seller): Generator<SeriesTruth> {
  for (const { id, name, active, created, updated, removed } of seller.series) {
    if (!removed) yield { id, name, active, createdAt: created, updatedAt: updated };
  }
}
