import type { Facts, ReportsWorld } from './reports-fixture.js';

/**
 * What each view has to answer, counted a second time from the rows alone: loops over plain objects, no SQL but `select *`,
 * no summary table.
 */

export type Answer = Record<string, unknown>;

interface Event {
  id: string;
  name: string;
  start_date: Date;
  zone: string | null;
  deleted_at: Date | null;
}

interface Type {
  event_id: string;
  id: string;
  name: string;
  price: number | null;
  amount: number | null;
  active: boolean;
  category: string;
  division: string;
  event_day: string | null;
  team_role: string;
  deleted_at: Date | null;
}

export interface Ticket {
  id: string;
  event_id: string;
  transaction_id: string | null;
  origin_ticket_id: string | null;
  ticket_type_id: string | null;
  ticket_name: string;
  under_shop_id: string | null;
  category: string;
  division: string;
  event_day: string | null;
  team_size: number;
  team_role: string;
  status: string | null;
  currency: string | null;
  real_price: number | null;
  created_at: Date | null;
  updated_at: Date | null;
  deleted_at: Date | null;
  gender: string | null;
  birthday: string | null;
  age: number | null;
  nationality: string | null;
  country: string | null;
  name: string | null;
  email: string | null;
  customer_id: string | null;
  personalized: boolean;
  is_gym_affiliate: string | null;
  gym_affiliate: string | null;
  is_returning_athlete: boolean | null;
  is_returning_athlete_to_city: boolean | null;
  addons: unknown;
}

interface Shop {
  event_id: string;
  shop_id: string;
  shop_name: string;
  shop_category: string | null;
  active: boolean | null;
  deleted_at: Date | null;
}

interface Volume {
  event_id: string;
  shop_id: string;
  ticket_type_id: string;
  name: string;
  volume: number | null;
  active: boolean;
  deleted_at: Date | null;
}

interface Terms {
  id: string;
  name: string | null;
  active: boolean | null;
  max_usage: number | null;
  allow_all_events: boolean | null;
  allowed_events: string[] | null;
  deleted_at: Date | null;
}

interface Coupon extends Terms {
  code: string;
  used: number | null;
  coupon_series_id: string | null;
  is_tracked: boolean;
  category: string | null;
  created_at: Date;
}

export interface Report {
  id: number;
  event_id: string;
  ticket_group: string;
  total_count: number;
  created_at: Date;
}

/** Every row of a region, at one moment. */
export interface Rows {
  now: Date;
  facts: Facts;
  events: Event[];
  types: Type[];
  shops: Shop[];
  volumes: Volume[];
  series: Terms[];
  coupons: Coupon[];
  reports: Report[];
  /** Marked ones and those of any status too. */
  tickets: Ticket[];
  sold: Ticket[];
}

/** Reads all rows; to be called in the transaction that asks the views, so that both have the same present moment. */
export async function readRows(here: ReportsWorld, facts: Facts): Promise<Rows> {
  const all = async <R>(table: string) => await here.query<R>(`select * from ${table}`);
  const live = async <R extends { deleted_at: Date | null }>(table: string) =>
    (await all<R>(table)).filter(({ deleted_at }) => deleted_at === null);
  const [clock] = await here.query<{ now: Date }>('select now()');
  const tickets = await all<Ticket>('tickets');
  return {
    now: clock!.now,
    facts,
    events: await all('events'),
    types: await live('ticket_types'),
    shops: await all('ticket_under_shops'),
    volumes: await live('ticket_volumes'),
    series: await live('coupon_series'),
    coupons: await live('coupons'),
    reports: await all('summary_report'),
    tickets,
    sold: tickets.filter(
      ({ status, deleted_at }) => (status === 'VALID' || status === 'DETAILSREQUIRED') && deleted_at === null,
    ),
  };
}

/** Items by a key, in the order in which they come. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

export const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Rounds halves away from zero, as PostgreSQL does with numerics. */
export const round = (value: number, places: number) =>
  (Math.sign(value) * Math.round(Math.abs(value) * 10 ** places)) / 10 ** places + 0;
export const percent = (part: number, whole: number | null) =>
  whole ? round((100 * part) / whole, 1) : null;

export const eventName = ({ events }: Rows, id: string | null) =>
  events.find((event) => event.id === id)?.name ?? null;

/** The prices paid, exact to the cent, and their currency; nothing where there are two. */
function money(tickets: readonly Ticket[]): { revenue: number | null; currency: string | null } {
  const currencies = new Set(tickets.flatMap(({ currency }) => currency ?? []));
  if (currencies.size > 1) return { revenue: null, currency: null };
  const cents = sum(tickets.map(({ real_price }) => Math.round((real_price ?? 0) * 100)));
  return { revenue: cents / 100, currency: [...currencies][0] ?? null };
}

