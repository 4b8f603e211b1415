import { describe, expect, it } from 'vitest';
import { ODD_KINDS } from '../../src/simulator/odd.js';
import type { OddKind, Simulator } from '../../src/simulator/simulator.js';
import { ask, list, NOON, start, TOKEN, type Row } from './simulator-client.js';

const readAll = async (simulator: Simulator, path = '/tickets'): Promise<Row[]> =>
  (await list(simulator, `${path}?top=1000`)).rows;
const byId = async (simulator: Simulator, id: string): Promise<Row> =>
  (await ask(simulator, `/tickets/${id}`)).body as unknown as Row;

/** What the API says of tickets, in the words of `truth`. */
async function answered(simulator: Simulator) {
  return (await readAll(simulator)).map((row) => ({
    id: row._id,
    eventId: row.eventId,
    status: row.status,
    realPrice: row['realPrice'],
    createdAt: Date.parse(row.createdAt),
    updatedAt: Date.parse(row.updatedAt),
  }));
}

describe('the data', () => {
  it('is the same for the same seed, and another for another', async () => {
    const run = async (seed: number) => {
      await using simulator = await start({
        seed,
        order: 'random',
        motion: { sellPerRequest: 3, editPerRequest: 2, deletePerRequest: 1 },
      });
      const pages = [];
      for (let i = 0; i < 3; i++) pages.push((await ask(simulator, '/tickets?top=50')).text);
      return [
        ...pages,
        (await ask(simulator, '/events')).text,
        (await ask(simulator, '/coupon/rich')).text,
      ].join('');
    };
    const first = await run(7);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });

  it('is what truth says, whatever happened to it', async () => {
    await using simulator = await start();
    simulator.sell(TOKEN, 40);
    simulator.advance(1000);
    simulator.edit(TOKEN, 60);
    simulator.edit(TOKEN, 20, { movesUpdatedAt: false });
    simulator.bulkEdit(TOKEN, 30);
    simulator.flip(TOKEN, 10);
    simulator.transfer(TOKEN, 10);
    simulator.remove(TOKEN, 15);
    const truth = [...simulator.truth(TOKEN)];
    expect(await answered(simulator)).toEqual(truth);
    expect(truth).toHaveLength(300 + 40 + 10 - 15);
    const coupons = await readAll(simulator, '/coupon/rich');
    expect([...simulator.truth(TOKEN, 'coupons')].map(({ id, used }) => [id, used]).toSorted()).toEqual(
      coupons.map((row) => [row._id, row['used']]).toSorted(),
    );
    expect([...simulator.truth(TOKEN, 'events')].map(({ id }) => id)).toEqual(['race']);
    expect([...simulator.truth(TOKEN, 'series')]).toHaveLength(4);
  });

  it.each(['even', 'launch', 'waves', 'import'] as const)(
    'has as many tickets as asked in the shape %s, none in the future',
    async (shape) => {
      await using simulator = await start({
        sellers: [{ token: TOKEN, events: [{ tickets: 777, shape, importShare: 0.5 }] }],
      });
      const times = [...simulator.truth(TOKEN)].map(({ createdAt }) => createdAt ?? NaN);
      expect(times).toHaveLength(777);
      expect(Math.max(...times)).toBeLessThan(NOON);
      const day = 86_400_000;
      const inFirstDay = times.filter((time) => time < Math.min(...times) + day).length / 777;
      const sharing = new Map<number, number>();
      for (const time of times) sharing.set(time, (sharing.get(time) ?? 0) + 1);
      const inOneMs = Math.max(...sharing.values()) / 777;
      expect(inFirstDay > 0.6).toBe(shape === 'launch');
      expect(inOneMs > 0.4).toBe(shape === 'import');
    },
  );
});

