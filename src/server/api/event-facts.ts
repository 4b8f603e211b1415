import type { Ask } from './schema-reader.js';
import type { EventPage } from './types.js';

/** The blocks of an event's page that are read as they stand, each from the view that answers its question. */
export type Blocks = Pick<
  EventPage,
  | 'growth'
  | 'daily'
  | 'groups'
  | 'divisions'
  | 'ticket_types'
  | 'contingents'
  | 'audience'
  | 'ages'
  | 'addons'
>;

const GROWTH = `
select ticket_group as "group", is_headline, horizon, points, absolute, (rate_per_minute * 60)::float8 as per_hour,
  projected, minutes_to_trigger
from v_sales_growth where event_id = $1`;

const DAILY = `
select local_day::text as day, headline_sold as sold, running_total, headline_total, revenue::float8 as revenue
from v_sales_daily where event_id = $1 order by local_day`;

const GROUPS = `
select ticket_group as "group", is_headline, sold, capacity from v_sales_summary where event_id = $1 order by position`;

const DIVISIONS = `
select category, coalesce(division, 'Other') as division, event_day, is_total, sold, capacity, remaining
from v_division_day_capacity where event_id = $1`;

const TICKET_TYPES = `
select ticket_type_id as id, coalesce(ticket_name, ticket_type_id) as name, price::float8 as price, sold,
  capacity as amount, on_sale as active
from v_ticket_types where event_id = $1 order by sold desc, name`;

/** What is nearest to full comes first, and what is of no use any more last. */
const CONTINGENTS = `
select shop_id as id, coalesce(min(shop_name), shop_id) as name, min(shop_category) as category, sum(redeemed)::int as sold,
  case when bool_and(volume is not null) then sum(volume)::int end as capacity, bool_or(on_sale) as active
from v_under_shop_usage where event_id = $1
group by shop_id
order by bool_or(on_sale) desc, sum(redeemed)::float8 / nullif(sum(volume), 0) desc nulls last, sum(redeemed) desc, name`;

/** Of athletes; of everybody where the profile knows none. */
const AUDIENCE = `
select topic, value as label, people as count, percent::float8 as percent
from v_audience_profile
where event_id = $1
  and audience = (
    select audience from v_audience_profile where event_id = $1
    order by audience = 'athlete' desc, audience = 'other' desc, audience limit 1
  )
order by topic_order, value = 'not given', people desc, value`;

const AGES = `
select category as topic, age_range as label, sum(people)::int as count,
  round(100.0 * sum(people) / nullif(sum(sum(people)) over (partition by category), 0), 1)::float8 as percent
from v_age_groups where event_id = $1
group by category, age_range, range_order
having sum(people) > 0
order by category, age_range = 'Incomplete', range_order`;

const ADDONS = `
select addon_name as name, sum(sold)::int as sold, sum(tickets)::int as tickets
from v_addons where event_id = $1 group by addon_name order by 2 desc, 1`;

type Topics = EventPage['audience'];
type Answer = Topics[number]['shares'][number] & { readonly topic: string };

const byTopic = (answers: readonly Answer[]): Topics =>
  [...new Set(answers.map(({ topic }) => topic))].map((topic) => ({
    topic,
    shares: answers.filter((one) => one.topic === topic),
  }));

/** Reads the blocks of one event. */
export async function blocksOf(ask: Ask, event: string): Promise<Blocks> {
  const of = <Name extends keyof Blocks>(_: Name, text: string) =>
    ask<Blocks[Name][number]>(text, [event]) as Promise<Blocks[Name]>;
  return {
    growth: await of('growth', GROWTH),
    daily: await of('daily', DAILY),
    groups: await of('groups', GROUPS),
    divisions: await of('divisions', DIVISIONS),
    ticket_types: await of('ticket_types', TICKET_TYPES),
    contingents: await of('contingents', CONTINGENTS),
    audience: byTopic(await ask<Answer>(AUDIENCE, [event])),
    ages: byTopic(await ask<Answer>(AGES, [event])),
    addons: await of('addons', ADDONS),
  };
}

const SERIES = `
select coupon_series_id as id, series_name as name, total, used, tracked, tracked_used, leaked
from v_coupon_usage order by used desc, series_name`;

const COUPONS_READ = `
select max(finished_at) as read_at from vivenu_ingest.run_streams
where schema_name = $1 and stream = 'coupons' and proven`;

/** Coupons of the region: they belong to the seller, and may be good for several events. */
export async function couponsOf(ask: Ask, schema: string): Promise<EventPage['coupons']> {
  const series = await ask<EventPage['coupons']['series'][number]>(SERIES);
  const [read] = await ask<{ read_at: Date | null }>(COUPONS_READ, [schema]);
  return {
    series,
    read_at: read?.read_at?.toISOString() ?? null,
    has_list: series.some(({ tracked }) => tracked > 0),
    leaked: series.reduce((total, { leaked }) => total + leaked, 0),
  };
}

/** The sales of an event by local hour or day, from one local day to another, both inclusive; of the headline group and of all. */
export const seriesOf = (
  ask: Ask,
  event: string,
  { by, from, to }: { by: 'day' | 'hour'; from: string; to: string },
) =>
  ask<{ local: string; sold: number; running_total: number; headline_total: number }>(
    by === 'day'
      ? `select local_day::text as local, headline_sold as sold, running_total, headline_total
         from v_sales_daily where event_id = $1 and local_day between $2::date and $3::date order by local_day`
      : `select to_char(local_hour, 'YYYY-MM-DD"T"HH24:MI') as local, headline_sold as sold, running_total, headline_total
         from v_sales_hourly where event_id = $1 and local_hour >= $2::date and local_hour < $3::date + 1 order by local_hour`,
    [event, from, to],
  );