/** What kind of ticket a type is, with its sold tickets. */
export interface Sale {
  eventId: string;
  typeId: string;
  name: string;
  category: string;
  division: string;
  day: string | null;
  role: string;
  /** Null: the event no longer has the type. */
  offered: { price: number | null; amount: number | null; active: boolean } | null;
  tickets: Ticket[];
}

/** Types that the event has, sold or not, and those that only tickets know. */
export function salesOf({ types, sold }: Rows): Sale[] {
  const typeOf = (ticket: Ticket) => [ticket.event_id, ticket.ticket_type_id ?? ticket.ticket_name];
  const byType = new Map(groupBy(sold, typeOf).map((group) => [JSON.stringify(typeOf(group[0]!)), group]));
  const offered = types.map((type): Sale => {
    const key = JSON.stringify([type.event_id, type.id]);
    const tickets = byType.get(key) ?? [];
    byType.delete(key);
    return {
      eventId: type.event_id,
      typeId: type.id,
      name: type.name,
      category: type.category,
      division: type.division,
      day: type.event_day,
      role: type.team_role,
      offered: { price: type.price, amount: type.amount, active: type.active },
      tickets,
    };
  });
  const former = [...byType.values()].map((tickets): Sale => {
    const newest = tickets.reduce((one, other) =>
      (other.created_at?.getTime() ?? -1) > (one.created_at?.getTime() ?? -1) ? other : one,
    );
    return {
      eventId: newest.event_id,
      typeId: newest.ticket_type_id ?? newest.ticket_name,
      name: newest.ticket_name,
      category: newest.category,
      division: newest.division,
      day: newest.event_day,
      role: newest.team_role,
      offered: null,
      tickets,
    };
  });
  return [...offered, ...former];
}

const ticketsOf = (sales: readonly Sale[]) => sales.flatMap(({ tickets }) => tickets);
const withoutMembers = (sales: readonly Sale[]) =>
  ticketsOf(sales.filter(({ role }) => role !== 'member')).length;
const isIn = (group: { categories: string[] | null }, category: string) =>
  group.categories?.includes(category) ?? true;
export const setting = ({ facts }: Rows, category: string) => {
  const value = facts.settings.find((one) => one.category === category)?.value;
  return value === undefined ? null : Number(value);
};
const configured = ({ facts }: Rows, division: string, day: string | null) =>
  facts.capacities.find((one) => one.division === division && one.day === day)?.capacity ?? null;

/** Infinity: an active type sells without limit. */
function amountOf(sales: readonly Sale[]): number | null {
  if (sales.some(({ offered }) => offered?.active && offered.amount === null)) return Infinity;
  const amounts = sales.flatMap(({ offered }) => offered?.amount ?? []);
  return amounts.length === 0 ? null : sum(amounts);
}

const finite = (value: number | null) => (value === Infinity ? null : value);

function groupCapacity(rows: Rows, sales: readonly Sale[]): number | null {
  const divisions = groupBy(sales, ({ division }) => division).map((division) => {
    const name = division[0]!.division;
    const days = groupBy(division, ({ day }) => day).map(
      (day) => configured(rows, name, day[0]!.day) ?? amountOf(day),
    );
    return (
      configured(rows, name, 'ALL') ??
      (days.every((day) => day === null) ? null : sum(days.map((day) => day ?? 0)))
    );
  });
  return divisions.every((one) => one === null) ? null : finite(sum(divisions.map((one) => one ?? 0)));
}

const HOUR = 3_600_000;

export function salesSummary(rows: Rows): Answer[] {
  return groupBy(salesOf(rows), ({ eventId }) => eventId).flatMap((sales) =>
    rows.facts.groups.map((group) => {
      const eventId = sales[0]!.eventId;
      const within = sales.filter(({ category }) => isIn(group, category));
      const tickets = ticketsOf(within);
      const since = (ms: number) =>
        tickets.filter(({ created_at }) => {
          const age = rows.now.getTime() - (created_at?.getTime() ?? -Infinity);
          return age >= 0 && age < ms;
        }).length;
      const trigger = group.is_headline ? setting(rows, 'price_trigger') : null;
      const most = group.is_headline ? setting(rows, 'max_capacity') : null;
      const places = groupCapacity(rows, within);
      const capacity = most ?? places;
      return {
        event_id: eventId,
        event_name: eventName(rows, eventId),
        start: rows.events.find(({ id }) => id === eventId)!.start_date,
        ticket_group: group.ticket_group,
        is_headline: group.is_headline,
        position: group.position,
        sold: tickets.length,
        teams: withoutMembers(within),
        details_required: tickets.filter(({ status }) => status === 'DETAILSREQUIRED').length,
        trigger,
        trigger_percent: percent(tickets.length, trigger),
        capacity,
        remaining: capacity === null ? null : capacity - tickets.length,
        percent: percent(tickets.length, capacity),
        ...money(tickets),
        last_hour: since(HOUR),
        last_day: since(24 * HOUR),
        places,
      };
    }),
  );
}

