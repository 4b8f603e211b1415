/** The views of a region's schema, `sql/views/<name>.sql` each, in an order in which they can be made. */
export const VIEWS = [
  'v_tickets_sold',
  'v_sales_summary',
  'v_division_day_capacity',
  'v_ticket_types',
  'v_sales_hourly',
  'v_sales_daily',
  'v_sales_growth',
  'v_under_shop_usage',
  'v_coupon_usage',
  'v_coupon_leaks',
  'v_age_groups',
  'v_team_completeness',
  'v_data_quality',
  'v_audience_profile',
  'v_addons',
] as const;

/** Name of a view. */
export type ViewName = (typeof VIEWS)[number];