describe('between two requests', () => {
  it('tickets are sold now, for the event that is asked for', async () => {
    await using simulator = await start();
    simulator.advance(5000);
    const ids = simulator.sell(TOKEN, 9, { eventId: 'race' });
    const sold = (await readAll(simulator)).filter(({ _id }) => ids.includes(_id));
    expect(sold).toHaveLength(9);
    expect(new Set(sold.map(({ createdAt }) => Date.parse(createdAt)))).toEqual(new Set([NOON + 5000]));
    expect(simulator.sell(TOKEN, 3, { eventId: 'nowhere' })).toEqual([]);
  });

  it('an edit moves updatedAt, unless it is told not to', async () => {
    await using simulator = await start();
    const [id = ''] = simulator.edit(TOKEN, 1);
    const before = await byId(simulator, id);
    expect(Date.parse(before.updatedAt)).toBe(NOON);
    simulator.advance(1000);
    simulator.edit(TOKEN, [id], { movesUpdatedAt: false });
    const after = await byId(simulator, id);
    expect(after.updatedAt).toBe(before.updatedAt);
    expect(after).not.toEqual(before);
  });

  it('a bulk edit gives all its rows one updatedAt, where single edits of several machines differ', async () => {
    await using simulator = await start({ clock: { start: NOON, rate: 0, jitterMs: 30_000 } });
    const times = (ids: string[]) => {
      const rows = [...simulator.truth(TOKEN)].filter(({ id }) => id !== null && ids.includes(id));
      return new Set(rows.map(({ updatedAt }) => updatedAt)).size;
    };
    expect(times(simulator.bulkEdit(TOKEN, 50))).toBe(1);
    expect(times(simulator.edit(TOKEN, 50))).toBeGreaterThan(40);
  });

  it('cancelled tickets become INVALID and stay, personalised ones VALID', async () => {
    await using simulator = await start();
    const [cancelled = ''] = simulator.cancel(TOKEN, 1);
    const [personalised = ''] = simulator.personalise(TOKEN, 1);
    expect((await byId(simulator, cancelled)).status).toBe('INVALID');
    expect(await byId(simulator, personalised)).toMatchObject({ status: 'VALID', personalized: true });
    expect((await list(simulator, '/tickets')).total).toBe(300);
  });

  it('a transfer makes a new ticket without a transaction, and the old one INVALID', async () => {
    await using simulator = await start();
    const [id = ''] = simulator.transfer(TOKEN, 1);
    const next = await byId(simulator, id);
    expect(next).toMatchObject({ status: 'VALID', origin: 'transfer' });
    expect(next).not.toHaveProperty('transactionId');
    expect((await byId(simulator, String(next['originTicketId']))).status).toBe('INVALID');
  });

  it('a hard delete takes a ticket out of the list', async () => {
    await using simulator = await start();
    const [id = ''] = simulator.remove(TOKEN, 1);
    expect((await ask(simulator, `/tickets/${id}`)).status).toBe(404);
    expect((await list(simulator, '/tickets')).total).toBe(299);
  });

  it('a redemption raises used, and moves updatedAt only when told to', async () => {
    for (const redemptionMovesUpdatedAt of [false, true]) {
      await using simulator = await start({ redemptionMovesUpdatedAt });
      const before = [...simulator.truth(TOKEN, 'coupons')];
      const [id] = simulator.redeem(TOKEN, 1);
      const find = (coupons: typeof before) => coupons.find((coupon) => coupon.id === id)!;
      const [old, now] = [find(before), find([...simulator.truth(TOKEN, 'coupons')])];
      expect(now.used).toBe(old.used + 1);
      expect(now.updatedAt === NOON).toBe(redemptionMovesUpdatedAt);
    }
  });

  it('coupons are issued and switched, under shops edited, events removed', async () => {
    await using simulator = await start();
    const [id] = simulator.issueCoupons(TOKEN, 1);
    simulator.switchCoupons(TOKEN, [id!]);
    expect((await readAll(simulator, '/coupon/rich')).find((row) => row._id === id)).toMatchObject({
      active: false,
      used: 0,
    });
    const before = (await readAll(simulator, '/events'))[0]!;
    simulator.editShops(TOKEN, ['race'], { movesUpdatedAt: false });
    const after = (await readAll(simulator, '/events'))[0]!;
    expect(after.updatedAt).toBe(before.updatedAt);
    expect(after['underShops']).not.toEqual(before['underShops']);
    simulator.removeEvents(TOKEN, ['race']);
    expect(await readAll(simulator, '/events')).toEqual([]);
  });

  it('it happens by itself after each list request', async () => {
    const motion = { sellPerRequest: 2, editPerRequest: 0.5, deletePerRequest: 1, redeemPerRequest: 1 };
    await using simulator = await start({ motion });
    const totals = [];
    for (let i = 0; i < 4; i++) totals.push((await list(simulator, '/tickets')).total);
    expect(totals).toEqual([300, 301, 302, 303]);
    const edited = [...simulator.truth(TOKEN)].filter(
      ({ createdAt, updatedAt }) => updatedAt === NOON && createdAt !== NOON,
    );
    expect(edited.length).toBeGreaterThan(0);
    expect(edited.length).toBeLessThanOrEqual(2);
  });

  it('it happens as time passes', async () => {
    await using simulator = await start({ motion: { sellPerSecond: 2, editPerSecond: 1 } });
    simulator.advance(10_000);
    const truth = [...simulator.truth(TOKEN)];
    const sold = truth.filter(({ createdAt }) => (createdAt ?? 0) > NOON).map(({ createdAt }) => createdAt);
    expect(sold).toHaveLength(20);
    expect(new Set(sold).size).toBe(20);
    expect(Math.max(...sold.map(Number))).toBe(NOON + 10_000);
  });

  it('it may show late, with the time at which it happened', async () => {
    await using simulator = await start({ visibleAfterMs: 60_000 });
    const [sold = ''] = simulator.sell(TOKEN, 1);
    const [edited = ''] = simulator.edit(TOKEN, 1);
    simulator.advance(59_999);
    expect((await ask(simulator, `/tickets/${sold}`)).status).toBe(404);
    expect(Date.parse((await byId(simulator, edited)).updatedAt)).toBeLessThan(NOON);
    simulator.advance(1);
    expect(Date.parse((await byId(simulator, sold)).createdAt)).toBe(NOON);
    expect(Date.parse((await byId(simulator, edited)).updatedAt)).toBe(NOON);
  });
});

