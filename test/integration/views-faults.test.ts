import { describe, expect, it } from 'vitest';
import { VIEWS } from '../../src/reports/views.js';
import { FACTS, reportsWorld, type Facts, type ReportsWorld } from './reports-fixture.js';

/** Faults of the Python system that must not come back: the numbers are those of `reference.md` section 3. */

const AUCKLAND = {
  id: 'akl',
  name: 'Auckland Race',
  start_date: '2027-03-05T18:00:00Z',
  zone: 'Pacific/Auckland',
};
const MUMBAI = { id: 'bom', name: 'Mumbai Race', start_date: '2027-04-02T20:00:00Z', zone: 'Asia/Kolkata' };

/** A region of one or two events with these tickets, numbered from 1 where they have no id. */
async function region(tickets: readonly Record<string, unknown>[] = []): Promise<ReportsWorld> {
  const here = await reportsWorld();
  await here.add('events', AUCKLAND, MUMBAI);
  await here.add('tickets', ...tickets.map((ticket, i) => ({ id: `t${i + 1}`, ...ticket })));
  return here;
}

const relay = (order: string, member: boolean, more: object = {}) => ({
  category: 'relay',
  division: 'HYROX MIXED RELAY',
  event_day: 'SATURDAY',
  team_size: 4,
  team_role: member ? 'member' : 'main',
  transaction_id: order,
  ...more,
});

const double = (order: string, member: boolean, more: object = {}) => ({
  category: 'double',
  division: 'HYROX DOUBLES MIXED',
  event_day: 'SATURDAY',
  team_size: 2,
  team_role: member ? 'member' : 'main',
  transaction_id: order,
  ...more,
});

describe('19: ages', () => {
  it('are those that tickets have at the start of the event, whatever the birth date says today', async () => {
    await using here = await region([{ division: 'HYROX MEN', age: 24, birthday: '2003-04-03' }]);
    await here.refresh();
    const ranges = await here.query('select age_range, people from v_age_groups where people > 0');
    expect(ranges).toEqual([{ age_range: 'U24', people: 1 }]);
  });
});

describe('20: times', () => {
  const sold = async (here: ReportsWorld, view: string, column: string) =>
    (await here.query(`select * from ${view}`)).map((row) => [row[column], row['sold']]);

  it('are those of the event, half-hour zones too, whatever zone the session has', async () => {
    await using here = await region([
      { event_id: 'bom', created_at: '2026-10-01T18:29:59Z' },
      { event_id: 'bom', created_at: '2026-10-01T18:30:00Z' },
    ]);
    await here.query(`set timezone = 'Asia/Hong_Kong'`);
    await here.refresh();
    expect(await sold(here, 'v_sales_daily', 'local_day')).toEqual([
      ['2026-10-01', 1],
      ['2026-10-02', 1],
    ]);
    expect(await sold(here, 'v_sales_hourly', 'local_hour')).toEqual([
      ['2026-10-01 23:00:00', 1],
      ['2026-10-02 00:00:00', 1],
    ]);
  });

  it('leave out the hour that the clock leaps and do not repeat the one that it repeats', async () => {
    await using here = await region([
      { created_at: '2026-09-26T13:00:00Z' },
      { created_at: '2026-09-26T15:00:00Z' },
      { event_id: 'bom', created_at: '2026-04-04T12:30:00Z' },
      { event_id: 'bom', created_at: '2026-04-04T15:30:00Z' },
    ]);
    await here.query(`update events set zone = 'Pacific/Auckland'`);
    await here.refresh();
    expect(await sold(here, 'v_sales_hourly', 'local_hour')).toEqual([
      ['2026-09-27 01:00:00', 1],
      ['2026-09-27 03:00:00', 0],
      ['2026-09-27 04:00:00', 1],
      ['2026-04-05 01:00:00', 1],
      ['2026-04-05 02:00:00', 0],
      ['2026-04-05 03:00:00', 1],
    ]);
  });

  it('fall back to UTC where the event has no zone', async () => {
    await using here = await region([{ created_at: '2026-10-01T23:59:00Z' }]);
    await here.query('update events set zone = null');
    await here.refresh();
    expect(await sold(here, 'v_sales_daily', 'local_day')).toEqual([['2026-10-01', 1]]);
  });
});

