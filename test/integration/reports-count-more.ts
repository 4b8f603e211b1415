import {
  eventName,
  groupBy,
  percent,
  round,
  salesOf,
  setting,
  sum,
  type Answer,
  type Rows,
  type Ticket,
} from './reports-count.js';

/** The second half of the second count. */

const MINUTE = 60_000;
const HORIZONS: [string, number][] = [
  ['15 minutes', 15],
  ['1 hour', 60],
  ['6 hours', 6 * 60],
  ['1 day', 24 * 60],
  ['7 days', 7 * 24 * 60],
];

export function salesGrowth(rows: Rows): Answer[] {
  const events = [...new Set(salesOf(rows).map(({ eventId }) => eventId))];
  return events.flatMap((eventId) =>
    rows.facts.groups.flatMap((group) => {
      const points = rows.reports
        .filter((point) => point.event_id === eventId && point.ticket_group === group.ticket_group)
        .filter((point) => point.created_at <= rows.now)
        .sort((one, other) => one.created_at.getTime() - other.created_at.getTime());
      const last = points.at(-1);
      if (last === undefined) return [];
      const trigger = group.is_headline ? setting(rows, 'price_trigger') : null;
      return HORIZONS.map(([horizon, minutes], i) => {
        const start = rows.now.getTime() - minutes * MINUTE;
        const before = points.filter((point) => point.created_at.getTime() <= start).at(-1);
        const used = points.slice(points.indexOf(before ?? points[0]!));
        const [first] = used as [Rows['reports'][number]];
        const difference = last.total_count - first.total_count;
        const apart = (last.created_at.getTime() - first.created_at.getTime()) / MINUTE;
        const rate = apart > 0 ? difference / apart : null;
        return {
          event_id: eventId,
          event_name: eventName(rows, eventId),
          ticket_group: group.ticket_group,
          is_headline: group.is_headline,
          horizon,
          horizon_order: i + 1,
          points: used.length,
          first_at: first.created_at,
          last_at: last.created_at,
          first_count: first.total_count,
          last_count: last.total_count,
          absolute: difference,
          percent: percent(difference, first.total_count),
          rate_per_minute: rate === null ? null : round(rate, 4),
          projected: rate === null ? null : Math.max(round(last.total_count + rate * minutes, 0), 0),
          trigger,
          minutes_to_trigger:
            trigger === null
              ? null
              : last.total_count >= trigger
                ? 0
                : rate !== null && rate > 0
                  ? round((trigger - last.total_count) / rate, 0)
                  : null,
        };
      });
    }),
  );
}

export function underShopUsage(rows: Rows): Answer[] {
  const sales = new Map(salesOf(rows).map((sale) => [`${sale.eventId} ${sale.typeId}`, sale]));
  const redeemed = rows.sold
    .filter(({ under_shop_id }) => under_shop_id !== null)
    .map((ticket) => ({
      event: ticket.event_id,
      shop: ticket.under_shop_id!,
      type: ticket.ticket_type_id ?? ticket.ticket_name,
      volume: null,
    }));
  const contingents = rows.volumes.map((volume) => ({
    event: volume.event_id,
    shop: volume.shop_id,
    type: volume.ticket_type_id,
    volume,
  }));
  return groupBy([...contingents, ...redeemed], ({ event, shop, type }) => [event, shop, type]).map(
    (lines) => {
      const { event, shop, type } = lines[0]!;
      const volumes = lines.flatMap(({ volume }) => volume ?? []);
      const count = lines.length - volumes.length;
      const known = rows.shops.find((one) => one.event_id === event && one.shop_id === shop);
      const sale = sales.get(`${event} ${type}`);
      const amounts = volumes.map(({ volume }) => volume);
      const volume =
        volumes.length === 0 || amounts.includes(null) ? null : sum(amounts.map((amount) => amount ?? 0));
      const active = known === undefined ? null : known.deleted_at !== null ? false : known.active;
      return {
        event_id: event,
        event_name: eventName(rows, event),
        shop_id: shop,
        shop_name: known?.shop_name ?? null,
        shop_category: known?.shop_category ?? null,
        shop_active: active,
        ticket_type_id: type,
        ticket_name: sale?.name ?? volumes.map(({ name }) => name).sort()[0] ?? null,
        category: sale?.category ?? null,
        division: sale?.division ?? null,
        event_day: sale?.day ?? null,
        redeemed: count,
        volume,
        remaining: volume === null ? null : volume - count,
        percent: percent(count, volume),
        on_sale: active === true && volumes.some((one) => one.active),
      };
    },
  );
}