describe('an odd row', () => {
  const odd = async (kind: OddKind) => {
    await using simulator = await start({
      sellers: [{ token: TOKEN, events: [{ id: 'race', tickets: 20, underShops: 2 }], odd: [kind] }],
    });
    const { text } = await ask(simulator, '/tickets');
    const { rows, total } = JSON.parse(text) as { rows: Row[]; total: number };
    const truth = [...simulator.truth(TOKEN)].find((ticket) => ticket.odd !== undefined)!;
    return { text, rows, total, truth, row: rows[10]! };
  };

  it.each(ODD_KINDS)('%s comes in a page of valid JSON', async (kind) => {
    const { rows, total } = await odd(kind);
    expect([rows.length, total]).toEqual([20, 20]);
  });

  it.each<[OddKind, (row: Row) => unknown, unknown]>([
    ['nul', (row) => String(row['name']).includes('\0'), true],
    ['surrogate', (row) => String(row['name']).isWellFormed(), false],
    ['bad-created', (row) => Number.isNaN(Date.parse(row.createdAt)), true],
    ['bad-updated', (row) => Number.isNaN(Date.parse(row.updatedAt)), true],
    ['no-updated', (row) => 'updatedAt' in row, false],
    ['text-price', (row) => row['realPrice'], 'twelve'],
    ['numeric-text', (row) => row['realPrice'], '12.50'],
    ['null-name', (row) => row['name'], null],
    ['null-event', (row) => row.eventId, null],
    ['unknown-status', (row) => row.status, 'CHECKEDIN'],
    ['unknown-origin', (row) => row['origin'], 'teleport'],
    ['no-id', (row) => '_id' in row, false],
    ['proto', (row) => Object.hasOwn(row, '__proto__'), true],
    ['big', (row) => JSON.stringify(row).length > 2_000_000, true],
    ['nulls', (row) => [row['name'], row['extraFields'], row['history']], [null, null, null]],
    ['zero', (row) => row['realPrice'], 0],
    ['decimals', (row) => row['realPrice'], 33.333333333333336],
    ['not-a-row', (row) => row, 'not a row'],
  ])('%s is as odd as its name says', async (kind, look, seen) => {
    expect(look((await odd(kind)).row)).toEqual(seen);
  });

  it('twin has the id of the row before', async () => {
    const { rows, truth } = await odd('twin');
    expect(rows[10]!._id).toBe(rows[9]!._id);
    expect(truth.id).toBe(rows[9]!._id);
  });

  it('with a time that is missing or bad is in no window of that time', async () => {
    for (const [kind, query] of [
      ['bad-created', 'start=2000-01-01T00:00:00Z'],
      ['no-updated', 'updatedAt[$gte]=2000-01-01T00:00:00Z'],
    ] as const) {
      await using simulator = await start({
        sellers: [{ token: TOKEN, events: [{ tickets: 20 }], odd: [kind] }],
      });
      expect((await list(simulator, `/tickets?${query}`)).total).toBe(19);
      expect((await list(simulator, '/tickets')).total).toBe(20);
    }
  });

  it('can be a coupon or an event, or a ticket from now on', async () => {
    const seller = { token: TOKEN, events: [{ id: 'race', tickets: 20 }], coupons: 5 };
    await using simulator = await start({
      sellers: [{ ...seller, oddCoupons: ['no-id'], oddEvents: ['many-shops'] }],
    });
    expect((await readAll(simulator, '/coupon/rich')).filter((row) => !('_id' in row))).toHaveLength(1);
    const { text, body } = await ask(simulator, '/events');
    expect(body.rows[0]!['underShops']).toHaveLength(150);
    expect(text.length).toBeGreaterThan(250_000);
    const [id = ''] = simulator.edit(TOKEN, 1);
    simulator.makeOdd(TOKEN, id, 'null-name');
    expect((await byId(simulator, id))['name']).toBeNull();
    simulator.makeOdd(TOKEN, id, 'bad-created');
    expect(await byId(simulator, id)).toMatchObject({ _id: id, createdAt: 'yesterday, about noon' });
  });
});