describe('21: what changed at vivenu', () => {
  const shop = { event_id: 'akl', shop_id: 's', shop_name: 'Old name', active: true };
  const type = { event_id: 'akl', id: 'type', name: 'Old name', category: 'single', division: 'HYROX MEN' };
  const volume = { event_id: 'akl', shop_id: 's', id: 'v', ticket_type_id: 'type', volume: 10, active: true };
  const bought = {
    ticket_type_id: 'type',
    ticket_name: 'Old name',
    under_shop_id: 's',
    division: 'HYROX MEN',
  };

  async function shopRegion(): Promise<ReportsWorld> {
    const here = await region([bought]);
    await here.add('ticket_under_shops', shop);
    await here.add('ticket_types', type);
    await here.add('ticket_volumes', volume);
    await here.refresh();
    return here;
  }

  it('shows with its new name: shops and ticket types', async () => {
    await using here = await shopRegion();
    await here.query(`update ticket_under_shops set shop_name = 'New shop'`);
    await here.query(`update ticket_types set name = 'New type'`);
    await here.refresh();
    const [row] = await here.query('select shop_name, ticket_name, redeemed from v_under_shop_usage');
    expect(row).toEqual({ shop_name: 'New shop', ticket_name: 'New type', redeemed: 1 });
  });

  it('a shop that is switched off or removed keeps its sales and is not on sale', async () => {
    await using here = await shopRegion();
    const usage = () => here.query('select redeemed, volume, shop_active, on_sale from v_under_shop_usage');
    expect(await usage()).toEqual([{ redeemed: 1, volume: 10, shop_active: true, on_sale: true }]);
    await here.query(`update ticket_under_shops set active = false`);
    await here.refresh();
    expect(await usage()).toEqual([{ redeemed: 1, volume: 10, shop_active: false, on_sale: false }]);
    await here.query(`update ticket_under_shops set active = true, deleted_at = now()`);
    await here.query(`update ticket_volumes set deleted_at = now()`);
    await here.refresh();
    expect(await usage()).toEqual([{ redeemed: 1, volume: null, shop_active: false, on_sale: false }]);
  });

  it('a ticket that was cancelled or removed counts nowhere', async () => {
    await using here = await shopRegion();
    for (const gone of [`status = 'INVALID'`, `status = 'VALID', deleted_at = now()`]) {
      await here.query(`update tickets set ${gone}`);
      await here.refresh();
      const [row] = await here.query(
        `select sum(sold)::int as sold, (select sum(redeemed)::int from v_under_shop_usage) as redeemed,
           (select count(*)::int from v_tickets_sold) as listed from v_sales_summary`,
      );
      expect(row).toEqual({ sold: 0, redeemed: 0, listed: 0 });
    }
  });

  it('two events with the same shop and type ids do not add to each other', async () => {
    await using here = await shopRegion();
    await here.add('ticket_under_shops', { ...shop, event_id: 'bom', shop_name: 'Other' });
    await here.add('ticket_types', { ...type, event_id: 'bom' });
    await here.add('ticket_volumes', { ...volume, event_id: 'bom', volume: 20 });
    await here.add(
      'tickets',
      { ...bought, id: 'b1', event_id: 'bom' },
      { ...bought, id: 'b2', event_id: 'bom' },
    );
    await here.refresh();
    expect(await here.query('select event_id, shop_name, redeemed, volume from v_under_shop_usage')).toEqual([
      { event_id: 'akl', shop_name: 'Old name', redeemed: 1, volume: 10 },
      { event_id: 'bom', shop_name: 'Other', redeemed: 2, volume: 20 },
    ]);
  });

  it('tickets of a type that the event no longer has are still sold, under their own name', async () => {
    await using here = await shopRegion();
    await here.query(`update ticket_types set deleted_at = now()`);
    await here.add('tickets', { ...bought, id: 'undated', ticket_name: 'Undated', created_at: null });
    await here.refresh();
    expect(await here.query('select division, sold from v_division_day_capacity')).toEqual([
      { division: 'HYROX MEN', sold: 2 },
    ]);
    expect(await here.query('select ticket_name, total_count, type_active from ticket_summary')).toEqual([
      { ticket_name: 'Old name', total_count: 2, type_active: null },
    ]);
  });
});

