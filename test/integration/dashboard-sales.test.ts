import { describe, expect, it, vi } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import type { Comparable, EventPage, Overview, Quality, SalesSeries } from '../../src/server/api/types.js';
import { Client } from './dashboard-world.js';
import { documents, envelope, HMAC, post, serving } from './server-world.js';
import { KEY, world, type World } from './world.js';

/** Two regions that were read and one that never was. */
async function scene(): Promise<World> {
  const here = await world({
    sellers: [
      {
        token: KEY,
        events: [
          { id: 'race', tickets: 400, underShops: 4, name: 'Race' },
          { id: 'later', tickets: 60, underShops: 0, name: 'Later race' },
        ],
        ...{ coupons: 30, series: 3 },
      },
      { token: 'other', events: [{ id: 'far', tickets: 50 }] },
    ],
    regions: [
      {
        webhookKey: HMAC,
        profile: loadProfile('hyrox'),
        ...{ maxCapacity: 100, priceTrigger: 90, priceTier: 'L2', locality: 'DE' },
      },
      { region: 'berlin', token: 'other' },
    ],
  });
  await here.complete();
  const events = here.config.events;
  const never = { ...events[1]!, region: 'never', schema: 'never' };
  here.config = { ...here.config, events: [...events, never] };
  return here;
}

const get = async <T>(url: string, path: string): Promise<T> => {
  const { status, body } = await new Client(url).ask(path);
  expect([status, body.error]).toEqual([200, undefined]);
  return body as unknown as T;
};

const eventIn = ({ regions }: Overview, id: string) =>
  regions.flatMap(({ events }) => events).find(({ event_id }) => event_id === id)!;

