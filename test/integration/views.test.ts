import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VIEWS, type ViewName } from '../../src/reports/views.js';
import { tickets } from '../../src/streams/tickets.js';
import {
  addons,
  ageGroups,
  audienceProfile,
  couponLeaks,
  couponUsage,
  dataQuality,
  salesGrowth,
  teamCompleteness,
  underShopUsage,
} from './reports-count-more.js';
import {
  divisionDayCapacity,
  readRows,
  salesDaily,
  salesHourly,
  salesSummary,
  ticketTypes,
  type Answer,
  type Rows,
} from './reports-count.js';
import { FACTS, reportsWorld, type ReportsWorld } from './reports-fixture.js';

/** The second count of each view; v_tickets_sold is compared with the rows themselves. */
const COUNTS: Partial<Record<ViewName, (rows: Rows) => Answer[]>> = {
  v_sales_summary: salesSummary,
  v_division_day_capacity: divisionDayCapacity,
  v_ticket_types: ticketTypes,
  v_sales_hourly: salesHourly,
  v_sales_daily: salesDaily,
  v_sales_growth: salesGrowth,
  v_under_shop_usage: underShopUsage,
  v_coupon_usage: couponUsage,
  v_coupon_leaks: couponLeaks,
  v_age_groups: ageGroups,
  v_team_completeness: teamCompleteness,
  v_data_quality: dataQuality,
  v_audience_profile: audienceProfile,
  v_addons: addons,
};

const HISTORY = `
insert into summary_report (event_id, ticket_group, total_count, created_at)
select event, ticket_group, case event when 'akl' then 2500 - n * 9 else 900 + n * 3 end + dice(n, event || ticket_group, 3) * 40,
  now() - make_interval(secs => 45 + power(n, 2)::int * 97 + dice(n, 'late', 60))
from (values ('akl'), ('bom')) as events (event)
cross join (select distinct ticket_group from sales_groups where ticket_group <> 'All_relays') as groups
cross join generate_series(0, 130) as n
union all
select 'quiet', 'Total_athletes', 0, now() - interval '2 hours'`;

/** Rows without regard to their order. */
const unordered = (rows: readonly Answer[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('of a region with some thousands of random tickets,', () => {
  let here: ReportsWorld;
  let rows: Rows;

  beforeAll(async () => {
    here = await reportsWorld({ buyers: 2500 });
    await here.refresh();
    await here.query(HISTORY);
    await here.query('begin');
    rows = await readRows(here, FACTS);
  });
  afterAll(async () => await here[Symbol.asyncDispose]());

  it.each(Object.entries(COUNTS))(
    '%s answers what a count in TypeScript over the rows gives',
    async (view, count) => {
      const answer = await here.query(`select * from ${view}`);
      const counted = count(rows);
      expect(counted.length).toBeGreaterThan(3);
      expect(unordered(answer)).toEqual(unordered(counted));
    },
  );

  it('v_tickets_sold holds every sold ticket whole, save its raw JSON', async () => {
    const answer = await here.query('select * from v_tickets_sold');
    const whole = rows.sold.map((ticket) => ({
      ...Object.fromEntries(
        Object.keys(answer[0]!).map((name) => [name, (ticket as unknown as Answer)[name]]),
      ),
      event_name: rows.events.find(({ id }) => id === ticket.event_id)!.name,
    }));
    expect(unordered(answer)).toEqual(unordered(whole));
    expect(Object.keys(answer[0]!)).toEqual(expect.arrayContaining(Object.keys(tickets.columns)));
    expect(Object.keys(answer[0]!)).not.toContain('raw');
  });

  it('the rows hold every case that a view tells apart', async () => {
    const cases = {
      'every problem': `select count(distinct problem) = 9 from v_data_quality`,
      'complete and incomplete teams of 2 and 4': `select count(distinct (status, team_size)) = 4 from v_team_completeness`,
      'members without a main ticket': `select count(*) > 5 from v_team_completeness where main_tickets = 0`,
      'two teams of a division and day in one order': `select count(*) > 5 from v_team_completeness where order_id <> '' and team_no = 2`,
      'a team that holds on through a transfer': `select count(*) > 5 from team_members join tickets on id = ticket_id
        where complete and origin_ticket_id is not null`,
      'ages in no range': `select count(*) > 0 from v_age_groups where age_range = 'Other'`,
      'more sold than there is room for': `select count(*) > 0 from v_division_day_capacity where remaining < 0`,
      'no limit': `select count(*) > 0 from v_division_day_capacity where capacity is null`,
      'a total over days': `select count(*) > 0 from v_division_day_capacity where is_total`,
      'several currencies, one, none': `select count(distinct case when revenue is null then 1 when currency is null then 2 else 3 end) = 3
        from v_sales_hourly where sold > 0`,
      'types that the event no longer has': `select count(*) > 0 from v_ticket_types where on_sale is null`,
      'types that nobody bought': `select count(*) > 0 from v_ticket_types where sold = 0`,
      'types without a price': `select count(*) > 0 from v_ticket_types where on_sale and price is null`,
      'shops in every state': `select count(distinct shop_active) = 2 and count(*) filter (where shop_name is null) > 0 from v_under_shop_usage`,
      'growth and decline': `select count(distinct sign(absolute)) > 1 from v_sales_growth`,
      'the trigger ahead': `select count(*) > 0 from v_sales_growth where minutes_to_trigger > 0`,
      'sales of the last hour': `select bool_and(last_day > last_hour and last_hour > 0) from v_sales_summary where sold > 100`,
    };
    for (const [name, sql] of Object.entries(cases))
      expect({ name, found: Object.values((await here.query(sql))[0]!)[0] }).toEqual({ name, found: true });
  });

  it('every view is compared', () => {
    expect(['v_tickets_sold', ...Object.keys(COUNTS)]).toEqual(VIEWS);
  });

  it('every view asks its question and each of its columns says what it is', async () => {
    const silent = await here.query(`
      select class.relname, attribute.attname
      from pg_class as class
      join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0
      where class.relnamespace = 'auckland'::regnamespace
        and class.relkind = 'v'
        and (
          col_description(class.oid, attribute.attnum) is null
          or obj_description(class.oid) !~ '\\?'
        )`);
    expect(silent).toEqual([]);
  });

  it('every view but those of coupons tells the event of each row', async () => {
    for (const view of VIEWS.filter((name) => !name.startsWith('v_coupon'))) {
      const [found] = await here.query(
        `select count(*) as rows from ${view} where event_id is null or event_name is null`,
      );
      expect({ view, ...found }).toEqual({ view, rows: 0 });
    }
  });
});
