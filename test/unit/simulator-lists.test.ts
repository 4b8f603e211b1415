import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order, Simulator } from '../../src/simulator/simulator.js';
import { ask, list, NOON, start, TOKEN, type Row } from './simulator-client.js';

let simulator: Simulator;
/** Every ticket, as answered. */
let all: Row[];
beforeAll(async () => {
  simulator = await start({
    sellers: [
      {
        token: TOKEN,
        events: [
          { id: 'race', tickets: 600 },
          { id: 'tour', tickets: 200, children: 2, shape: 'import' },
          { id: 'gala', tickets: 50, children: 1, childrenAs: 'group' },
        ],
        coupons: 60,
        series: 4,
      },
      {
        token: 'key_other',
        events: [{ id: 'elsewhere', tickets: 20 }],
        coupons: 3,
        forbidden: ['/coupon/series'],
      },
    ],
  });
  all = (await list(simulator, '/tickets?top=1000')).rows;
});
afterAll(() => simulator.close());

/** Ids that a query answers with, and those that a test of each row says it should. */
async function compare(query: string, matches: (row: Row) => boolean): Promise<number> {
  const { rows, total } = await list(simulator, `/tickets?top=1000&${query}`);
  const wanted = all.filter(matches).map(({ _id }) => _id);
  expect(rows.map(({ _id }) => _id)).toEqual(wanted);
  expect(total).toBe(wanted.length);
  return total;
}

const middle = () => all[400]!;

describe('keys', () => {
  it.each([undefined, 'Bearer key_unknown', 'Basic abc', TOKEN])(
    'answers 401 to the header %s',
    async (authorization) => {
      const response = await fetch(`${simulator.url}/tickets`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        statusCode: 401,
        error: 'Unauthorized',
        message: 'API Key not found or expired',
      });
    },
  );

  it('show each seller its own rows only', async () => {
    const { body } = await ask(simulator, '/tickets?top=1000', 'key_other');
    expect(body.total).toBe(20);
    const own = new Set(all.map(({ _id }) => _id));
    expect(body.rows.some(({ _id }) => own.has(_id))).toBe(false);
    expect((await ask(simulator, `/tickets/${all[0]!._id}`, 'key_other')).status).toBe(404);
    expect((await ask(simulator, '/events/race', 'key_other')).status).toBe(404);
    expect((await ask(simulator, '/tickets?event=race', 'key_other')).body.total).toBe(0);
  });

  it('that may not read a list get 403', async () => {
    expect((await ask(simulator, '/coupon/series', 'key_other')).status).toBe(403);
  });

  it('that are revoked get 401 until they are restored', async () => {
    simulator.revoke('key_other');
    expect((await ask(simulator, '/events', 'key_other')).status).toBe(401);
    simulator.revoke('key_other', false);
    expect((await ask(simulator, '/events', 'key_other')).status).toBe(200);
  });
});

it.each(['/customers', '/coupons', '/coupon', '/scans', '/tickets/', '/coupon/rich/x', '/'])(
  'has no %s',
  async (path) => {
    expect((await ask(simulator, path)).status).toBe(404);
  },
);

