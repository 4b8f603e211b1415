import type { Column } from './columns.js';
import { boolean, derived, integer, json, numeric, required, text, timestamp } from './columns.js';
import { listStream } from './define.js';

/** What a coupon grants: on the coupon itself, or on its series (`vivenu/api.md` section 2). */
const settings: Record<string, Column> = {
  name: text('name'),
  active: boolean('active'),
  single_usage: boolean('singleUsage'),
  max_usage: integer('maxUsage'),
  max_usage_per_event: integer('maxUsagePerEvent'),
  max_tickets: integer('maxTickets'),
  can_be_combined: boolean('canBeCombined'),
  discount_type: text('discountType'),
  discount_value: numeric('discountValue'),
  discount_max_value: numeric('discountMaxValue'),
  allow_all_events: boolean('allowAllEvents'),
  allowed_events: json('allowedEvents'),
  allow_all_tickets: boolean('allowAllTickets'),
  allowed_tickets: json('allowedTickets'),
  min_tickets_in_cart: integer('minTicketsInCart'),
  max_tickets_in_cart: integer('maxTicketsInCart'),
  valid_from: timestamp('validFrom'),
  valid_until: timestamp('validUntil'),
  tags: json('tags'),
  note: text('note'),
};

const stamps: Record<string, Column> = {
  seller_id: text('sellerId'),
  created_at: timestamp('createdAt'),
  updated_at: timestamp('updatedAt'),
};

/** Coupon series; vivenu's description says a bare array, clients read `docs`: both are taken. */
export const couponSeries = listStream({
  name: 'coupon_series',
  group: 'coupons',
  path: '/coupon/series',
  items: 'docs',
  bareArray: true,
  seldom: true,
  event: null,
  primaryKey: ['id'],
  columns: { id: required(text('_id')), ...settings, ...stamps },
});

/** Coupons in every state, with and without a series; `used` moves without `updatedAt`, so the content decides what is written. */
export const coupons = listStream({
  name: 'coupons',
  group: 'coupons',
  path: '/coupon/rich',
  items: 'rows',
  seldom: true,
  shards: { param: 'couponSeriesId', stream: 'coupon_series' },
  event: null,
  primaryKey: ['id'],
  columns: {
    id: required(text('_id')),
    code: text('code'),
    coupon_type: text('couponType'),
    coupon_series_id: text('couponSeriesId'),
    customer_id: text('customer'),
    used: integer('used'),
    ...settings,
    ...stamps,
  },
  derived: () => ({ is_used: derived('boolean', 'used > 0', isUsed) }),
  enriched: { is_tracked: 'boolean not null default false', category: 'text' },
  // What is written by hand of a coupon that somebody was given.
  personal: ['customer_id', 'name', 'note', 'tags'],
  subjects: { customer: 'customer_id' },
});

/** Null where vivenu does not say how often: a coupon read alone has no `used` (`vivenu/api.md` section 0.4). */
const isUsed = (coupon: unknown) => {
  const used = (coupon as { used?: unknown }).used;
  return typeof used === 'number' ? String(used > 0) : null;
};