describe('what the dashboard says of sales', () => {
  it('is what the views say, by event and in all', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const overview = await get<Overview>(server.url, '/overview');
    const rows = await here.sql<Record<string, number | string | null>>(
      `select event_id, sold, capacity, trigger, last_hour, last_day from auckland.v_sales_summary where is_headline
       union all select event_id, sold, capacity, trigger, last_hour, last_day from berlin.v_sales_summary where is_headline`,
    );
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(eventIn(overview, row['event_id'] as string)).toMatchObject(row);
    expect(overview.totals.sold).toBe(rows.reduce((sum, { sold }) => sum + Number(sold), 0));
    const race = eventIn(overview, 'race');
    expect(race.sold).toBeGreaterThan(0);
    const daily = await here.sql<{ sold: number; ago: number }>(
      `select headline_sold as sold, ((now() at time zone zone)::date - local_day) as ago
       from auckland.v_sales_daily where event_id = 'race'`,
    );
    const expected = Array.from({ length: 14 }, (_, n) => daily.find(({ ago }) => ago === 13 - n)?.sold ?? 0);
    expect(race.days).toEqual(expected);
    const [problems] = await here.sql<{ n: number }>(
      `select (select count(distinct ticket_id) from auckland.v_data_quality)::int
         + (select count(distinct ticket_id) from berlin.v_data_quality)::int as n`,
    );
    expect(overview.totals.problems).toBe(problems?.n);
  });

  it.each(['0 days', '3 days', '9 days', '40 days', '-1 day'])(
    'tells the last 14 days where the last sale was %s ago, by the calendar of the event',
    async (ago) => {
      await using here = await scene();
      await here.sql(
        `update auckland.events set zone = 'Pacific/Auckland' where id = 'race';
         update auckland.tickets set created_at = created_at - interval '${ago}'`,
      );
      await here.complete({ skipFetch: true });
      await using server = await serving(here);
      const overview = await get<Overview>(server.url, '/overview');
      for (const id of ['race', 'later']) {
        const days = await here.sql<{ sold: number }>(
          `select coalesce(headline_sold, 0) as sold
           from (select id, (now() at time zone coalesce(zone, 'UTC'))::date as today from auckland.events) as events
           cross join generate_series(13, 0, -1) as ago
           left join auckland.v_sales_daily on event_id = id and local_day = today - ago
           where id = $1 order by ago desc`,
          [id],
        );
        expect(eventIn(overview, id).days).toEqual(days.map(({ sold }) => sold));
      }
      expect(eventIn(overview, 'race').days.some((sold) => sold > 0)).toBe(ago !== '40 days');
    },
  );

  it('puts what needs attention first, and a region that was never read in no way of the others', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const { regions, verdict } = await get<Overview>(server.url, '/overview');
    expect(regions.map(({ region }) => region)).toEqual(['auckland', 'berlin', 'never']);
    const [auckland, , never] = regions;
    const race = auckland!.events.find(({ event_id }) => event_id === 'race')!;
    expect(race.sold).toBeGreaterThan(100);
    expect(race.attention.slice(0, 2).map(({ says }) => says)).toEqual([
      `${race.sold - 100} over`,
      'L2 passed',
    ]);
    expect(never).toMatchObject({ sold: 0, capacity: null, events: [], trust: { state: 'never_read' } });
    expect(verdict.says).toContain('never');
  });

  it('leaves alone what is over, and not what is under way', async () => {
    await using here = await scene();
    const held = (id: string, from: string, to: string | null) =>
      here.sql(
        `update auckland.events set start_date = now() + $2::interval, end_date = now() + $3::interval where id = $1`,
        [id, from, to],
      );
    await held('later', '60 days', null);
    const seen = async (from: string, to: string | null) => {
      await held('race', from, to);
      await using server = await serving(here);
      const { regions } = await get<Overview>(server.url, '/overview');
      const { events, sold } = regions.find(({ region }) => region === 'auckland')!;
      const [race, later] = ['race', 'later'].map((id) => events.find(({ event_id }) => event_id === id)!);
      expect(sold).toBe(later!.sold + (race!.is_over ? 0 : race!.sold));
      const quality = await get<Quality>(server.url, '/quality?region=auckland');
      const own = await get<Quality>(server.url, '/quality?region=auckland&event=race');
      expect(own.tickets).toBeGreaterThan(0);
      expect(quality.over).toBe(race!.is_over ? own.tickets : 0);
      expect(quality.rows.some(({ event_id }) => event_id === 'race')).toBe(!race!.is_over);
      return {
        order: events.map(({ event_id }) => event_id),
        isUrgent: race!.attention.length > 0,
        isOver: race!.is_over,
      };
    };
    const [toCome, over] = [
      { order: ['race', 'later'], isUrgent: true, isOver: false },
      { order: ['later', 'race'], isUrgent: false, isOver: true },
    ];
    expect(await seen('-3 days', '3 days')).toEqual(toCome);
    expect(await seen('-3 days', '0')).toEqual(toCome);
    expect(await seen('0', null)).toEqual(toCome);
    expect(await seen('-5 days', '-2 days')).toEqual(over);
    expect(await seen('-2 days', null)).toEqual(over);
  });

  it('has an event page whose blocks are the rows of their views', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const page = await get<EventPage>(server.url, '/events/auckland/race');
    expect(page.daily).toEqual(
      await here.sql(
        `select local_day::text as day, headline_sold as sold, running_total, headline_total, revenue::float8 as revenue
         from auckland.v_sales_daily where event_id = 'race' order by 1`,
      ),
    );
    const places = (
      rows: { division: string | null; event_day: string | null; remaining: number | null }[],
    ) => rows.map((row) => `${row.division} ${row.event_day} ${row.remaining}`).sort();
    expect(places(page.divisions)).toEqual(
      places(
        await here.sql(
          `select coalesce(division, 'Other') as division, event_day, remaining
           from auckland.v_division_day_capacity where event_id = 'race'`,
        ),
      ),
    );
    const sum = (counts: readonly number[]) => counts.reduce((total, one) => total + one, 0);
    expect(sum(page.ticket_types.map(({ sold }) => sold))).toBe(page.daily.at(-1)?.running_total);
    const [usage] = await here.sql<{ used: number; redeemed: number; problems: number }>(
      `select (select sum(used)::int from auckland.v_coupon_usage) as used,
         (select sum(redeemed)::int from auckland.v_under_shop_usage where event_id = 'race') as redeemed,
         (select count(*)::int from (select distinct ticket_id, problem from auckland.v_data_quality where event_id = 'race') as those) as problems`,
    );
    expect(sum(page.coupons.series.map(({ used }) => used))).toBe(usage?.used);
    expect(sum(page.contingents.map(({ sold }) => sold))).toBe(usage?.redeemed);
    expect(sum(page.problems.map(({ tickets }) => tickets))).toBe(usage?.problems);
    expect(page.audience.length).toBeGreaterThan(0);
    for (const { shares } of page.audience)
      expect(sum(shares.map(({ percent }) => percent ?? 0))).toBeCloseTo(100, -1);
    const { events } = await get<Comparable>(server.url, '/events/auckland/race/comparable');
    expect(events.map(({ event_id }) => event_id).sort()).toEqual(['far', 'later']);
    expect(events[0]?.region).toBe('auckland');
  });

  it('has a curve by hour that ends where the one by day ends', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const { daily } = await get<EventPage>(server.url, '/events/auckland/race');
    const last = daily.at(-1)!.day;
    const first = daily.at(-5)!.day;
    const of = (by: string) =>
      get<SalesSeries>(server.url, `/events/auckland/race/sales?by=${by}&from=${first}&to=${last}`);
    const [days, hours] = [await of('day'), await of('hour')];
    expect(days.points.map(({ local }) => local)).toEqual(daily.slice(-5).map(({ day }) => day));
    expect(hours.points.at(-1)?.headline_total).toBe(days.points.at(-1)?.headline_total);
    const sold = (points: SalesSeries['points']) => points.reduce((total, point) => total + point.sold, 0);
    expect(sold(hours.points)).toBe(sold(days.points));
  });

  it('moves with a sale within 5 s', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const before = await get<Overview>(server.url, '/overview');
    const tickets = await documents(here, here.simulator.sell(KEY, 20));
    for (const ticket of tickets) await post(server.url, envelope('ticket.created', { ticket }));
    await vi.waitFor(
      async () => {
        const after = await get<Overview>(server.url, '/overview');
        const [row] = await here.sql<{ sold: number }>(
          `select sum(sold)::int as sold from auckland.v_sales_summary where is_headline`,
        );
        const auckland = after.regions.find(({ region }) => region === 'auckland')!;
        expect(auckland.sold).toBe(row?.sold);
        expect(auckland.sold).toBeGreaterThan(
          before.regions.find(({ region }) => region === 'auckland')!.sold,
        );
      },
      { timeout: 5000, interval: 100 },
    );
  });

  it('refuses what is not there, and says what is', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const refused = async (path: string) => {
      const { status, body } = await new Client(server.url).ask(path);
      return [status, body.error];
    };
    expect(await refused('/events/aukland/race')).toEqual([
      404,
      'no region is called aukland; did you mean auckland?',
    ]);
    expect(await refused('/events/auckland/nothing')).toEqual([
      404,
      'auckland has no event of this id that sells tickets',
    ]);
    expect(await refused('/events/never/race')).toEqual([404, 'never was never read, or sells nothing']);
    await here.sql('drop view auckland.v_ticket_types cascade');
    expect(await refused('/events/auckland/race')).toEqual([
      404,
      'auckland lacks views that this page is made of: the next run makes them',
    ]);
    const [status] = await refused('/events/auckland/race/sales?by=hour&from=2026-01-01&to=2026-06-01');
    expect(status).toBe(400);
  });
});