it('answers 405 to anything but GET', async () => {
  const response = await fetch(`${simulator.url}/tickets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(405);
});

describe('tickets', () => {
  it('are all of the events and their children, spread over them', async () => {
    expect(all).toHaveLength(850);
    expect(all.filter(({ eventId }) => eventId.startsWith('tour'))).toHaveLength(200);
    expect(new Set(all.map(({ eventId }) => eventId))).toEqual(
      new Set(['race', 'tour', 'tour-1', 'tour-2', 'gala', 'gala-1']),
    );
    expect(
      all.filter((row) => row['rootEventId'] === 'tour').every(({ eventId }) => /^tour-\d$/.test(eventId)),
    ).toBe(true);
    await compare('event=race,tour-1', ({ eventId }) => eventId === 'race' || eventId === 'tour-1');
    await compare('event=nowhere', () => false);
  });

  it('are filtered by plain start and end on createdAt, both inclusive', async () => {
    const at = middle().createdAt;
    expect(await compare(`start=${at}`, (row) => row.createdAt >= at)).toBeGreaterThan(1);
    expect(await compare(`end=${at}`, (row) => row.createdAt <= at)).toBeGreaterThan(1);
    expect(await compare(`start=${at}&end=${at}`, (row) => row.createdAt === at)).toBeGreaterThan(0);
    await compare(
      `start=${at.replace('Z', '%2B02:00')}`,
      (row) => Date.parse(row.createdAt) >= Date.parse(at) - 7_200_000,
    );
  });

  it.each([
    ['$gt', (a: string, b: string) => a > b],
    ['$gte', (a: string, b: string) => a >= b],
    ['$lt', (a: string, b: string) => a < b],
    ['$lte', (a: string, b: string) => a <= b],
    ['$eq', (a: string, b: string) => a === b],
    ['$ne', (a: string, b: string) => a !== b],
  ])('are filtered by updatedAt[%s]', async (operator, holds) => {
    const at = middle().updatedAt;
    expect(await compare(`updatedAt[${operator}]=${at}`, (row) => holds(row.updatedAt, at))).toBeGreaterThan(
      0,
    );
    expect(
      await compare(`updatedAt%5B${operator}%5D=${at}`, (row) => holds(row.updatedAt, at)),
    ).toBeGreaterThan(0);
  });

  it('are filtered by several operators and parameters together', async () => {
    const [low, high] = [all[100]!.updatedAt, all[700]!.updatedAt].sort() as [string, string];
    await compare(
      `updatedAt[$gte]=${low}&updatedAt[$lt]=${high}&status=VALID,RESERVED&event=race`,
      (row) =>
        row.updatedAt >= low &&
        row.updatedAt < high &&
        ['VALID', 'RESERVED'].includes(row.status) &&
        row.eventId === 'race',
    );
  });

  it.each(['name', 'barcode', 'customerId', 'checkoutId', 'batch', 'type'])(
    'are filtered by %s',
    async (name) => {
      const value = String(middle()[name]);
      expect(
        await compare(`${name}=${encodeURIComponent(value)}`, (row) => row[name] === value),
      ).toBeGreaterThan(0);
    },
  );

  it.each(['statusId', 'sectionName', 'rowName', 'seatName', 'groupName'])(
    'are filtered by the seat: %s',
    async (name) => {
      const seatOf = (row: Row) => row['seatingInfo'] as Record<string, unknown> | undefined;
      const value = seatOf(all.find((row) => seatOf(row)?.['_type'] === 6)!)![name];
      expect(
        await compare(`${name}=${String(value)}`, (row) => seatOf(row)?.[name] === value),
      ).toBeGreaterThan(0);
    },
  );

  it('are filtered by deliveryType as a list, and by batchCounter with operators', async () => {
    await compare('deliveryType=HARD', (row) => row['deliveryType'] === 'HARD');
    await compare('deliveryType=HARD,VIRTUAL', () => true);
    await compare('batchCounter[$gte]=2&batchCounter[$lt]=4', (row) =>
      [2, 3].includes(Number(row['batchCounter'])),
    );
  });
});

it.each([
  ['an unknown parameter', 'eventId=race'],
  ['createdAt on tickets', 'createdAt[$gte]=2026-01-01T00:00:00.000Z'],
  ['a sort', 'sort=createdAt'],
  ['a bad date', 'start=yesterday'],
  ['an impossible date', 'end=2026-13-45T00:00:00Z'],
  ['an empty date', 'updatedAt[$gte]='],
  ['an unknown operator', 'updatedAt[$in]=2026-01-01T00:00:00.000Z'],
  ['a date without an operator', 'updatedAt=2026-01-01T00:00:00.000Z'],
  ['brackets on a plain value', 'status[0]=VALID'],
  ['a repeated plain value', 'status=VALID&status=BLANK'],
  ['top 0', 'top=0'],
  ['a top that is no number', 'top=many'],
  ['two tops', 'top=1&top=2'],
  ['a negative skip', 'skip=-1'],
  ['a name from Object.prototype', 'constructor=1'],
])('answers 400 to %s', async (_, query) => {
  const { status, body } = await ask(simulator, `/tickets?${query}`);
  expect([status, body.statusCode]).toEqual([400, 400]);
});

describe('events', () => {
  const ids = async (query: string) => (await list(simulator, `/events?${query}`)).rows.map(({ _id }) => _id);

  it('tie children to their parent by rootId or by childEvents', async () => {
    expect(await ids('rootId=tour')).toEqual(['tour-1', 'tour-2']);
    expect(await ids('type=ROOT')).toEqual(['tour']);
    expect(await ids('groupEventId=gala')).toEqual(['gala-1']);
    expect(await ids('childEvents=gala-1')).toEqual(['gala']);
  });

  it.each(['type=ROOT&type=GROUP', 'type[0]=ROOT&type[1]=GROUP', 'type[]=ROOT&type[]=GROUP'])(
    'take an array as %s',
    async (query) => expect((await ids(query)).sort()).toEqual(['gala', 'tour']),
  );

  it('are sorted by sortDir', async () => {
    const starts = (await list(simulator, '/events?sortDir=-1')).rows.map((row) => String(row['start']));
    expect(starts).toEqual(starts.toSorted().reverse());
    expect((await ask(simulator, '/events?sortDir=up')).status).toBe(400);
  });

  it('are filtered by name and times', async () => {
    const { rows } = await list(simulator, '/events');
    const { name, updatedAt } = rows[0]! as unknown as { name: string; updatedAt: string };
    expect(await ids(`name=${encodeURIComponent(name.slice(3, 9).toUpperCase())}`)).toContain(rows[0]!._id);
    expect(await ids(`updatedAt[$eq]=${updatedAt}`)).toContain(rows[0]!._id);
    expect(await ids('createdAt[$gt]=2036-01-01T00:00:00.000Z')).toEqual([]);
  });
});

describe('coupons', () => {
  it('are filtered by code, series, name, event and active', async () => {
    const { rows } = await list(simulator, '/coupon/rich?top=1000');
    const of = async (query: string) =>
      (await list(simulator, `/coupon/rich?top=1000&${query}`)).rows.map(({ _id }) => _id);
    const wanted = (matches: (row: Row) => boolean) => rows.filter(matches).map(({ _id }) => _id);
    const series = rows.find((row) => 'couponSeriesId' in row)!['couponSeriesId'];
    expect(await of(`code=${String(rows[5]!['code'])}`)).toEqual([rows[5]!._id]);
    expect(await of(`couponSeriesId=${String(series)}`)).toEqual(
      wanted((row) => row['couponSeriesId'] === series),
    );
    expect(await of('name=guest')).toEqual(wanted((row) => 'name' in row));
    expect(await of('eventId=race')).toEqual(
      wanted((row) => (row['allowedEvents'] as string[] | undefined)?.includes('race') ?? false),
    );
    expect(await of('active=false')).toEqual(wanted((row) => row['active'] === false));
    expect((await ask(simulator, '/coupon/rich?active=maybe')).status).toBe(400);
  });
});

describe('paging', () => {
  it('gives 25 rows by default, and an empty page with the right total past the end', async () => {
    expect((await list(simulator, '/tickets')).rows).toHaveLength(25);
    expect(await list(simulator, '/tickets?skip=850')).toEqual({ rows: [], total: 850 });
    expect((await list(simulator, '/tickets?skip=840')).rows).toHaveLength(10);
  });

  it('refuses a top above the maximum', async () => {
    expect((await ask(simulator, '/tickets?top=1001')).status).toBe(400);
  });

  it('clamps a top above the maximum in silence when told to', async () => {
    await using clamping = await start({ top: { policy: 'clamp', max: 100 } });
    expect((await list(clamping, '/tickets?top=1000')).rows).toHaveLength(100);
  });

  it.each<[Order, (rows: Row[]) => string[]]>([
    ['oldest', (rows) => rows.map(({ createdAt }) => createdAt)],
    ['newest', (rows) => rows.map(({ createdAt }) => createdAt).reverse()],
    ['updated', (rows) => rows.map(({ updatedAt }) => updatedAt)],
    ['updated-newest', (rows) => rows.map(({ updatedAt }) => updatedAt).reverse()],
  ])('keeps the order %s over its pages', async (order, times) => {
    await using ordered = await start({ order });
    const pages = await Promise.all(
      [0, 100, 200].map((skip) => list(ordered, `/tickets?top=100&skip=${skip}`)),
    );
    const rows = pages.flatMap((page) => page.rows);
    expect(new Set(rows.map(({ _id }) => _id)).size).toBe(300);
    expect(times(rows)).toEqual(times(rows).toSorted());
  });

  it('gives each request another order when it is random, and the same when it is shuffled', async () => {
    const idsOf = async (order: Order) => {
      await using ordered = await start({ order });
      const page = async () => (await list(ordered, '/tickets?top=300')).rows.map(({ _id }) => _id);
      return [await page(), await page()] as const;
    };
    const [first, second] = await idsOf('random');
    expect(first).not.toEqual(second);
    expect(first.toSorted()).toEqual(second.toSorted());
    const [third, fourth] = await idsOf('shuffled');
    expect(third).toEqual(fourth);
    expect(third).not.toEqual(third.toSorted());
  });
});

describe('the clock', () => {
  it('stamps answers with its own time', async () => {
    const { headers } = await ask(simulator, '/events');
    expect(Date.parse(headers.get('date') ?? '')).toBe(NOON);
  });

  it('can be ahead of the real one, and can leave the header out', async () => {
    await using ahead = await start({ clock: { offsetMs: 3_600_000 } });
    expect(Math.abs(ahead.now() - Date.now() - 3_600_000)).toBeLessThan(2000);
    await using silent = await start({ clock: { dateHeader: false } });
    expect((await ask(silent, '/events')).headers.has('date')).toBe(false);
  });
});