export function ticketTypes(rows: Rows): Answer[] {
  return salesOf(rows).map(({ offered, tickets, ...sale }) => {
    const capacity = offered?.amount ?? null;
    return {
      event_id: sale.eventId,
      event_name: eventName(rows, sale.eventId),
      ticket_type_id: sale.typeId,
      ticket_name: sale.name,
      category: sale.category,
      division: sale.division,
      event_day: sale.day,
      on_sale: offered?.active ?? null,
      price: offered?.price ?? null,
      sold: tickets.length,
      details_required: tickets.filter(({ status }) => status === 'DETAILSREQUIRED').length,
      capacity,
      remaining: capacity === null ? null : capacity - tickets.length,
      percent: percent(tickets.length, capacity),
      ...money(tickets),
    };
  });
}

export function divisionDayCapacity(rows: Rows): Answer[] {
  return groupBy(salesOf(rows), ({ eventId, division }) => [eventId, division]).flatMap((sales) => {
    const { eventId, division } = sales[0]!;
    const whole = configured(rows, division, 'ALL');
    const dayless = sales.every(({ day }) => day === null);
    const row = (part: readonly Sale[], day: string | null, total: boolean, capacity: number | null) => ({
      event_id: eventId,
      event_name: eventName(rows, eventId),
      category: part[0]!.category,
      division,
      event_day: day,
      is_total: total,
      sold: ticketsOf(part).length,
      teams: withoutMembers(part),
      capacity,
      remaining: capacity === null ? null : capacity - ticketsOf(part).length,
      percent: percent(ticketsOf(part).length, capacity),
    });
    const days = groupBy(sales, ({ day }) => day).map((part) => {
      const { day } = part[0]!;
      return dayless && whole !== null
        ? row(part, 'ALL', false, whole)
        : row(part, day, false, configured(rows, division, day) ?? finite(amountOf(part)));
    });
    return whole === null || dayless ? days : [...days, row(sales, 'ALL', true, whole)];
  });
}

const clocks = new Map<string, Intl.DateTimeFormat>();
const clockOf = (zone: string) =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
  });

/** Beginning of the hour on the clock of a place, as PostgreSQL writes it. */
function localHour(time: Date, zone: string): string {
  const clock = clocks.get(zone) ?? clockOf(zone);
  clocks.set(zone, clock);
  const parts = clock.formatToParts(time);
  const part = (type: string) => parts.find((one) => one.type === type)!.value;
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:00:00`;
}

const zoneOf = ({ events }: Rows, id: string) => events.find((event) => event.id === id)?.zone ?? 'UTC';

/** Rows by hour or day, each step of the calendar between the first and the last, with totals and means. */
function series(rows: Rows, step: { name: string; window: number; of: (hour: string) => string }): Answer[] {
  const headline = rows.facts.groups.find(({ is_headline }) => is_headline)!;
  const dated = salesOf(rows).flatMap((sale) =>
    sale.tickets.flatMap((ticket) =>
      ticket.created_at === null ? [] : { ...ticket, time: ticket.created_at, sale },
    ),
  );
  return groupBy(dated, ({ event_id }) => event_id).flatMap((tickets) => {
    const { event_id } = tickets[0]!;
    const zone = zoneOf(rows, event_id);
    const times = tickets.map(({ time }) => time.getTime());
    const steps: string[] = [];
    // A quarter of an hour never leaps over an hour of any clock.
    for (let time = Math.min(...times); time <= Math.max(...times) + HOUR; time += HOUR / 4)
      steps.push(step.of(localHour(new Date(time), zone)));
    const last = step.of(localHour(new Date(Math.max(...times)), zone));
    const bySteps = new Map(
      groupBy(tickets, ({ time }) => step.of(localHour(time, zone))).map((group) => [
        step.of(localHour(group[0]!.time, zone)),
        group,
      ]),
    );
    const counts: number[] = [];
    let [total, headlineTotal] = [0, 0];
    return [...new Set(steps)]
      .filter((one) => one <= last)
      .sort()
      .map((one) => {
        const sold = bySteps.get(one) ?? [];
        const headlineSold = sold.filter(({ sale }) => isIn(headline, sale.category)).length;
        counts.push(sold.length);
        total += sold.length;
        headlineTotal += headlineSold;
        const window = counts.slice(-step.window);
        return {
          event_id,
          event_name: eventName(rows, event_id),
          [step.name]: one,
          zone,
          sold: sold.length,
          headline_sold: headlineSold,
          ...money(sold),
          running_total: total,
          headline_total: headlineTotal,
          mean_7_days: round(sum(window) / window.length, 2),
        };
      });
  });
}

export const salesHourly = (rows: Rows) =>
  series(rows, { name: 'local_hour', window: 168, of: (hour) => hour });
export const salesDaily = (rows: Rows) =>
  series(rows, { name: 'local_day', window: 7, of: (hour) => hour.slice(0, 10) });