type Coupon = Rows['coupons'][number];

const seriesOf = ({ series }: Rows, coupon: Coupon) =>
  series.find(({ id }) => id === coupon.coupon_series_id);

/** Live events of the region that a coupon is good for; a series decides for its coupons. */
function eventsOf(rows: Rows, coupon: Coupon): Rows['events'] {
  const terms = coupon.coupon_series_id === null ? coupon : seriesOf(rows, coupon);
  return rows.events.filter(
    ({ id, deleted_at }) =>
      deleted_at === null &&
      ((terms?.allow_all_events ?? true) || (terms?.allowed_events?.includes(id) ?? false)),
  );
}

export function couponUsage(rows: Rows): Answer[] {
  const good = rows.coupons.filter((coupon) => eventsOf(rows, coupon).length > 0);
  const isUsed = ({ used }: Coupon) => (used ?? 0) > 0;
  return groupBy(good, ({ coupon_series_id }) => coupon_series_id).map((coupons) => {
    const [first] = coupons as [Coupon];
    const series = seriesOf(rows, first);
    const tracked = coupons.filter(({ is_tracked }) => is_tracked);
    const [used, trackedUsed] = [coupons.filter(isUsed).length, tracked.filter(isUsed).length];
    const categories = [...new Set(tracked.map(({ category }) => category))].filter((one) => one).sort();
    return {
      event_id: null,
      event_name: null,
      coupon_series_id: first.coupon_series_id,
      series_name: first.coupon_series_id === null ? '(without a series)' : (series?.name ?? null),
      series_active: series?.active ?? null,
      categories: categories.length === 0 ? null : categories.join(', '),
      total: coupons.length,
      used,
      unused: coupons.length - used,
      used_percent: percent(used, coupons.length),
      redemptions: sum(coupons.map((coupon) => coupon.used ?? 0)),
      tracked: tracked.length,
      tracked_used: trackedUsed,
      tracked_unused: tracked.length - trackedUsed,
      tracked_percent: percent(trackedUsed, tracked.length),
      leaked: used - trackedUsed,
    };
  });
}

export function couponLeaks(rows: Rows): Answer[] {
  return rows.coupons
    .filter((coupon) => (coupon.used ?? 0) > 0 && !coupon.is_tracked)
    .flatMap((coupon) => {
      const events = eventsOf(rows, coupon);
      const series = seriesOf(rows, coupon);
      const terms = coupon.coupon_series_id === null ? coupon : series;
      if (events.length === 0) return [];
      const [event] = events.length === 1 ? events : [];
      return {
        event_id: event?.id ?? null,
        event_name: event?.name ?? null,
        coupon_id: coupon.id,
        code: coupon.code,
        name: coupon.name ?? series?.name ?? null,
        coupon_series_id: coupon.coupon_series_id,
        series_name: series?.name ?? null,
        used: coupon.used,
        max_usage: terms?.max_usage ?? null,
        active: terms?.active ?? null,
        created_at: coupon.created_at,
      };
    });
}

interface Team {
  order: string | null;
  number: number;
  size: number;
  main: Ticket | null;
  members: Ticket[];
}