describe('22: add-ons', () => {
  it('all count, not the first of a ticket alone, variants apart', async () => {
    const photo = { productId: 'p', productVariantId: 'v', name: 'Photo' };
    await using here = await region([
      { addons: [{ productId: 'q', productVariantId: 'w', name: 'Shirt' }, photo, photo] },
      { addons: [{ ...photo, productVariantId: 'large' }] },
    ]);
    await here.refresh();
    const found = await here.query(
      'select addon_name, product_variant_id, sold, tickets from v_addons order by 1, 2',
    );
    expect(found).toEqual([
      { addon_name: 'Photo', product_variant_id: 'large', sold: 1, tickets: 1 },
      { addon_name: 'Photo', product_variant_id: 'v', sold: 2, tickets: 1 },
      { addon_name: 'Shirt', product_variant_id: 'w', sold: 1, tickets: 1 },
    ]);
  });
});

describe('23: reports', () => {
  const problems = async (here: ReportsWorld, kind: string) =>
    (
      await here.query<{ ticket_id: string }>(
        'select ticket_id from v_data_quality where problem = $1 order by ticket_id',
        [kind],
      )
    ).map(({ ticket_id }) => ticket_id);

  it('a contradicting gender is found on a Thursday too, in any case of letters, by whole words', async () => {
    await using here = await region([
      { division: 'HYROX MEN', event_day: 'THURSDAY', gender: 'Female' },
      { division: 'Hyrox Women', event_day: 'THURSDAY', gender: 'Male' },
      { division: 'HYROX WOMEN', event_day: 'FRIDAY', gender: 'Female' },
      { division: 'MENTAL HEALTH RUN', gender: 'Female' },
      { division: 'HYROX MEN', gender: 'Non-binary' },
      { category: 'spectator', division: 'MEN AND FRIENDS', gender: 'Female' },
    ]);
    await here.refresh();
    expect(await problems(here, 'gender_vs_division')).toEqual(['t1', 't2']);
  });

  it.each(['HYROX DOUBLES MIXED', 'HYROX MIXED DOUBLES'])('a team of %s is checked', async (division) => {
    await using here = await region([
      double('o1', false, { division, gender: 'Male' }),
      double('o1', true, { division, gender: 'Male' }),
      double('o2', false, { division, gender: 'Female' }),
      double('o2', true, { division, gender: 'Male' }),
      double('o3', false, { division, gender: 'Female' }),
      double('o3', true, { division, gender: null }),
    ]);
    await here.refresh();
    expect(await problems(here, 'mixed_ratio')).toEqual(['t1', 't2']);
  });

  it('a mixed relay is two men and two women; three of a gender are too many even before the fourth is known', async () => {
    const team = (order: string, genders: (string | null)[]) =>
      genders.map((gender, i) => relay(order, i > 0, { gender }));
    await using here = await region([
      ...team('o1', ['Male', 'Female', 'Female', 'Male']),
      ...team('o2', ['Male', 'Male', 'Male', null]),
      ...team('o3', ['Female', 'Female', 'Female', 'Male']),
    ]);
    await here.refresh();
    expect(await problems(here, 'mixed_ratio')).toEqual(
      ['t10', 't11', 't12', 't5', 't6', 't7', 't8', 't9'].sort(),
    );
  });

  it('an order of two relay teams is two complete teams', async () => {
    const tickets = [false, false, true, true, true, true, true, true].map((member) => relay('o1', member));
    await using here = await region(tickets);
    await here.refresh();
    expect(await here.query('select team_no, members, missing, status from v_team_completeness')).toEqual([
      { team_no: 1, members: 3, missing: 0, status: 'complete' },
      { team_no: 2, members: 3, missing: 0, status: 'complete' },
    ]);
    expect(await problems(here, 'incomplete_team')).toEqual([]);
  });

  it('members are paired within their division and day, not across an order', async () => {
    await using here = await region([
      double('o1', false),
      double('o1', true, { event_day: 'SUNDAY' }),
      double('o2', false),
      double('o2', true, { division: 'HYROX DOUBLES MEN' }),
      double('o3', false),
      double('o3', true),
    ]);
    await here.refresh();
    const [found] = await here.query(
      `select count(*) filter (where status = 'complete')::int as complete,
         count(*) filter (where main_tickets = 0)::int as without_main, count(*)::int as teams
       from v_team_completeness`,
    );
    expect(found).toEqual({ complete: 1, without_main: 2, teams: 5 });
  });

  it('members go to teams in the order of buying', async () => {
    const at = (minute: number) => ({ created_at: `2026-10-01T10:0${minute}:00Z` });
    await using here = await region([
      double('o1', false, at(1)),
      double('o1', false, at(2)),
      double('o1', true, at(4)),
      double('o1', true, at(3)),
    ]);
    await here.refresh();
    expect(await here.query('select ticket_ids from v_team_completeness order by team_no')).toEqual([
      { ticket_ids: 't1 t4' },
      { ticket_ids: 't2 t3' },
    ]);
  });

  it('percentages of coupons are numbers, so that 100 stands above 9.1', async () => {
    await using here = await region();
    await here.add('coupon_series', { id: 'a', name: 'A' }, { id: 'b', name: 'B' });
    const coupon = (n: number, series: string, used: number) => ({
      id: `${n}`,
      coupon_series_id: series,
      used,
    });
    await here.add(
      'coupons',
      ...Array.from({ length: 11 }, (_, n) => ({ ...coupon(n, 'a', n === 0 ? 3 : 0), is_tracked: true })),
      { ...coupon(99, 'b', 1), is_tracked: true },
    );
    await here.refresh();
    const found = await here.query(
      'select series_name, used_percent, redemptions from v_coupon_usage order by used_percent desc',
    );
    expect(found).toEqual([
      { series_name: 'B', used_percent: 100, redemptions: 1 },
      { series_name: 'A', used_percent: 9.1, redemptions: 3 },
    ]);
    const types = await here.query(
      `select distinct data_type from information_schema.columns
       where table_schema = 'auckland' and column_name in ('percent', 'used_percent', 'tracked_percent', 'trigger_percent')`,
    );
    expect(types).toEqual([{ data_type: 'numeric' }]);
  });

  it('local is what the setting of the region says', async () => {
    await using here = await region([{ nationality: 'NZ' }, { nationality: 'India' }, { country: 'in' }, {}]);
    const origins = async (settings: Facts['settings']) => {
      await here.refresh({ ...FACTS, settings });
      return await here.query(
        `select value, people from v_audience_profile where topic = 'origin' order by value`,
      );
    };
    expect(await origins([{ category: 'locality', value: 'IN' }])).toEqual([
      { value: 'international', people: 1 },
      { value: 'local', people: 2 },
      { value: 'not given', people: 1 },
    ]);
    expect(await origins([])).toEqual([]);
  });
});

