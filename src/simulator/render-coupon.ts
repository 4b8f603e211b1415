import { mix } from './random.js';
import { iso } from './render-ticket.js';
import type { CouponRecord, Seller, SeriesRecord } from './seller.js';

const MONTH = 30 * 86_400_000;

/** JSON of a coupon: as a list row with `used`, or by itself without, as in the OpenAPI. */
export function renderCoupon(seller: Seller, coupon: CouponRecord, asRow: boolean): string {
  const times = { createdAt: iso(coupon.created), updatedAt: iso(coupon.updated), __v: 0 };
  const shared = { _id: coupon.id, code: coupon.code, sellerId: seller.id, customer: null, ...times };
  const used = asRow ? { used: coupon.used } : {};
  const series = coupon.series === null ? undefined : seller.series[coupon.series];
  return series === undefined
    ? JSON.stringify({ couponType: 'coupon', ...shared, ...couponSettings(seller, coupon), ...used })
    : JSON.stringify({ couponType: 'couponSeries', couponSeriesId: series.id, ...shared, ...used });
}

export const couponName = (coupon: CouponRecord) => `Guest list ${coupon.code.slice(0, 3)}`;

/** Events for which a coupon of its own is good; empty for all. */
export function allowedEvents(seller: Seller, coupon: CouponRecord): string[] {
  const bits = mix(coupon.created % 2 ** 31, coupon.code.charCodeAt(0));
  const event = seller.events[bits % Math.max(1, seller.events.length)];
  return coupon.series === null && bits % 2 === 0 && event !== undefined ? [event.id] : [];
}

function couponSettings(seller: Seller, coupon: CouponRecord) {
  const events = allowedEvents(seller, coupon);
  const fraction = coupon.created % 2 === 0;
  return {
    name: couponName(coupon),
    active: coupon.active,
    singleUsage: true,
    maxUsage: 5,
    maxTickets: null,
    discountType: fraction ? 'var' : 'fix',
    discountValue: fraction ? 0.15 : 12.5,
    allowAllEvents: events.length === 0,
    allowedEvents: events,
    allowAllTickets: true,
    allowedTickets: [],
    tags: [],
    validFrom: iso(coupon.created),
    validUntil: coupon.created % 3 === 0 ? null : iso(coupon.created + 6 * MONTH),
    note: null,
  };
}

export function renderSeries(seller: Seller, series: SeriesRecord): string {
  return JSON.stringify({
    _id: series.id,
    sellerId: seller.id,
    name: series.name,
    active: series.active,
    singleUsage: true,
    maxUsage: 1,
    discountType: 'var',
    discountValue: 1,
    allowAllEvents: true,
    allowedEvents: [],
    allowAllTickets: true,
    validFrom: iso(series.created),
    validUntil: null,
    createdAt: iso(series.created),
    updatedAt: iso(series.updated),
  });
}
