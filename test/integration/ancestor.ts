import type pg from 'pg';
import {
  categoryOf,
  dayOf,
  listOf,
  rangeOf,
  shopCategoryOf,
  textOf,
  ticketRow,
  type Json,
} from './ancestor-rules.js';
import { inSession } from './ancestor-session.js';
import { ancestorTables } from './ancestor-tables.js';

export interface AncestorOptions {
  /** URL of a database on which the schema is made. */
  readonly url: string;
  readonly schema: string;
  /** In which its sessions wrote. @default 'Asia/Hong_Kong' */
  readonly zone?: string;
  /** The vivenu that it read, and the key. */
  readonly api: string;
  readonly token: string;
  /** Type of its JSON columns. @default 'json' */
  readonly json?: 'json' | 'jsonb' | 'varchar';
}

/** Builds a database as the Python system leaves it after it has read this vivenu, faults included. */
export async function buildAncestor(options: AncestorOptions): Promise<void> {
  const { url, schema, zone = 'Asia/Hong_Kong', json = 'json' } = options;
  await inSession({ url, path: [schema], zone }, async (client) => {
    await client.query(`create schema if not exists "${schema}"`);
    await client.query(ancestorTables(json));
    await fillEvents(client, options);
    await fillTickets(client, options);
    await fillCoupons(client, options);
    await fillSummaries(client);
    await fillSettings(client);
  });
}