describe('a transferred ticket', () => {
  it('stays in the team that it was bought for, however often it was handed on', async () => {
    await using here = await region([
      double('o1', false),
      double('', true, { transaction_id: null, origin_ticket_id: 'second' }),
      {
        id: 'second',
        ...double('', true, { transaction_id: null, origin_ticket_id: 'first', status: 'INVALID' }),
      },
      { id: 'first', ...double('o1', true, { status: 'INVALID', deleted_at: '2026-10-02T10:00:00Z' }) },
    ]);
    await here.refresh();
    expect(await here.query('select order_id, ticket_ids, status from v_team_completeness')).toEqual([
      { order_id: 'o1', ticket_ids: 't1 t2', status: 'complete' },
    ]);
  });

  it('of which nothing is known stays alone, also where two came from each other', async () => {
    const stray = (from: string | null, member: boolean) =>
      double('', member, { transaction_id: null, origin_ticket_id: from });
    await using here = await region([
      stray('t2', false),
      stray('t1', true),
      stray('nowhere', false),
      stray(null, true),
    ]);
    await here.refresh();
    expect(await here.query('select order_id, status from v_team_completeness')).toEqual(
      Array.from({ length: 4 }, () => ({ order_id: null, status: 'incomplete' })),
    );
  });
});

describe('a team', () => {
  it('is in the range of its mean age, rounded down, with all its people', async () => {
    await using here = await region([
      double('o1', false, { age: 28 }),
      double('o1', true, { age: 31 }),
      double('o2', false, { age: 30 }),
      double('o2', true, { age: 30 }),
    ]);
    await here.refresh();
    const found = await here.query(
      'select age_range, people, teams, percent, average_age from v_age_groups where people > 0 order by range_order',
    );
    expect(found).toEqual([
      { age_range: 'U29', people: 2, teams: 1, percent: 50, average_age: 29.5 },
      { age_range: '30-39', people: 2, teams: 1, percent: 50, average_age: 30 },
    ]);
  });

  it('is incomplete for its ages where a member, an age or the order is missing', async () => {
    await using here = await region([
      double('o1', false, { age: 30 }),
      double('o2', false, { age: 30 }),
      double('o2', true, { age: 0 }),
      double('o3', false, { age: 30 }),
      double('o3', true, { age: null }),
      double('', false, { age: 30, transaction_id: null }),
    ]);
    await here.refresh();
    expect(await here.query(`select people, teams, incomplete from v_age_groups where people > 0`)).toEqual([
      { people: 6, teams: 4, incomplete: 6 },
    ]);
  });
});