/** The order that a ticket was bought in, whoever it was handed to since. */
function orderOf(byId: ReadonlyMap<string, Ticket>, ticket: Ticket): string | null {
  const seen = new Set<string>();
  let at: Ticket | undefined = ticket;
  while (at !== undefined && at.transaction_id === null && at.origin_ticket_id !== null && !seen.has(at.id)) {
    seen.add(at.id);
    at = byId.get(at.origin_ticket_id);
  }
  return at?.transaction_id ?? null;
}

export const peopleOf = ({ main, members }: Team): Ticket[] => (main === null ? members : [main, ...members]);

/** Deals members out to main tickets, within event, order, division and day. */
export function teamsOf({ tickets, sold }: Rows): Team[] {
  const byId = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  const within = sold
    .filter(({ team_size }) => team_size > 1)
    .map((ticket) => ({ ...ticket, order: orderOf(byId, ticket) }))
    .sort(
      (one, other) =>
        (one.created_at?.getTime() ?? Infinity) - (other.created_at?.getTime() ?? Infinity) ||
        (one.id < other.id ? -1 : 1),
    );
  const key = ({ event_id, order, division, event_day }: (typeof within)[number]) => [
    event_id,
    order,
    division,
    event_day,
  ];
  return groupBy(within, key).flatMap((lot) => {
    const { order, team_size: size } = lot[0]!;
    const isMember = ({ team_role }: Ticket) => team_role === 'member';
    if (order === null)
      return lot.map((ticket, i): Team => {
        const [main, members] = isMember(ticket) ? [null, [ticket]] : [ticket, []];
        return { order, number: i + 1, size, main, members };
      });
    const teams: Team[] = lot
      .filter((ticket) => !isMember(ticket))
      .map((main, i) => ({ order, number: i + 1, size, main, members: [] }));
    let waiting = lot.filter(isMember);
    for (let number = 1; waiting.length > 0; number++) {
      const team = teams[number - 1] ?? { order, number, size, main: null, members: [] };
      teams[number - 1] = team;
      team.members = waiting.slice(0, size - 1);
      waiting = waiting.slice(size - 1);
    }
    return teams;
  });
}

export function teamCompleteness(rows: Rows): Answer[] {
  return teamsOf(rows).map((team) => {
    const people = peopleOf(team);
    const { event_id, category, division, event_day } = people[0]!;
    return {
      event_id,
      event_name: eventName(rows, event_id),
      order_id: team.order,
      team_no: team.number,
      category,
      division,
      event_day,
      team_size: team.size,
      main_tickets: team.main === null ? 0 : 1,
      members: team.members.length,
      missing: team.size - people.length,
      status: people.length === team.size ? 'complete' : 'incomplete',
      ticket_ids: [team.main?.id, ...team.members.map(({ id }) => id).sort()].filter((id) => id).join(' '),
    };
  });
}

/** A range's people: those who are told from each other by nothing but their age. */
interface Unit {
  people: Ticket[];
  age: number | null;
}

const knownAge = ({ age }: Ticket) => (age !== null && age > 0 ? age : null);

function unitsOf(rows: Rows): Unit[] {
  const teams = teamsOf(rows).map((team): Unit => {
    const people = peopleOf(team);
    const ages = people.flatMap((ticket) => knownAge(ticket) ?? []);
    const isKnown = people.length === team.size && ages.length === team.size;
    return { people, age: isKnown ? Math.floor(sum(ages) / team.size) : null };
  });
  const alone = rows.sold
    .filter(({ team_size }) => team_size === 1)
    .map((ticket): Unit => ({ people: [ticket], age: knownAge(ticket) }));
  return [...teams, ...alone];
}

