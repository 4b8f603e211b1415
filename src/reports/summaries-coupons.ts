import { bigint, boolean, int, text, timestamptz, type History, type Summary } from './summary.js';

/** `coupon_usage_summary`: use of the coupons that are good for the region's events. */
export const couponUsage: Summary = {
  name: 'coupon_usage_summary',
  scope: 'region',
  key: ['id'],
  says: 'A coupon series, or all coupons without one, and how many are used; only those good for an event of the region',
  columns: {
    id: text('Series, or none, and the schema, joined by _'),
    coupon_series_id: text('vivenu id of the series; empty: coupons without one'),
    series_name: text('Name of the series'),
    series_active: boolean('Whether the series is active'),
    categories: text('Categories of the handed-out codes among them'),
    total: int('Coupons in any state'),
    used: int('Coupons that were used at least once'),
    unused: int('Coupons that were never used'),
    tracked: int('Coupons whose code is on the list of handed-out codes'),
    tracked_used: int('Those of them that were used'),
    tracked_unused: int('Those of them that were never used'),
    redemptions: bigint('How often they were used altogether'),
  },
};

/** `coupon_usage_history`: use over time. */
export const couponUsageHistory: History = {
  name: 'coupon_usage_history',
  key: ['coupon_usage_id', 'recorded_at'],
  says: 'The use of a series at a run at which it was not what it had been before',
  columns: {
    coupon_usage_id: text('id in coupon_usage_summary'),
    used: int('Coupons that were used at least once'),
    redemptions: bigint('How often they were used altogether'),
    total: int('Coupons in any state'),
    recorded_at: timestamptz('When it was counted'),
  },
  indexes: [],
};