describe('capacity', () => {
  const type = (id: string, more: object) => ({
    event_id: 'akl',
    id,
    category: 'single',
    division: 'HYROX MEN',
    event_day: 'SATURDAY',
    active: true,
    ...more,
  });
  const places = async (here: ReportsWorld, capacities: Facts['capacities']) => {
    await here.refresh({ ...FACTS, capacities });
    return (await here.query('select event_day, capacity from v_division_day_capacity')).map((row) => [
      row['event_day'],
      row['capacity'],
    ]);
  };

  it('is that of the profile, else the amounts of the types, and unknown where an active type has none', async () => {
    await using here = await region();
    await here.add('ticket_types', type('a', { amount: 100 }), type('b', { amount: 50 }));
    expect(await places(here, [])).toEqual([['SATURDAY', 150]]);
    const saturday = { division: 'HYROX MEN', day: 'SATURDAY', capacity: 120, position: 1 };
    expect(await places(here, [saturday])).toEqual([['SATURDAY', 120]]);
    await here.query(`delete from ticket_capacity_configs`);
    await here.add('ticket_types', type('c', { amount: null, active: false }));
    expect(await places(here, [])).toEqual([['SATURDAY', 150]]);
    await here.query('update ticket_types set active = true');
    expect(await places(here, [])).toEqual([['SATURDAY', null]]);
  });

  it('for all days makes a row over the days; a profile without capacities leaves those that are there', async () => {
    await using here = await region();
    await here.add(
      'ticket_types',
      type('a', { amount: 100 }),
      type('b', { amount: 50, event_day: 'SUNDAY' }),
    );
    const whole = { division: 'HYROX MEN', day: 'ALL', capacity: 140, position: 1 };
    const expected = [
      ['SATURDAY', 100],
      ['SUNDAY', 50],
      ['ALL', 140],
    ];
    expect(await places(here, [whole])).toEqual(expected);
    expect(await places(here, [])).toEqual(expected);
  });

  it('of a group is the sum over its divisions, and the setting max_capacity for the headline', async () => {
    await using here = await region();
    await here.add(
      'ticket_types',
      type('a', { amount: 100 }),
      type('b', { amount: null, division: 'HYROX WOMEN' }),
      type('c', { amount: 30, division: 'HYROX DOUBLES MEN', category: 'double' }),
    );
    const groups = async (capacities: Facts['capacities']) => {
      await here.refresh({ ...FACTS, capacities });
      const rows = await here.query<{ ticket_group: string; capacity: number | null }>(
        'select ticket_group, capacity from v_sales_summary',
      );
      return Object.fromEntries(rows.map(({ ticket_group, capacity }) => [ticket_group, capacity]));
    };
    const expected = { All_doubles: 30, All_singles: null, All_relays: null, Total_athletes: 5000 };
    expect(await groups([])).toMatchObject(expected);
    const women = { division: 'HYROX WOMEN', day: 'ALL', capacity: 70, position: 1 };
    expect(await groups([women])).toMatchObject({ ...expected, All_singles: 170 });
    const saturday = { ...women, day: 'SATURDAY', capacity: 60 };
    expect(await groups([saturday])).toMatchObject({ ...expected, All_singles: 160 });
  });
});

