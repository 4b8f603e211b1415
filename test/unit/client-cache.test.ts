import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { LookupCache } from '../../src/source/cache.js';
import { VivenuHTTPClient } from '../../src/source/client.js';
import { LOOKUPS } from '../../src/source/policies.js';

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

/** A vivenu that answers 404 for the id `absent`, and a client. */
async function setup() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    if (path.endsWith('/absent')) response.writeHead(404);
    response.end(JSON.stringify({ _id: path.split('/').at(-1), shops: [{ name: 'one' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const client = new VivenuHTTPClient({ token: 'key_cache', baseUrl });
  cleanup.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, asked };
}

describe('a look-up by id', () => {
  test('is asked of vivenu once, also when several ask at the same time, and counted', async () => {
    const { client, asked } = await setup();
    const both = await Promise.all([client.getEvent('race'), client.getEvent('race')]);
    expect(both[0]).toEqual(both[1]);
    await client.getEvent('race');
    await client.getCouponSeriesById('race');
    await client.getCouponSeriesById('race');
    expect(asked).toEqual(['/api/events/race', '/api/coupon/series/race']);
    expect(client.stats).toMatchObject({ requests: 2, cacheHits: 3, cacheMisses: 2 });
  });

  test('hands out copies: what a caller changes is its own', async () => {
    const { client } = await setup();
    const first = (await client.getEvent('race')) as { shops: unknown[] };
    first.shops.pop();
    expect(await client.getEvent('race')).toMatchObject({ shops: [{ name: 'one' }] });
  });

  test('that failed is asked again', async () => {
    const { client, asked } = await setup();
    for (let more = 0; more < 2; more++) await expect(client.getEvent('absent')).rejects.toThrow('404');
    expect(asked).toHaveLength(2);
  });
});

describe('the memory of look-ups', () => {
  function memory() {
    let now = 0;
    const stats = { cacheHits: 0, cacheMisses: 0 };
    const cache = new LookupCache(stats, () => now);
    const looked: string[] = [];
    const get = (key: string) =>
      cache.get(key, () => {
        looked.push(key);
        return Promise.resolve({ key });
      });
    return { get, looked, stats, pass: (ms: number) => (now += ms) };
  }

  test('ends after its time, whether it was used or not', async () => {
    const { get, looked, pass } = memory();
    await get('a');
    pass(LOOKUPS.ms - 1);
    await get('a');
    pass(1);
    await get('a');
    expect(looked).toEqual(['a', 'a']);
  });

  test('holds so many, and forgets the one that was longest not asked for', async () => {
    const { get, looked, stats } = memory();
    for (let index = 0; index < LOOKUPS.entries; index++) await get(`d${index}`);
    await get('d0');
    await get('another');
    expect(stats).toEqual({ cacheHits: 1, cacheMisses: LOOKUPS.entries + 1 });
    await get('d0');
    expect(looked).toHaveLength(LOOKUPS.entries + 1);
    await get('d1');
    expect(looked.at(-1)).toBe('d1');
  });
});
