import { describe, expect, it } from 'vitest';
import { FAULTS, type FaultName } from '../../src/simulator/faults.js';
import { ask, list, NOON, start, TOKEN } from './simulator-client.js';

/** What a fetch of one page ends in: a status, a body that is no JSON, or a lost connection. */
async function meet(fault: FaultName) {
  await using simulator = await start({ faultSettings: { retryAfterSeconds: 7, largeTop: 50, slowMs: 200 } });
  simulator.failNext(fault);
  const begun = performance.now();
  const outcome = await ask(simulator, '/tickets?top=100').catch((error: unknown) => ({
    error: String(error),
  }));
  const after = await ask(simulator, '/tickets?top=100');
  return { ...outcome, ms: performance.now() - begun, after, faults: { ...simulator.stats.faults } };
}

describe('a fault on demand', () => {
  it.each([
    ['429', 429, '7'],
    ['429-date', 429, new Date(NOON + 7000).toUTCString()],
    ['429-none', 429, null],
    ['429-garbage', 429, 'soon, we hope'],
    ['500', 500, null],
    ['503', 503, null],
    ['503-large', 503, null],
  ] as const)('%s answers %i with Retry-After %s', async (fault, status, retryAfter) => {
    const met = await meet(fault);
    if (!('status' in met)) throw new Error(met.error);
    expect([met.status, met.body.statusCode, met.headers.get('retry-after')]).toEqual([
      status,
      status,
      retryAfter,
    ]);
    expect(met.faults).toEqual({ [fault]: 1 });
  });

  it.each(['502-html', 'html-200'] as const)('%s answers with HTML', async (fault) => {
    const met = await meet(fault);
    if (!('status' in met)) throw new Error(met.error);
    expect([met.status, met.headers.get('content-type')]).toEqual([
      fault === '502-html' ? 502 : 200,
      'text/html',
    ]);
    expect(met.text).toMatch(/^<!DOCTYPE html>/);
  });

  it('cut-json ends within the JSON, with a content-length that fits', async () => {
    expect(await meet('cut-json')).toMatchObject({ error: expect.stringContaining('JSON') as string });
  });

  it.each(['reset', 'cut-connection'] as const)('%s loses the connection, once', async (fault) => {
    const met = await meet(fault);
    expect(met).toMatchObject({ error: expect.stringMatching(/fetch failed|terminated/) as string });
    expect(met.after.status).toBe(200);
  });

  it('hang never answers', async () => {
    await using simulator = await start();
    simulator.failNext('hang');
    const signal = AbortSignal.timeout(150);
    await expect(fetch(`${simulator.url}/tickets`, { signal })).rejects.toThrow(/timeout/i);
    expect(simulator.log.at(-1)).toMatchObject({ status: 0, rows: 0, fault: 'hang' });
  });

  it('slow spreads a whole body over its time', async () => {
    const met = await meet('slow');
    expect('body' in met && met.body.rows.length).toBe(100);
    expect(met.ms).toBeGreaterThan(180);
  });

  it('no-total, no-rows, empty-page, lost-row and wrong-total spoil a page', async () => {
    await using simulator = await start();
    const page = async (fault: FaultName) => {
      simulator.failNext(fault);
      return list(simulator, '/tickets?top=100');
    };
    expect(await page('no-total')).not.toHaveProperty('total');
    expect(await page('no-rows')).not.toHaveProperty('rows');
    expect(await page('empty-page')).toEqual({ rows: [], total: 300 });
    expect((await page('lost-row')).rows).toHaveLength(99);
    expect((await page('wrong-total')).total).toBe(301);
  });

  it('503-large leaves small pages alone', async () => {
    await using simulator = await start({ faults: { '503-large': 1 } });
    expect((await ask(simulator, '/tickets?top=101')).status).toBe(503);
    expect((await ask(simulator, '/tickets?top=100')).status).toBe(200);
  });

  it('can be for one path, for a number of requests', async () => {
    await using simulator = await start();
    simulator.failNext('500', 2, '/tickets');
    const statuses = [];
    for (const path of ['/events', '/tickets', '/tickets', '/tickets'])
      statuses.push((await ask(simulator, path)).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });
});

it('a rate meets its share of the requests, the same ones for the same seed', async () => {
  const run = async () => {
    await using simulator = await start({ faults: { '500': 0.3 }, faultSettings: { seed: 5 } });
    for (let i = 0; i < 100; i++) await ask(simulator, '/events?top=1');
    return simulator.log.map(({ status }) => status);
  };
  const statuses = await run();
  const failed = statuses.filter((status) => status === 500).length;
  expect(failed).toBeGreaterThan(15);
  expect(failed).toBeLessThan(45);
  expect(await run()).toEqual(statuses);
});

it('rates can be set at run time', async () => {
  await using simulator = await start();
  simulator.faults['500'] = 1;
  expect((await ask(simulator, '/events')).status).toBe(500);
  simulator.faults['500'] = 0;
  expect((await ask(simulator, '/events')).status).toBe(200);
});

it('a key has its requests of the hour, then 429 until the hour is over', async () => {
  const sellers = [TOKEN, 'key_other'].map((token) => ({ token, events: [{ tickets: 1 }] }));
  await using simulator = await start({ sellers, requestsPerHour: 3 });
  for (let i = 0; i < 3; i++) expect((await ask(simulator, '/events')).status).toBe(200);
  simulator.advance(60_000);
  const refused = await ask(simulator, '/events');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, String(59 * 60)]);
  expect((await ask(simulator, '/events', 'key_other')).status).toBe(200);
  simulator.advance(59 * 60_000);
  expect((await ask(simulator, '/events')).status).toBe(200);
});

it('counts and logs what it was asked', async () => {
  await using simulator = await start({ logSize: 2 });
  await ask(simulator, '/events?top=1');
  await ask(simulator, '/tickets?top=7&updatedAt%5B$gte%5D=2026-01-01T00:00:00Z');
  await ask(simulator, '/nothing');
  expect(simulator.stats).toMatchObject({
    requests: 3,
    rowsServed: 8,
    byPath: { '/api/events': 1, '/api/tickets': 1, '/api/nothing': 1 },
    byStatus: { 200: 2, 404: 1 },
  });
  expect(simulator.log).toEqual([
    {
      time: NOON,
      method: 'GET',
      path: '/api/tickets',
      query: 'top=7&updatedAt[$gte]=2026-01-01T00:00:00Z',
      status: 200,
      rows: 7,
    },
    { time: NOON, method: 'GET', path: '/api/nothing', query: '', status: 404, rows: 0 },
  ]);
  simulator.stats.reset();
  expect([simulator.stats.requests, simulator.stats.rowsServed, simulator.log.length]).toEqual([0, 0, 0]);
});

it('closes at once with requests in flight', async () => {
  const simulator = await start();
  simulator.failNext('hang');
  const waiting = fetch(`${simulator.url}/tickets`).catch(() => 'lost');
  while (simulator.stats.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await simulator.close();
  expect(await waiting).toBe('lost');
});

it('names each fault once', () => {
  expect(new Set(FAULTS).size).toBe(FAULTS.length);
});
