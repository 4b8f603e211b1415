/** Queries as people wrote them for the Python system's tables, from its column lists, without schema names. */
export interface OldQuery {
  readonly asks: string;
  readonly sql: string;
  /** The fault of `docs/migrating-from-python.md` because of which the numbers are others, and since when. */
  readonly mended?: { readonly fault: string; readonly since: 'adopt' | 'run' };
}

export const OLD_QUERIES: readonly OldQuery[] = [
  {
    asks: 'how many by category and day',
    sql: `select ticket_category, ticket_event_day, sum(total_count) as sold from ticket_summary group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'how many by ticket type',
    sql: `select ticket_type_id, ticket_name, count(*) as sold, count(distinct customer_id) as buyers from tickets group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'sold by status, currency and personalisation',
    sql: `select status, currency, personalized, expired, region_schema, count(*) as sold from tickets group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4`,
  },
  {
    asks: 'gender by division',
    sql: `select coalesce(gender, 'unknown') as gender, ticket_category, count(*) as people
      from tickets join ticket_summary using (event_id, ticket_type_id) group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'nationality by region of the world',
    sql: `select country_configs.region, nationality, count(*) as people
      from tickets left join country_configs on country_configs.code = tickets.nationality group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'athletes by age',
    sql: `select age, count(*) as people from tickets group by 1 order by 1`,
    mended: { fault: 'Age was that of the day of the run', since: 'run' },
  },
  {
    asks: 'who has no usable birthday',
    sql: `select birthday, count(*) as people from tickets where birthday is null or birthday !~ '^\\d{4}-\\d\\d-\\d\\d$' group by 1 order by 1`,
  },
  {
    asks: 'people by age range',
    sql: `select ticket_category, age_range, sum(count) as people from ticket_age_groups group by 1, 2 order by 1, 2`,
    mended: { fault: 'Age was that of the day of the run', since: 'run' },
  },
  {
    asks: 'partner tickets against contingents, from the summary',
    sql: `select shop_category, ticket_name, sum(ticket_count) as redeemed, sum(ticket_volume) as volume
      from ticket_under_shop_summary group by 1, 2 order by 1, 2`,
    mended: { fault: 'The summary of under shops kept what it had once counted', since: 'run' },
  },
  {
    asks: 'partner tickets by shop, from the tables',
    sql: `select shop_name, count(*) as redeemed from tickets join ticket_under_shops on shop_id = under_shop_id
      where is_under_shop and ticket_under_shops.active group by 1 order by 1`,
    mended: { fault: 'Under shops and contingents stood in their tables twice', since: 'adopt' },
  },
  {
    asks: 'contingents by shop',
    sql: `select shop_id, ticket_shop_category, sum(volume) as volume from ticket_volumes where active group by 1, 2 order by 1, 2`,
    mended: { fault: 'Under shops and contingents stood in their tables twice', since: 'adopt' },
  },
  {
    asks: 'add-ons, from the tickets',
    sql: `select addons, count(*) as tickets from tickets where addons is not null group by 1 order by 1`,
  },
  {
    asks: 'add-ons, from the summary',
    sql: `select event_name, addon_name, product_id, total_count from ticket_addon_summary order by 1, 2`,
    mended: { fault: 'Only the first add-on of a ticket was counted', since: 'run' },
  },
  {
    asks: 'coupons by series, from the tables',
    sql: `select coupon_series.name, count(*) as total, count(*) filter (where is_used) as used, count(*) filter (where is_tracked) as tracked
      from coupons join coupon_series on coupon_series.id = coupon_series_id where coupons.active group by 1 order by 1`,
  },
  {
    asks: 'handed-out codes by category',
    sql: `select category, count(*) as codes, sum(used) as uses from coupons where is_tracked group by 1 order by 1`,
  },
  {
    asks: 'coupons by series, from the summary',
    sql: `select series_id, series_name, total_codes, used_codes, unused_codes, tracked_codes, tracked_used_codes, tracked_unused_codes
      from coupon_usage_summary order by 1`,
  },
  {
    asks: 'growth of each group',
    sql: `select ticket_group, first.total_count as before, last.total_count as after, last.created_at - first.created_at as within
      from (select distinct on (ticket_group) * from summary_report where id <= 480 order by ticket_group, created_at) as first
      join (select distinct on (ticket_group) * from summary_report where id <= 480 order by ticket_group, created_at desc) as last using (ticket_group)
      order by 1`,
  },
  {
    asks: 'the history by hour of the wall clock',
    sql: `select date_trunc('hour', created_at) as hour, ticket_group, max(total_count) as sold, max(cardinality(ticket_type_ids)) as types
      from summary_report where id <= 480 group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'athletes against price trigger and capacity',
    sql: `select sum(total_count) as athletes, trigger.value as price_trigger,
        round(100.0 * sum(total_count) / capacity.value::int, 1) as percent
      from ticket_summary
      join event_capacity_configs as trigger on trigger.category = 'price_trigger'
      join event_capacity_configs as capacity on capacity.category = 'max_capacity'
      where ticket_category in ('single', 'double', 'relay') group by trigger.value, capacity.value`,
  },
  {
    asks: 'divisions and days against their capacity',
    sql: `select ticket_group, event_day, capacity, coalesce(sum(total_count), 0) as sold
      from ticket_capacity_configs
      left join ticket_summary on upper(ticket_event_day) = event_day and ticket_name like '% ' || split_part(ticket_group, ' ', -1) || ' %'
      group by 1, 2, 3 order by 1, 2`,
  },
  {
    asks: 'sales by hour of the wall clock',
    sql: `select date_trunc('hour', created_at) as hour, count(*) as sold from tickets group by 1 order by 1`,
  },
  {
    asks: 'sales by weekday',
    sql: `select extract(isodow from created_at)::int as weekday, count(*) as sold, max(updated_at - created_at) as longest from tickets group by 1 order by 1`,
  },
  {
    asks: 'events with their types and tickets',
    sql: `select events.name, events.timezone, events.start_date, events.sell_end - events.sell_start as sale, type ->> 'name' as type, count(tickets.id) as sold
      from events cross join json_array_elements(events.tickets::json) as type
      left join tickets on tickets.event_id = events.id and tickets.ticket_type_id = type ->> 'id'
      group by 1, 2, 3, 4, 5 order by 1, 5`,
  },
  {
    asks: 'summary against tickets of each event',
    sql: `select events.id, events.name, ticket_summary.ticket_name, total_count, count(tickets.id) as counted
      from events join ticket_summary on ticket_summary.event_id = events.id
      left join tickets on tickets.ticket_type_id = ticket_summary.ticket_type_id and tickets.event_id = events.id
      group by 1, 2, 3, 4 having total_count <> count(tickets.id)`,
  },
  {
    asks: 'who comes back',
    sql: `select is_returning_athlete, is_returning_athlete_to_city, count(*) as people from tickets group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'athletes by gym',
    sql: `select gym_affiliate, gym_affiliate_location, count(*) as people from tickets where gym_affiliate is not null group by 1, 2 order by 3 desc, 1, 2`,
    mended: { fault: 'Names of gyms lost every letter that is not English', since: 'run' },
  },
  {
    asks: 'main tickets and partners in an order',
    sql: `select mains, partners, count(*) as orders from (
        select transaction_id, count(*) filter (where ticket_name not like '%ATHLETE 2%') as mains, count(*) filter (where ticket_name like '%ATHLETE 2%') as partners
        from tickets where ticket_name ilike '%doubles%' group by 1
      ) as orders group by 1, 2 order by 1, 2`,
  },
  {
    asks: 'gates by barcode',
    sql: `select count(*) as barcodes from tickets where barcode is not null`,
    mended: { fault: 'Barcodes were kept', since: 'run' },
  },
  {
    asks: 'gender analysis',
    sql: `select determined_gender, current_gender, update_status, count(*) as people from tickets_gender_analysis group by 1, 2, 3 order by 1, 2`,
  },
];