export function ageGroups(rows: Rows): Answer[] {
  const ranges = (category: string) => rows.facts.ages.filter((range) => range.category === category);
  const units = unitsOf(rows).filter(({ people }) => ranges(people[0]!.category).length > 0);
  const place = ({ people }: Unit) => [people[0]!.event_id, people[0]!.division, people[0]!.event_day];
  return groupBy(units, place).flatMap((here) => {
    const { event_id, category, division, event_day } = here[0]!.people[0]!;
    const rangeOf = ({ age }: Unit) =>
      age === null
        ? 'Incomplete'
        : (ranges(category).find(({ from, to }) => age >= from && age <= (to ?? Infinity))?.label ?? 'Other');
    const peopleIn = (label: string) =>
      here.filter((unit) => rangeOf(unit) === label).flatMap(({ people }) => people);
    const total = here.flatMap(({ people }) => people).length;
    const labels: [string, number][] = [
      ...ranges(category).map(({ label, position }): [string, number] => [label, position]),
      ...(peopleIn('Other').length > 0 ? [['Other', 10000] as [string, number]] : []),
      ['Incomplete', 10001],
    ];
    return labels.map(([label, order]) => {
      const people = peopleIn(label);
      const ages = people.flatMap((ticket) => knownAge(ticket) ?? []);
      return {
        event_id,
        event_name: eventName(rows, event_id),
        category,
        division,
        event_day: event_day ?? 'ALL',
        age_range: label,
        range_order: order,
        people: people.length,
        teams: here.filter((unit) => rangeOf(unit) === label).length,
        percent: percent(people.length, total),
        average_age: ages.length === 0 ? null : round(sum(ages) / ages.length, 1),
        incomplete: peopleIn('Incomplete').length,
        total,
      };
    });
  });
}

const isAthlete = ({ category }: Ticket) => ['single', 'double', 'relay'].includes(category);

function genderOf(division: string): 'Male' | 'Female' | 'Mixed' | null {
  const words = new Set(division.split(/[^A-Z]+/));
  return words.has('MIXED') ? 'Mixed' : words.has('WOMEN') ? 'Female' : words.has('MEN') ? 'Male' : null;
}

const blank = (value: string | null) => (value ?? '').trim() === '';

/** Problems of one ticket in its team, with what was found. */
function problemsOf(ticket: Ticket, team: Team | undefined, today: string): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  const { age, gender } = ticket;
  if (ticket.status === 'DETAILSREQUIRED') found['details_required'] = null;
  if (blank(ticket.name) && blank(ticket.email) && blank(ticket.customer_id) && !ticket.personalized)
    found['no_holder'] = null;
  const people = team === undefined ? [] : peopleOf(team);
  if (team !== undefined && people.length < team.size)
    found['incomplete_team'] = `${people.length} of ${team.size}`;
  if (!isAthlete(ticket)) return found;
  const wanted = genderOf(ticket.division);
  const against = { Male: 'Female', Female: 'Male', Mixed: null }[wanted ?? 'Mixed'];
  if (against !== null && gender === against) found['gender_vs_division'] = gender;
  const [men, women] = ['Male', 'Female'].map(
    (one) => people.filter((other) => other.gender === one).length,
  ) as [number, number];
  if (wanted === 'Mixed' && team !== undefined && (men > team.size / 2 || women > team.size / 2))
    found['mixed_ratio'] = `${men} men and ${women} women in a team of ${team.size}`;
  if (ticket.birthday === null) found['missing_birth_date'] = null;
  if ((age !== null && (age < 5 || age > 100)) || (ticket.birthday !== null && ticket.birthday > today))
    found['implausible_birth_date'] = age === null ? null : `age ${age}`;
  if (age !== null && age >= 5 && age < 16) found['under_16'] = `age ${age}`;
  if (age === 16 || age === 17) found['16_to_18'] = `age ${age}`;
  return found;
}