describe('growth', () => {
  const minutes = (points: readonly [ago: number, count: number][]) =>
    points.map(([ago, count]) => ({
      event_id: 'akl',
      ticket_group: 'Total_athletes',
      total_count: count,
      created_at: ago,
    }));

  async function growth(
    points: readonly [ago: number, count: number][],
    facts: Facts = FACTS,
  ): Promise<Record<string, unknown>[]> {
    await using here = await region([{ division: 'HYROX MEN' }]);
    await here.refresh(facts);
    for (const { event_id, ticket_group, total_count, created_at } of minutes(points))
      await here.query(
        `insert into summary_report (event_id, ticket_group, total_count, created_at)
         values ($1, $2, $3, now() - make_interval(mins => $4))`,
        [event_id, ticket_group, total_count, created_at],
      );
    return await here.query(
      `select horizon, points, first_count, last_count, absolute, percent, round(rate_per_minute, 2) as rate, projected,
         minutes_to_trigger as minutes
       from v_sales_growth where is_headline order by horizon_order`,
    );
  }

  it('rests on the counts since the horizon began and leads straight on', async () => {
    const [quarter, hour, , , week] = await growth([
      [120, 3000],
      [60, 3400],
      [30, 3500],
      [15, 3600],
      [0, 3900],
    ]);
    expect(quarter).toEqual({
      horizon: '15 minutes',
      points: 2,
      first_count: 3600,
      last_count: 3900,
      absolute: 300,
      percent: 8.3,
      rate: 20,
      projected: 4200,
      minutes: 5,
    });
    expect(hour).toMatchObject({ points: 4, absolute: 500, rate: 8.33, projected: 4400, minutes: 12 });
    expect(week).toMatchObject({ points: 5, first_count: 3000, absolute: 900, rate: 7.5, minutes: 13 });
  });

  it('tells no time to the trigger where the count does not rise, and 0 where it is reached', async () => {
    const falling = await growth([
      [60, 3400],
      [5, 3390],
    ]);
    expect(falling[1]).toMatchObject({ absolute: -10, minutes: null });
    const reached = await growth([
      [60, 3990],
      [5, 4010],
    ]);
    expect(reached[1]).toMatchObject({ absolute: 20, minutes: 0 });
  });

  it('tells no time to a trigger where none is set', async () => {
    const settings = FACTS.settings.filter(({ category }) => category !== 'price_trigger');
    const rising = await growth(
      [
        [60, 3400],
        [5, 3500],
      ],
      { ...FACTS, settings },
    );
    expect(rising[1]).toMatchObject({ absolute: 100, minutes: null });
  });

  it('of a single count is none', async () => {
    const rows = await growth([[5, 3400]]);
    expect(rows).toHaveLength(5);
    for (const row of rows)
      expect(row).toMatchObject({ points: 1, absolute: 0, rate: null, projected: null });
  });
});

describe('a refresh', () => {
  it('leaves what did not change as it is, the time of a setting too', async () => {
    await using here = await region([{ division: 'HYROX MEN' }]);
    await here.refresh();
    const before = await here.query('select * from event_capacity_configs order by category');
    const settings = FACTS.settings.map((one) =>
      one.category === 'price_tier' ? { ...one, value: 'L3' } : one,
    );
    await here.refresh({ ...FACTS, settings });
    const after = await here.query<{ category: string }>(
      'select * from event_capacity_configs order by category',
    );
    const others = (rows: readonly object[]) =>
      rows.filter((row) => !('category' in row) || row.category !== 'price_tier');
    expect(others(after)).toEqual(others(before));
    expect(after).not.toEqual(before);
  });

  it('adds a count for each event and group, and the use of coupons only where it changed', async () => {
    await using here = await region([{ division: 'HYROX MEN' }]);
    await here.add('coupons', { id: 'a', used: 1 }, { id: 'b', used: 0 });
    const history = () =>
      here.query('select coupon_usage_id, used, redemptions, total from coupon_usage_history');
    for (const used of [1, 1, 2]) {
      await here.query(`update coupons set used = $1 where id = 'a'`, [used]);
      await here.refresh();
      await here.record();
    }
    expect(await history()).toEqual([
      { coupon_usage_id: 'none_auckland', used: 1, redemptions: 1, total: 2 },
      { coupon_usage_id: 'none_auckland', used: 1, redemptions: 2, total: 2 },
    ]);
    const counts = await here.query(
      `select ticket_group, count(*)::int as runs, max(total_count) as sold from summary_report
       where event_id = 'akl' group by ticket_group order by ticket_group`,
    );
    expect(counts).toHaveLength(FACTS.groups.length);
    expect(counts).toContainEqual({ ticket_group: 'Total_athletes', runs: 3, sold: 1 });
  });

  it('of a region without a row answers every view with none', async () => {
    await using here = await reportsWorld();
    await here.refresh();
    for (const view of VIEWS)
      expect({ view, rows: await here.query(`select * from ${view}`) }).toEqual({ view, rows: [] });
  });
});

it('data quality names nobody: no name, e-mail address or birth date is in it', async () => {
  await using here = await region([
    {
      division: 'HYROX MEN',
      name: 'Mira Made-Up',
      firstname: 'Mira',
      email: 'mira@example.com',
      birthday: '2024-05-06',
      age: 2,
    },
  ]);
  await here.refresh();
  const rows = await here.query('select * from v_data_quality');
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toMatch(/mira|made-up|2024-05-06/i);
});
