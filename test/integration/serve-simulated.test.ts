import { describe, expect, it } from 'vitest';
import { documents, envelope, HMAC, inboxOf, post, serving, workedOff } from './server-world.js';
import { KEY, MINUTE, SECOND, streamOf, world, type World } from './world.js';

const URL_OF_NOBODY = 'http://127.0.0.1:9/webhooks/auckland';

/** The seller's listener is made over HTTP, since the server's address is not known before. */
async function listen(here: World, url: string, hmacKey: string | null = HMAC): Promise<void> {
  const answer = await fetch(`${here.simulator.url}/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({
      ...{ name: 'the test', url, hmacKey, enabled: true },
      events: { 'ticket.created': true, 'ticket.updated': true, 'event.updated': true },
    }),
  });
  expect(answer.status).toBe(201);
}

describe('deliveries of the simulator', () => {
  it('a thousand of them, doubled, shuffled and 5 % dropped, end in the exact state with one run, which says how many were missing and how late', async () => {
    await using here = await world({
      regions: [{ webhookKey: HMAC }],
      tickets: 400,
      deliveries: { drop: 0.05, double: 1, shuffleMs: 500, forge: 0.1, unsigned: 0.1 },
    });
    await here.complete();
    await using server = await serving(here);
    await listen(here, `${server.url}/webhooks/auckland`);
    // Drift is what is missing since the first delivery.
    here.simulator.sell(KEY, 3);
    await here.simulator.delivered();
    here.simulator.advance(SECOND);
    const first = here.simulator.deliveries.length;
    for (let n = 0; n < 100; n++) {
      here.simulator.advance(50);
      here.simulator.sell(KEY, 5);
      here.simulator.edit(KEY, 5);
    }
    await here.simulator.delivered();
    const { deliveries } = here.simulator;
    const changes = deliveries.slice(first).filter(({ state }) => state !== 'forged');
    expect(new Set(changes.map(({ id }) => id)).size).toBe(1000);
    const sent = new Set(deliveries.filter(({ state }) => state === 'delivered').map(({ id }) => id));
    const dropped = deliveries.filter(({ state }) => state === 'dropped');
    expect(dropped.length).toBeGreaterThan(30);
    expect(changes.length).toBeGreaterThan(1900);
    expect(deliveries.filter(({ state }) => state === 'forged').length).toBeGreaterThan(100);
    await workedOff(here, sent.size);
    // What a delivery carried last is what is stored; what was dropped is missing or older.
    const before = new Map((await here.stored()).map((row) => [row.id, row.updated_at?.getTime()]));
    const behind = here.truth().filter(({ id, updatedAt }) => before.get(id ?? '') !== updatedAt);
    expect(behind.length).toBeGreaterThan(10);
    expect(behind.length).toBeLessThanOrEqual(dropped.length);
    here.simulator.advance(5 * MINUTE);
    const report = await here.complete();
    await here.expectExact();
    const { drift, warnings } = streamOf(report, 'tickets');
    expect(drift?.rows).toBe(behind.length);
    const oldest = Math.min(...behind.map(({ updatedAt }) => updatedAt ?? Infinity));
    expect(drift?.late_seconds).toBeGreaterThan(4 * 60);
    expect(Math.abs((drift?.late_seconds ?? 0) - (here.simulator.now() - oldest) / SECOND)).toBeLessThan(10);
    expect(warnings?.join()).toContain(`drift: ${behind.length} rows that no delivery brought`);
    // Told once.
    expect(streamOf(await here.complete(), 'tickets').drift).toMatchObject({ rows: 0, late_seconds: 0 });
  });

  it('that may still be under way are left to the next run, which counts those that never came', async () => {
    await using here = await world({ regions: [{ webhookKey: HMAC }], tickets: 5 });
    await here.complete();
    await using server = await serving(here);
    const deliver = async (ids: readonly string[]) => {
      for (const ticket of await documents(here, ids))
        expect(await post(server.url, envelope('ticket.created', { ticket }))).toBe(200);
    };
    await deliver(here.simulator.sell(KEY, 1));
    here.simulator.advance(10 * SECOND);
    const late = here.simulator.sell(KEY, 2);
    here.simulator.sell(KEY, 3);
    here.simulator.advance(10 * SECOND);
    const early = streamOf(await here.complete(), 'tickets');
    expect([early.inserted, early.drift?.rows]).toEqual([5, 0]);
    await deliver(late);
    await workedOff(here, 3);
    here.simulator.advance(2 * MINUTE);
    const report = await here.complete();
    expect(streamOf(report, 'tickets')).toMatchObject({ inserted: 0, updated: 0, drift: { rows: 3 } });
    here.simulator.advance(2 * MINUTE);
    expect(streamOf(await here.complete(), 'tickets').drift?.rows).toBe(0);
  });

  it('are tried seven times on the clock of the simulator, with the same id', async () => {
    await using here = await world({ regions: [{ webhookKey: HMAC }], tickets: 5 });
    await listen(here, URL_OF_NOBODY);
    here.simulator.sell(KEY, 1);
    const ended = here.simulator.delivered();
    const timer = setInterval(() => here.simulator.advance(10 * MINUTE), 30);
    await ended;
    clearInterval(timer);
    expect(here.simulator.deliveries).toMatchObject([{ state: 'given up', statuses: [0, 0, 0, 0, 0, 0, 0] }]);
  });

  it('that are not signed are refused, and a listener that is removed hears nothing', async () => {
    await using here = await world({
      regions: [{ webhookKey: HMAC }],
      tickets: 5,
      deliveries: { retryAfterMs: [] },
    });
    await using server = await serving(here);
    await listen(here, `${server.url}/webhooks/auckland`, null);
    here.simulator.sell(KEY, 1);
    await here.simulator.delivered();
    expect(here.simulator.deliveries).toMatchObject([{ state: 'given up', statuses: [401] }]);
    expect(await inboxOf(here)).toEqual([]);
    const headers = { authorization: `Bearer ${KEY}` };
    const list = (await (await fetch(`${here.simulator.url}/webhooks`, { headers })).json()) as {
      docs: { _id: string }[];
      total: number;
    };
    expect(list.total).toBe(1);
    await fetch(`${here.simulator.url}/webhook/${list.docs[0]?._id}`, { method: 'DELETE', headers });
    here.simulator.sell(KEY, 1);
    expect(here.simulator.deliveries).toHaveLength(1);
  });

  it('from a sale to its row take half a second at most, half of them', async () => {
    await using here = await world({ regions: [{ webhookKey: HMAC }], tickets: 100 });
    await here.complete();
    await using server = await serving(here);
    await listen(here, `${server.url}/webhooks/auckland`);
    for (let n = 0; n < 20; n++) {
      here.simulator.sell(KEY, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await here.simulator.delivered();
    await workedOff(here, 20);
    const [row] = await here.sql<{ median: number }>(
      `select percentile_cont(0.5) within group (order by extract(epoch from synced_at - created_at)) as median
       from auckland.tickets join vivenu_ingest.webhook_deliveries on carried->0->>1 = id`,
    );
    expect(row?.median).toBeLessThan((0.5 * SECOND) / 1000);
  });
});