export function dataQuality(rows: Rows): Answer[] {
  const byId = new Map(rows.tickets.map((ticket) => [ticket.id, ticket]));
  const teams = new Map(teamsOf(rows).flatMap((team) => peopleOf(team).map(({ id }) => [id, team])));
  const today = rows.now.toISOString().slice(0, 10);
  return rows.sold.flatMap((ticket) => {
    const team = teams.get(ticket.id);
    return Object.entries(problemsOf(ticket, team, today)).map(([problem, detail]) => ({
      event_id: ticket.event_id,
      event_name: eventName(rows, ticket.event_id),
      problem,
      ticket_id: ticket.id,
      order_id: team === undefined ? ticket.transaction_id : orderOf(byId, ticket),
      team_no: team?.number ?? null,
      category: ticket.category,
      division: ticket.division,
      event_day: ticket.event_day,
      status: ticket.status,
      detail,
      created_at: ticket.created_at,
      updated_at: ticket.updated_at,
    }));
  });
}

const TOPICS = [
  'country',
  'region',
  'sub region',
  'origin',
  'returning',
  'returning to city',
  'gym affiliation',
  'gym',
];
const given = (value: string | null) => (blank(value) ? null : value!.trim());
const yesNo = (value: boolean | null) => (value === null ? null : value ? 'yes' : 'no');

function answersOf(rows: Rows, ticket: Ticket): Record<string, string | null> {
  const written = given(ticket.nationality) ?? given(ticket.country);
  const country = written?.length === 2 ? written.toUpperCase() : written;
  const known = rows.facts.countries.find(
    (one) => one.code === country || one.country.toLowerCase() === country?.toLowerCase(),
  );
  const locality = rows.facts.settings.find(({ category }) => category === 'locality')?.value;
  return {
    country: known?.country ?? country ?? null,
    region: country === null ? null : (known?.region ?? 'Other'),
    'sub region': country === null ? null : (known?.sub_region ?? 'Other'),
    ...(locality === undefined
      ? {}
      : {
          origin: country === null ? null : (known?.code ?? country) === locality ? 'local' : 'international',
        }),
    returning: yesNo(ticket.is_returning_athlete),
    'returning to city': yesNo(ticket.is_returning_athlete_to_city),
    'gym affiliation': given(ticket.is_gym_affiliate),
    gym: given(ticket.gym_affiliate),
  };
}

export function audienceProfile(rows: Rows): Answer[] {
  const audienceOf = (ticket: Ticket) =>
    isAthlete(ticket) ? 'athlete' : ticket.category === 'spectator' ? 'spectator' : 'other';
  return groupBy(rows.sold, (ticket) => [ticket.event_id, audienceOf(ticket)]).flatMap((audience) => {
    const answers = audience.flatMap((ticket) => Object.entries(answersOf(rows, ticket)));
    return groupBy(answers, (answer) => answer).map((same) => {
      const [topic, value] = same[0]!;
      return {
        event_id: audience[0]!.event_id,
        event_name: eventName(rows, audience[0]!.event_id),
        audience: audienceOf(audience[0]!),
        topic,
        topic_order: TOPICS.indexOf(topic) + 1,
        value: value ?? 'not given',
        people: same.length,
        percent: percent(same.length, audience.length),
      };
    });
  });
}

export function addons(rows: Rows): Answer[] {
  const pieces = rows.sold.flatMap(({ id, event_id, addons }) =>
    (Array.isArray(addons) ? (addons as unknown[]) : []).flatMap((addon) => {
      if (typeof addon !== 'object' || addon === null) return [];
      const { productId, productVariantId, name } = addon as Record<string, string | undefined>;
      return {
        id,
        event_id,
        product: productId ?? null,
        variant: productVariantId ?? null,
        name: name ?? null,
      };
    }),
  );
  return groupBy(pieces, ({ event_id, product, variant, name }) => [event_id, product, variant, name]).map(
    (same) => ({
      event_id: same[0]!.event_id,
      event_name: eventName(rows, same[0]!.event_id),
      product_id: same[0]!.product,
      product_variant_id: same[0]!.variant,
      addon_name: same[0]!.name,
      sold: same.length,
      tickets: new Set(same.map(({ id }) => id)).size,
    }),
  );
}
