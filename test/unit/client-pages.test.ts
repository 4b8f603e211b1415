import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { RetryableError } from '../../src/errors.js';
import { VivenuHTTPClient, type ClientOptions } from '../../src/source/client.js';
import { PageSize } from '../../src/source/page-size.js';
import { PAGE } from '../../src/source/policies.js';

const TOTAL = 100_000;

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

let keys = 0;

/** A server with `TOTAL` rows that fails pages as `fails` says, and a client that speaks to it. */
async function setup(
  fails: (top: number) => boolean,
  options: Partial<ClientOptions> & { fail?: (response: ServerResponse) => void } = {},
) {
  const { fail = (response: ServerResponse) => response.writeHead(503).end(), ...given } = options;
  const tops: number[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://server').searchParams;
    const [top, skip] = [Number(query.get('top')), Number(query.get('skip'))];
    tops.push(top);
    if (fails(top)) {
      fail(response);
      return;
    }
    const count = Math.max(0, Math.min(top, TOTAL - skip));
    const rows = Array.from({ length: count }, (_, index) => ({ _id: `t${skip + index}` }));
    response.end(JSON.stringify({ rows, total: TOTAL }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new VivenuHTTPClient({
    token: `key_${keys++}`,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    backoffMs: 2,
    ...given,
  });
  cleanup.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  /** Reads on from where it was. */
  let at = 0;
  const read = async (pages: number) => {
    const counts: number[] = [];
    for (let more = 0; more < pages; more++) {
      const { rows } = await client.getTickets({ skip: at });
      expect(rows[0]).toEqual({ _id: `t${at}` });
      at += rows.length;
      counts.push(rows.length);
    }
    return counts;
  };
  return { client, tops, read };
}

describe('pages that keep failing', () => {
  test('are halved until they work, and the size is remembered', async () => {
    const { tops, read, client } = await setup((top) => top > 250);
    expect(await read(3)).toEqual([250, 250, 250]);
    expect(tops).toEqual([1000, 1000, 500, 250, 250, 250]);
    expect(client.pageSize('/tickets')).toBe(250);
    expect(client.pageSize('/coupon/rich')).toBe(1000);
  });

  test('become small within the tries that a request has', async () => {
    const { tops, read } = await setup((top) => top > 100);
    expect(await read(1)).toEqual([100]);
    expect(tops).toEqual([1000, 1000, 500, 250, 100]);
  });

  test('of several requests at once look like an outage, which is told apart', async () => {
    const { client, tops } = await setup((top) => top > 100);
    const five = Array.from({ length: 5 }, (_, index) => client.getTickets({ skip: index * 100 }));
    expect((await Promise.all(five)).map(({ rows }) => rows.length)).toEqual([100, 100, 100, 100, 100]);
    expect(client.pageSize('/tickets')).toBeLessThanOrEqual(250);
    expect(tops.filter((top) => top > 100).length).toBeLessThanOrEqual(15);
    expect(client.breaker).toBe('closed');
  });

  test('are asked for larger again after some good ones, ever more seldom while that fails', async () => {
    const { tops, read } = await setup((top) => top > 500);
    await read(30);
    const large = tops.flatMap((top, index) => (top === 1000 ? [index] : []));
    // Two to learn it; then after 4, 8 and 16 good pages.
    expect(large).toEqual([0, 1, 6, 15, 32]);
  });

  test('grow back step by step when the server has recovered', async () => {
    let most = 100;
    const { client, read } = await setup((top) => top > most);
    await read(2);
    most = 1000;
    const counts = await read(20);
    expect(counts).toEqual([
      ...Array<number>(2).fill(100),
      ...Array<number>(5).fill(250),
      ...Array<number>(5).fill(500),
      ...Array<number>(8).fill(1000),
    ]);
    expect(client.pageSize('/tickets')).toBe(1000);
  });

  test('grow back also for who never asks for more than is known to work', async () => {
    let most = 100;
    const { client } = await setup((top) => top > most);
    await client.getTickets();
    most = 1000;
    const counts: number[] = [];
    for (let more = 0; more < 16; more++)
      counts.push((await client.getTickets({ limit: client.pageSize('/tickets') })).rows.length);
    expect(counts.slice(0, 4)).toEqual([100, 100, 100, 250]);
    expect(counts.at(-1)).toBe(1000);
  });

  test('may time out instead of failing', async () => {
    const { read } = await setup((top) => top > 500, { fail: () => undefined, timeoutMs: 60 });
    expect(await read(2)).toEqual([500, 500]);
  });

  test('may be cut off in the middle', async () => {
    const fail = (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write('{"rows":[');
      setTimeout(() => response.destroy(), 5);
    };
    const { read } = await setup((top) => top > 500, { fail });
    expect(await read(2)).toEqual([500, 500]);
  });

  test('are tried larger by one request alone', async () => {
    const { client, tops } = await setup((top) => top > 500);
    await client.getTickets();
    const five = () =>
      Promise.all(Array.from({ length: 5 }, (_, index) => client.getTickets({ skip: index })));
    await five();
    tops.length = 0;
    await five();
    expect(tops.filter((top) => top === 1000)).toHaveLength(1);
    expect(client.breaker).toBe('closed');
  });

  test('that fail for another reason keep their size: one failure, a 429, a small page', async () => {
    let count = 0;
    const { tops, read, client } = await setup(() => ++count % 3 === 0);
    await read(10);
    expect(new Set(tops)).toEqual(new Set([1000]));
    await client.list({ path: '/events', items: 'rows', skip: 0, top: 100 });
    expect(client.pageSize('/tickets')).toBe(1000);
  });
});

describe('after an outage', () => {
  test('pages are whole again at the cost of one request', async () => {
    let isDown = true;
    const { client, tops } = await setup(() => isDown, { backoffMs: 5 });
    const pages = Promise.all(
      Array.from({ length: 5 }, (_, index) => client.getTickets({ skip: index * 1000 })),
    );
    // Each page has failed, and the outage was probed.
    await expect.poll(() => tops.length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(6);
    isDown = false;
    const before = tops.length;
    expect((await pages).map(({ rows }) => rows.length)).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(tops.slice(before).filter((top) => top < 1000)).toEqual([100]);
    expect(tops.length - before).toBe(6);
  });

  test('probes ask for little', async () => {
    const { client, tops } = await setup(() => tops.length <= 7, { backoffMs: 2 });
    await client.getTickets();
    expect(tops.slice(5)).toEqual([100, 100, 100, 1000]);
  });
});

describe('a page size', () => {
  const failure = new RetryableError('GET /tickets: 503', { status: 503 });
  const rows = (count: number) => ({ skip: 0, count, total: TOTAL });

  test('is lowered by no failure of an outage that is told after its end', () => {
    const size = new PageSize();
    const early = Array.from({ length: 5 }, () => size.next(1000, false));
    size.failed(early[0]!, failure);
    size.recovered();
    for (const asked of early.slice(1)) size.failed(asked, failure);
    expect(size.rows).toBe(1000);
    size.failed(size.next(1000, false), failure);
    expect(size.rows).toBe(500);
  });

  test('below the largest is halved from what was asked for', () => {
    const size = new PageSize();
    for (let more = 0; more < PAGE.failures; more++) size.failed(size.next(300, false), failure);
    expect(size.next(300, false).top).toBe(250);
  });

  test('is not lowered by failures that successes of such pages come between, nor saved by those of small ones', () => {
    const size = new PageSize();
    for (let more = 0; more < 5; more++) {
      size.failed(size.next(300, false), failure);
      size.worked(size.next(300, false), rows(300));
    }
    expect(size.rows).toBe(1000);
    for (let more = 0; more < PAGE.failures; more++) {
      size.failed(size.next(1000, false), failure);
      size.worked(size.next(1, false), rows(1));
    }
    expect(size.rows).toBe(500);
  });

  test('that an earlier run knew is where it begins; a server that shortens pages is learnt without a page for nothing', () => {
    const size = new PageSize();
    size.expect(100);
    const counts: number[] = [];
    for (let more = 0; more < 8; more++) {
      const asked = size.next(size.rows, false);
      counts.push(asked.top);
      size.worked(asked, rows(100));
    }
    expect(counts).toEqual([100, 100, 100, 100, 250, 100, 100, 100]);
  });

  test('that is learnt from a shortened page holds while larger ones are tried', () => {
    const size = new PageSize();
    size.worked(size.next(1000, false), rows(250));
    expect(size.rows).toBe(250);
    for (let more = 0; more < 4; more++) size.failed(size.next(1000, false), failure);
    expect(size.rows).toBe(100);
    for (let more = 0; more < 20; more++) {
      const asked = size.next(1000, false);
      size.worked(asked, rows(asked.top));
    }
    expect(size.rows).toBe(250);
  });

  test('gives the next its chance when a trial ended without a verdict', () => {
    const size = new PageSize();
    for (let more = 0; more < PAGE.failures; more++) size.failed(size.next(1000, false), failure);
    for (let more = 0; more < 4; more++) size.worked(size.next(1000, false), rows(500));
    const trial = size.next(1000, false);
    expect(trial).toMatchObject({ top: 1000, as: 'trial' });
    expect(size.next(1000, false).top).toBe(500);
    size.release(trial);
    expect(size.next(1000, false)).toMatchObject({ top: 1000, as: 'trial' });
    size.failed(trial, new RetryableError('429', { status: 429 }));
    expect(size.next(1000, false)).toMatchObject({ top: 1000, as: 'trial' });
  });
});