/** Every row of one of vivenu's lists. */
async function readAll({ api, token }: AncestorOptions, path: string, items = 'rows'): Promise<Json[]> {
  const rows: Json[] = [];
  for (let more = true; more;) {
    const top = path.startsWith('/events') ? 100 : 1000;
    const answer = await fetch(
      `${api}${path}${path.includes('?') ? '&' : '?'}top=${top}&skip=${rows.length}`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    const body = (await answer.json()) as Json;
    rows.push(...listOf(body[items]));
    more = rows.length < Number(body['total']);
  }
  return rows;
}

/** As psycopg2 sends them: an instant with its zone, which PostgreSQL stores in that of the session. */
async function insert(client: pg.Client, table: string, rows: readonly Json[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const names = Object.keys(first);
  const types = await client.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attnum > 0`,
    [table],
  );
  const typeOf = new Map(types.rows.map(({ name, type }) => [name, type]));
  const source = names.map((name) => {
    const type = typeOf.get(name) ?? 'text';
    return type.startsWith('timestamp')
      ? `(row ->> '${name}')::timestamptz`
      : type.endsWith('[]')
        ? `array(select jsonb_array_elements_text(row -> '${name}'))`
        : `(row ->> '${name}')::${type}`;
  });
  await client.query(
    `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')})
     select ${source.join(', ')} from jsonb_array_elements($1::jsonb) as row`,
    [JSON.stringify(rows)],
  );
}

/** `datetime.utcnow`, which takes UTC whatever the session's zone; here as text without one. */
const UTC_NOW = `now() at time zone 'UTC'`;
const stamp = async (client: pg.Client, table: string, columns: readonly string[]) => {
  await client.query(`update ${table} set ${columns.map((name) => `${name} = ${UTC_NOW}`).join(', ')}`);
};
const BOTH = ['created_at', 'updated_at'] as const;

async function fillEvents(client: pg.Client, options: AncestorOptions): Promise<void> {
  const events = await readAll(options, '/events');
  await insert(
    client,
    'events',
    events.map((event) => ({
      id: event['_id'],
      region_schema: options.schema,
      name: event['name'],
      seller_id: event['sellerId'],
      location_name: event['locationName'],
      start_date: event['start'],
      end_date: event['end'],
      sell_start: event['sellStart'],
      sell_end: event['sellEnd'],
      timezone: event['timezone'],
      cartAutomationRules: JSON.stringify(event['cartAutomationRules'] ?? []),
      groups: JSON.stringify(event['groups'] ?? null),
      tickets: JSON.stringify(listOf(event['tickets']).map(({ _id, name }) => ({ id: _id, name }))),
    })),
  );
  await stamp(client, 'events', ['created_at']);
  const shops = events.flatMap((event) =>
    listOf(event['underShops'])
      .filter((shop) => shop['active'] === true && shopCategoryOf(textOf(shop['name']) ?? '') !== null)
      .map((shop) => ({ event, shop })),
  );
  const shopRows = shops.map(({ event, shop }) => ({
    event_id: event['_id'],
    shop_id: shop['_id'],
    shop_name: (textOf(shop['name']) ?? '').replace(/\s+/g, ' ').trim(),
    shop_category: shopCategoryOf(textOf(shop['name']) ?? ''),
    active: true,
  }));
  // Looked up and not constrained: two runs at a time wrote some of them twice.
  await insert(client, 'ticket_under_shops', [...shopRows, ...shopRows.slice(0, 2)]);
  await stamp(client, 'ticket_under_shops', BOTH);
  const volumes = shops.flatMap(({ event, shop }) =>
    listOf(shop['tickets'])
      .filter((ticket) => ticket['active'] === true)
      .map((ticket) => ({
        event_id: event['_id'],
        shop_id: shop['_id'],
        ticket_type_id: ticket['baseTicket'],
        volume: ticket['amount'],
        ticket_shop_category: 'partneraccess',
        active: true,
      })),
  );
  await insert(client, 'ticket_volumes', [...volumes, ...volumes.slice(0, 3)]);
  await stamp(client, 'ticket_volumes', BOTH);
}

/** When its tables were last loaded whole; ages stay as of then. */
const LOADED = new Date('2026-06-15T00:00:00Z');

async function fillTickets(client: pg.Client, options: AncestorOptions): Promise<void> {
  const tickets = await readAll(options, '/tickets?status=VALID,DETAILSREQUIRED');
  const rows = tickets
    .map((ticket) => ticketRow(ticket, options.schema, LOADED))
    .filter((row) => row !== null);
  await insert(client, 'tickets', rows);
}

/** Codes of which two in five are on the list of those handed out, some without a category. */
async function fillCoupons(client: pg.Client, options: AncestorOptions): Promise<void> {
  const series = await readAll(options, '/coupon/series', 'docs');
  await insert(
    client,
    'coupon_series',
    series.map(({ _id, name, active }) => ({
      id: _id,
      region_schema: options.schema,
      name,
      active: active ?? true,
    })),
  );
  await stamp(client, 'coupon_series', BOTH);
  const coupons = (await readAll(options, '/coupon/rich')).filter(({ active }) => active !== false);
  await insert(
    client,
    'coupons',
    coupons.map((coupon, index) => ({
      id: coupon['_id'],
      region_schema: options.schema,
      code: coupon['code'],
      name: coupon['name'] ?? `from series ${String(coupon['couponSeriesId'])}`,
      active: coupon['active'] ?? true,
      used: coupon['used'] ?? 0,
      is_used: Number(coupon['used'] ?? 0) > 0,
      is_tracked: index % 5 < 2,
      category: index % 5 === 0 ? 'Gym-Partner' : index % 5 === 1 ? '' : null,
      coupon_series_id: coupon['couponSeriesId'] ?? null,
    })),
  );
  await stamp(client, 'coupons', BOTH);
  await client.query(
    `insert into coupon_usage_summary
     select coupon_series.id || '_' || $1, $1, coupon_series.id, coupon_series.name, count(coupons.id),
       count(*) filter (where is_used), count(*) filter (where not is_used), count(*) filter (where is_tracked),
       count(*) filter (where is_tracked and is_used), count(*) filter (where is_tracked and not is_used)
     from coupon_series left join coupons on coupon_series_id = coupon_series.id group by coupon_series.id`,
    [options.schema],
  );
  await stamp(client, 'coupon_usage_summary', BOTH);
}

interface Kept {
  id: string;
  event_id: string;
  event_name: string;
  ticket_type_id: string;
  ticket_name: string;
  under_shop_id: string | null;
  age: number | null;
}

async function fillSummaries(client: pg.Client): Promise<void> {
  const { rows: tickets } = await client.query<Kept>(
    `select tickets.*, events.name as event_name from tickets join events on events.id = event_id order by tickets.id`,
  );
  await insert(client, 'ticket_summary', summaryRows(tickets));
  await stamp(client, 'ticket_summary', BOTH);
  await client.query(
    `insert into ticket_addon_summary (id, event_id, event_name, addon_name, total_count)
     select md5(event_id || '_' || addons), event_id, max(events.name), addons, count(*)
     from tickets join events on events.id = event_id where addons is not null group by event_id, addons`,
  );
  await stamp(client, 'ticket_addon_summary', BOTH);
  const { rows: shops } = await client.query<{ shop_id: string }>(
    'select distinct shop_id from ticket_under_shops',
  );
  const { rows: volumes } = await client.query<{ shop_id: string; ticket_type_id: string; volume: number }>(
    'select * from ticket_volumes order by id',
  );
  const known = new Set(shops.map(({ shop_id }) => shop_id));
  const sold = grouped(
    tickets.filter(({ under_shop_id }) => known.has(under_shop_id ?? '')),
    (one) => `${one.event_id}_${one.ticket_type_id}_${String(one.under_shop_id)}`,
  );
  await insert(
    client,
    'ticket_under_shop_summary',
    [...sold].map(([id, [one, ...others]]) => ({
      ...summaryRow(id, one!),
      under_shop_id: one!.under_shop_id,
      shop_category: 'partneraccess',
      ticket_count: 1 + others.length,
      ticket_volume:
        volumes.find(
          (volume) => volume.shop_id === one!.under_shop_id && volume.ticket_type_id === one!.ticket_type_id,
        )?.volume ?? 0,
    })),
  );
  await stamp(client, 'ticket_under_shop_summary', BOTH);
  await fillHistory(client, tickets);
  await fillAgeGroups(client, tickets);
}

const grouped = <T>(rows: readonly T[], key: (row: T) => string) => {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
};

const summaryRow = (id: string, { event_id, event_name, ticket_type_id, ticket_name }: Kept) => ({
  ...{ id, event_id, event_name, ticket_type_id, ticket_name },
  ticket_category: categoryOf(ticket_name),
  ticket_event_day: dayOf(ticket_name),
});

const summaryRows = (tickets: readonly Kept[]) =>
  [...grouped(tickets, (one) => `${one.event_id}_${one.ticket_type_id}`)].map(([id, [one, ...others]]) => ({
    ...summaryRow(id, one!),
    total_count: 1 + others.length,
  }));

const GROUPS: Record<string, readonly string[]> = {
  All_singles: ['single'],
  All_doubles: ['double'],
  All_relays: ['relay'],
  spectators: ['spectator'],
  Total_athletes: ['single', 'double', 'relay'],
};

/** A count every quarter of an hour for a day, growing to what is sold. */
async function fillHistory(client: pg.Client, tickets: readonly Kept[]): Promise<void> {
  const [event] = tickets;
  const counts = Object.entries(GROUPS).map(([group, categories]) => {
    const types = summaryRows(tickets).filter(({ ticket_category }) => categories.includes(ticket_category));
    return { group, types, total: types.reduce((sum, { total_count }) => sum + total_count, 0) };
  });
  const RUNS = 96;
  const rows = Array.from({ length: RUNS }, (_, run) =>
    counts.map(({ group, types, total }) => ({
      event_id: event?.event_id,
      ticket_group: group,
      total_count: Math.floor((total * (run + RUNS)) / (2 * RUNS - 1)),
      ticket_type_ids: types.map(({ ticket_type_id }) => ticket_type_id),
      ticket_names: types.map(({ ticket_name }) => ticket_name),
      created_at: new Date(Date.now() - (RUNS - run) * 15 * 60_000).toISOString(),
      updated_at: new Date(Date.now() - (RUNS - run) * 15 * 60_000).toISOString(),
    })),
  ).flat();
  await insert(client, 'summary_report', rows);
}

async function fillAgeGroups(client: pg.Client, tickets: readonly Kept[]): Promise<void> {
  const singles = tickets.filter(({ ticket_name }) => categoryOf(ticket_name) === 'single');
  const divisionOf = (name: string) => `HYROX ${/(?:PRO )?(?:WO)?MEN/.exec(name)?.[0] ?? 'MEN'}`;
  const cell = (one: Kept, range: string) =>
    `${divisionOf(one.ticket_name)}|${dayOf(one.ticket_name).toUpperCase()}|${range}`;
  const cells = grouped(
    singles.flatMap((one) => [rangeOf(one.age), 'Total'].map((range) => ({ key: cell(one, range) }))),
    ({ key }) => key,
  );
  await insert(
    client,
    'ticket_age_groups',
    [...cells].map(([key, people]) => {
      const [ticket_group, ticket_event_day, age_range] = key.split('|');
      return { ticket_group, ticket_event_day, age_range, count: people.length, ticket_category: 'single' };
    }),
  );
}

async function fillSettings(client: pg.Client): Promise<void> {
  await client.query(`
    insert into event_capacity_configs (category, value)
    values ('max_capacity', '5000'), ('start_wave', '60'), ('price_tier', 'EB'), ('price_trigger', '2000');
    insert into ticket_capacity_configs (ticket_group, event_day, capacity)
    select ticket_group, event_day, 400 + 10 * row_number() over ()
    from unnest(array['HYROX MEN', 'HYROX WOMEN', 'HYROX PRO MEN', 'HYROX PRO WOMEN', 'SPECTATOR']) as ticket_group
    cross join unnest(array['ALL', 'FRIDAY', 'SATURDAY', 'SUNDAY']) as event_day;
    insert into country_configs (code, country, region, sub_region)
    values ('DE', 'Germany', 'Europe', 'Western Europe'), ('GB', 'United Kingdom', 'Europe', 'Northern Europe'),
      ('PL', 'Poland', 'Europe', 'Eastern Europe'), ('HK', 'Hong Kong', 'Asia', 'Eastern Asia'),
      ('JP', 'Japan', 'Asia', 'Eastern Asia'), ('AE', 'UAE', 'Asia', 'Western Asia'),
      ('GR', 'Greece', 'Europe', 'Southern Europe'), ('IN', 'India', 'Asia', 'Southern Asia'),
      ('MX', 'Mexico', 'Americas', 'Central America'), ('TH', 'Thailand', 'Asia', 'South-eastern Asia');
    insert into tickets_gender_analysis (id, ticket_name, extra_fields, determined_gender, current_gender)
    select id, ticket_name, jsonb_build_object('gender', gender), 'Male', gender from tickets order by id limit 25`);
}
