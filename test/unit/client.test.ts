import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FatalError, RetryableError, UsageError } from '../../src/errors.js';
import { VivenuHTTPClient, type ClientEvent, type ClientOptions } from '../../src/source/client.js';

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

let keys = 0;

/** A server that gives the replies in turn, the last one for ever, and a client that speaks to it. */
async function setup(replies: readonly Reply[], options: Partial<ClientOptions> = {}) {
  const asked: { url: URL; authorization: string | undefined; at: number }[] = [];
  const server = createServer((request, response) => {
    const reply = replies[Math.min(asked.length, replies.length - 1)]!;
    const url = new URL(request.url ?? '', 'http://server');
    asked.push({ url, authorization: request.headers.authorization, at: Date.now() });
    reply(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const events: ClientEvent[] = [];
  const client = new VivenuHTTPClient({
    // A port can come again, and with it the budget and the pause of its key.
    token: `key_0123456789abcdef${keys++}`,
    baseUrl: `${origin}/api`,
    backoffMs: 5,
    onEvent: (event) => events.push(event),
    ...options,
  });
  cleanup.push(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client, asked, events, origin };
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const page = (count: number, total = count) =>
  json({ rows: Array.from({ length: count }, (_, index) => ({ _id: `t${index}` })), total });
const status = (code: number, headers: Record<string, string> = {}) =>
  json({ statusCode: code, error: 'Error', message: 'as vivenu says' }, code, headers);

async function errorFrom(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

describe('a good answer', () => {
  test('becomes a page with both clocks', async () => {
    const { client, asked, events } = await setup([
      json({ rows: [{ _id: 'a' }], total: 1 }, 200, { date: 'Mon, 23 Nov 2026 11:00:00 GMT' }),
    ]);
    const before = Date.now();
    const result = await client.getTickets({
      skip: 0,
      limit: 10,
      'updatedAt[$gte]': '2026-01-01',
      event: 'x,y',
    });
    expect(result.rows).toEqual([{ _id: 'a' }]);
    expect(result.total).toBe(1);
    expect(result.serverTime).toBe(Date.UTC(2026, 10, 23, 11));
    expect(result.requestedAt).toBeGreaterThanOrEqual(before);
    expect(asked[0]?.url.pathname).toBe('/api/tickets');
    expect(asked[0]?.url.searchParams.get('updatedAt[$gte]')).toBe('2026-01-01');
    expect(asked[0]?.url.searchParams.get('event')).toBe('x,y');
    expect(asked[0]?.authorization).toMatch(/^Bearer key_0123456789abcdef\d+$/);
    expect(events).toMatchObject([{ type: 'request', path: '/tickets', status: 200, rows: 1 }]);
    expect(client.stats).toEqual({ requests: 1, retries: 0, waitedMs: 0, cacheHits: 0, cacheMisses: 0 });
  });

  test('of every named list comes from its path', async () => {
    const { client, asked } = await setup([json({ rows: [], docs: [], total: 0 })]);
    await client.getEvents();
    await client.getCoupons({ active: 'true' });
    await client.getCouponSeries();
    await client.getEvent('a/b');
    expect(asked.map(({ url }) => url.pathname)).toEqual([
      '/api/events',
      '/api/coupon/rich',
      '/api/coupon/series',
      '/api/events/a%2Fb',
    ]);
    expect(asked[0]?.url.searchParams.get('top')).toBe('100');
    expect(asked[1]?.url.searchParams.get('top')).toBe('1000');
  });

  test('may be a bare array for coupon series, without a total', async () => {
    const { client } = await setup([json([{ _id: 's' }])]);
    expect(await client.getCouponSeries()).toMatchObject({ rows: [{ _id: 's' }], total: null });
  });

  test('of several megabytes is read whole', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ _id: String(index), text: 'ü'.repeat(2000) }));
    const { client } = await setup([json({ rows, total: 1000 })]);
    expect((await client.getTickets()).rows).toEqual(rows);
  });
});

test('a huge answer that is nested by the million is refused before it is parsed', async () => {
  const body = `{"rows":[${'['.repeat(17 * 1024 * 1024)}`;
  const { client } = await setup(
    [(response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)],
    { retries: 0 },
  );
  await expect(client.getTickets()).rejects.toThrow('nested too deep to be read');
});

describe('an answer that may come later', () => {
  const cut: Reply = (response) => {
    const body = '{"rows":[{"_id":"secret-body';
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) });
    response.end(body);
  };
  const broken: Reply = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"rows":[');
    setTimeout(() => response.destroy(), 5);
  };
  const html: Reply = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html>secret-body</html>');
  };
  const cases: [string, Reply][] = [
    ['a 500', status(500)],
    ['a 503 with HTML', (response) => response.writeHead(503).end('<html>')],
    ['a 408', status(408)],
    ['a 429', status(429)],
    ['a connection reset', (response) => response.socket?.resetAndDestroy()],
    ['JSON cut with the right length', cut],
    ['a cut connection', broken],
    ['HTML with 200', html],
    ['an empty 200', (response) => response.end()],
    ['a 204', (response) => response.writeHead(204).end()],
    ['no rows', json({ total: 3 })],
    ['rows that are no array', json({ rows: {}, total: 3 })],
    ['no total', json({ rows: [] })],
    ['a total as text', json({ rows: [], total: '0' })],
    ['a fraction as total', json({ rows: [], total: 0.5 })],
    ['a bare array where none is allowed', json([])],
    ['null', json(null)],
  ];

  test.each(cases)('is asked for again after %s', async (_, reply) => {
    const { client, asked, events } = await setup([reply, page(1)]);
    expect((await client.getTickets()).rows).toHaveLength(1);
    expect(asked).toHaveLength(2);
    expect(client.stats).toMatchObject({ requests: 2, retries: 1 });
    expect(events.filter(({ type }) => type === 'retry')).toMatchObject([{ path: '/tickets', attempt: 1 }]);
  });

  test.each(cases.filter(([name]) => name !== 'a 429'))(
    'ends in a RetryableError after the tries when it is always %s',
    async (_, reply) => {
      const { client, asked, events } = await setup([reply], { retries: 2 });
      const error = await errorFrom(client.getTickets());
      expect(error).toBeInstanceOf(RetryableError);
      expect(error.message).toMatch(/^GET \/tickets: .*gave up: 3 tries$/);
      expect(asked).toHaveLength(3);
      expect(inFull(error) + JSON.stringify(events)).not.toMatch(/secret-body|0123456789abcdef/);
    },
  );

  test('is not asked for again with no retries', async () => {
    const { client, asked } = await setup([status(500)], { retries: 0 });
    expect(await errorFrom(client.getTickets())).toMatchObject({ status: 500 });
    expect(asked).toHaveLength(1);
  });

  test('hangs only until the time-out', async () => {
    const { client, asked } = await setup([() => {}, page(1)], { timeoutMs: 60 });
    expect((await client.getTickets()).rows).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  test('that never stops coming is cut by the time-out, which says so', async () => {
    const drip: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    };
    const { client } = await setup([drip], { timeoutMs: 80, retries: 0 });
    const error = await errorFrom(client.getTickets());
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('no whole answer within 0.08 s (HTTP_TIMEOUT)');
  });

  test('is not waited for longer than the time-out while connecting', async () => {
    const sockets: Socket[] = [];
    const silent = createTcpServer((socket) => sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const client = new VivenuHTTPClient({
      token: 'key_0123456789abcdef',
      baseUrl: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      timeoutMs: 80,
      retries: 0,
    });
    cleanup.push(async () => {
      await client.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });
    const began = Date.now();
    expect((await errorFrom(client.getTickets())).message).toContain('no whole answer within 0.08 s');
    expect(Date.now() - began).toBeLessThan(1000);
  });

  test('after a refused connection is asked for again', async () => {
    const events: ClientEvent[] = [];
    const client = new VivenuHTTPClient({
      token: 'key_0123456789abcdef',
      baseUrl: 'http://127.0.0.1:1/api',
      retries: 1,
      backoffMs: 1,
      onEvent: (event) => events.push(event),
    });
    cleanup.push(() => client.close());
    const error = await errorFrom(client.get('/events'));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('ECONNREFUSED');
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(1);
  });

  test('lets the host alone after five failures in a row, then goes on', async () => {
    const { client, asked, events } = await setup([...Array<Reply>(6).fill(status(503)), page(1)], {
      retries: 7,
    });
    expect((await client.getTickets()).rows).toHaveLength(1);
    expect(asked).toHaveLength(7);
    expect(asked[5]!.at - asked[4]!.at).toBeGreaterThanOrEqual(95);
    expect(events.some((event) => event.type === 'wait' && event.reason === 'outage')).toBe(true);
  });

  test('is waited for by one request alone while vivenu is down', async () => {
    const { client, asked } = await setup([...Array<Reply>(8).fill(status(503)), page(1)], {
      retries: 20,
      maxInFlight: 5,
    });
    const pages = await Promise.all(Array.from({ length: 5 }, () => client.getTickets()));
    expect(pages.every(({ rows }) => rows.length === 1)).toBe(true);
    // Five at once, then one every 100 ms until the ninth is answered, then the other four.
    expect(asked.length).toBe(13);
  });
});

describe('a 429', () => {
  test('is waited out as many seconds as asked, without using up tries', async () => {
    const { client, asked } = await setup(
      [status(429, { 'retry-after': '0.05' }), status(429, { 'retry-after': '1' }), page(1)],
      {
        retries: 0,
      },
    );
    expect((await client.getTickets()).rows).toHaveLength(1);
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(49);
    expect(asked[2]!.at - asked[1]!.at).toBeGreaterThanOrEqual(999);
    expect(client.stats.waitedMs).toBeGreaterThanOrEqual(1040);
  });

  test('may name a date, against the clock of the server', async () => {
    const date = 'Mon, 23 Nov 2020 11:00:00 GMT';
    const { client, asked } = await setup([
      status(429, { date, 'retry-after': 'Mon, 23 Nov 2020 11:00:01 GMT' }),
      page(1),
    ]);
    await client.getTickets();
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(999);
  });

  test.each(['soon', '-5', '', '1e3', 'NaN', 'Mon, 99 Foo 2026', 'wait 5', '0'])(
    'with a Retry-After of "%s" is backed off from',
    async (text) => {
      const { client, asked } = await setup([status(429, { 'retry-after': text }), page(1)]);
      await client.getTickets();
      expect(asked).toHaveLength(2);
      expect(asked[1]!.at - asked[0]!.at).toBeLessThan(500);
    },
  );

  test('holds back the other requests of the key', async () => {
    const { client, asked } = await setup([status(429, { 'retry-after': '0.3' }), page(1)]);
    const first = client.getTickets();
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.getTickets();
    await first;
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(299);
  });

  test('that asks for more than may be waited ends at once', async () => {
    const { client, asked } = await setup([status(429, { 'retry-after': '3600' })], { maxWaitMs: 60_000 });
    const began = Date.now();
    const error = await errorFrom(client.getTickets());
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
    expect(error.message).toContain('asked to wait 3600 s, 60 s left of HTTP_MAX_WAIT');
    expect(asked).toHaveLength(1);
    expect(Date.now() - began).toBeLessThan(1000);
    const second = await errorFrom(client.getTickets());
    expect(second).toBeInstanceOf(RetryableError);
    expect(asked).toHaveLength(1);
  });

  test('without end is given up when the waits add up to the limit', async () => {
    const { client, asked } = await setup([status(429, { 'retry-after': '0.05' })], {
      maxWaitMs: 180,
      retries: 0,
    });
    const error = await errorFrom(client.getTickets());
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('HTTP_MAX_WAIT');
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('that always asks for no wait at all ends too', async () => {
    const { client } = await setup([status(429, { 'retry-after': '0' })], { maxWaitMs: 200 });
    expect(await errorFrom(client.getTickets())).toMatchObject({ status: 429 });
  });
});

describe('an answer that asking again cannot mend', () => {
  test.each([
    [401, 'EVENT_CONFIGS__<region>__token'],
    [403, 'may not do'],
    [404, 'base_url'],
    [400, 'cannot help'],
    [405, 'cannot help'],
  ])("%i is a FatalError with vivenu's message and the mend", async (code, mend) => {
    const { client, asked } = await setup([status(code)]);
    const error = await errorFrom(client.getTickets({ limit: 10 }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ status: code });
    expect(error.message).toContain(`GET /tickets: ${code} (vivenu: as vivenu says)`);
    expect(error.message).toContain(mend);
    expect(asked).toHaveLength(1);
  });

  test("quotes neither the token nor an address of vivenu's message, nor any other part of the body", async () => {
    const message = `bad Bearer key_0123456789abcdef of jane@example.com ${'x'.repeat(5000)}`;
    const { client } = await setup([json({ statusCode: '401', message, secret: 'other-part' }, 401)]);
    const error = await errorFrom(client.getTickets());
    expect(inFull(error)).not.toMatch(/0123456789abcdef|jane@|other-part/);
    expect(error.message.length).toBeLessThan(600);
  });

  test('a redirect is not followed and names the origin it leads to', async () => {
    const { client, asked } = await setup([
      (response) => response.writeHead(302, { location: 'https://elsewhere.example/api?token=abc' }).end(),
    ]);
    const error = await errorFrom(client.getTickets());
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('302 to https://elsewhere.example; redirects are not followed');
    expect(error.message).not.toContain('abc');
    expect(asked).toHaveLength(1);
  });

  test('https to a server without it is a FatalError', async () => {
    const { origin } = await setup([page(1)]);
    const client = new VivenuHTTPClient({ token: 'key_abc', baseUrl: origin.replace('http', 'https') });
    cleanup.push(() => client.close());
    expect(await errorFrom(client.getTickets())).toBeInstanceOf(FatalError);
  });

  test('a token or base URL that cannot work is refused when the client is made', () => {
    const make = (options: ClientOptions) => () => new VivenuHTTPClient(options);
    expect(make({ token: 'a b', baseUrl: 'https://vivenu.com/api' })).toThrow(UsageError);
    expect(make({ token: 'abc', baseUrl: 'http://vivenu.com/api' })).toThrow(/unencrypted/);
    expect(make({ token: 'abc', baseUrl: 'https://u:geheim@vivenu.com' })).toThrow(/^(?!.*geheim)/);
    expect(make({ token: 'abc', baseUrl: 'vivenu.com' })).toThrow(UsageError);
  });
});

describe('the page size', () => {
  const refusing: Reply = (response, request) => {
    const top = Number(new URL(request.url ?? '', 'http://x').searchParams.get('top'));
    (top > 100 ? status(400) : page(100, 5000))(response, request);
  };
  const clamping =
    (cap: number, total: number): Reply =>
    (response, request) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      const rest = Math.max(0, total - Number(query.get('skip')));
      page(Math.min(cap, Number(query.get('top')), rest), total)(response, request);
    };

  test('is lowered to 100 for the path when a larger one is refused', async () => {
    const { client, asked } = await setup([refusing]);
    expect((await client.getTickets()).rows).toHaveLength(100);
    await client.getTickets({ skip: 100 });
    expect(asked.map(({ url }) => url.searchParams.get('top'))).toEqual(['1000', '100', '100']);
    expect(client.pageSize('/tickets')).toBe(100);
    expect(client.pageSize('/coupon/rich')).toBe(1000);
  });

  test('stays when 100 is refused too', async () => {
    const { client, asked } = await setup([status(400)]);
    expect(await errorFrom(client.getTickets())).toMatchObject({ status: 400 });
    expect(asked).toHaveLength(2);
    expect(client.pageSize('/tickets')).toBe(1000);
  });

  test('is learnt from a clamp in silence', async () => {
    const { client, asked } = await setup([clamping(250, 600)]);
    await client.getTickets();
    expect(client.pageSize('/tickets')).toBe(250);
    await client.getTickets({ skip: 250 });
    expect((await client.getTickets({ skip: 500 })).rows).toHaveLength(100);
    expect(client.pageSize('/tickets')).toBe(250);
    expect(asked.map(({ url }) => url.searchParams.get('top'))).toEqual(['1000', '250', '250']);
  });

  test('is not learnt from a last page or an empty one', async () => {
    const { client } = await setup([clamping(1000, 30)]);
    await client.getTickets();
    await client.getTickets({ skip: 20 });
    await client.getTickets({ skip: 500 });
    expect(client.pageSize('/tickets')).toBe(1000);
  });

  test('does not shrink below what came before because of one odd answer', async () => {
    const { client } = await setup([page(900, 5000), page(3, 5000)]);
    await client.getTickets();
    await client.getTickets({ skip: 900 });
    expect(client.pageSize('/tickets')).toBe(900);
  });
});

describe('an abort', () => {
  test.each([
    ['an answer', () => {}, {}],
    ['a back-off', status(500), { backoffMs: 60_000 }],
    ['a pause', status(429, { 'retry-after': '60' }), {}],
  ] as [string, Reply, Partial<ClientOptions>][])(
    'ends the wait for %s at once',
    async (_, reply, options) => {
      const controller = new AbortController();
      const { client, asked } = await setup([reply], { ...options, signal: controller.signal });
      const answer = errorFrom(client.getTickets());
      while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 30));
      const began = Date.now();
      controller.abort(new Error('stop'));
      expect((await answer).message).toBe('stop');
      expect(Date.now() - began).toBeLessThan(100);
      expect(asked).toHaveLength(1);
    },
  );

  test('of one call leaves the others alone', async () => {
    const { client } = await setup([page(1)]);
    const query = { path: '/tickets', items: 'rows', skip: 0, top: 10 };
    const stopped = errorFrom(client.list(query, AbortSignal.abort(new Error('stop'))));
    expect((await client.list(query)).rows).toHaveLength(1);
    expect((await stopped).message).toBe('stop');
  });

  test('comes with closing, which may be done twice', async () => {
    const { client } = await setup([() => {}]);
    const answer = errorFrom(client.getTickets());
    await new Promise((resolve) => setTimeout(resolve, 30));
    await client.close();
    await client.close();
    expect((await answer).name).toBe('AbortError');
    expect((await errorFrom(client.getTickets())).name).toBe('AbortError');
  });

  test('leaves another client of the same host working', async () => {
    const { client, origin } = await setup([page(1)]);
    await using other = new VivenuHTTPClient({ token: 'key_other', baseUrl: origin });
    await other.getTickets();
    await client.close();
    expect((await other.getTickets()).rows).toHaveLength(1);
  });
});

test('many calls at once under one signal bring no warning of a leak', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const controller = new AbortController();
  const { client } = await setup([page(1)], { signal: controller.signal });
  const query = { path: '/tickets', items: 'rows', skip: 0, top: 10 };
  await Promise.all(Array.from({ length: 30 }, () => client.list(query, controller.signal)));
  await new Promise((resolve) => setTimeout(resolve, 10));
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test('no more requests are in flight than allowed', async () => {
  let now = 0;
  let most = 0;
  const slow: Reply = (response, request) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      page(1)(response, request);
    }, 15);
  };
  const { client } = await setup([slow], { maxInFlight: 3 });
  await Promise.all(Array.from({ length: 12 }, () => client.getTickets()));
  expect(most).toBe(3);
});

/** Message, stack, causes and everything else that an error carries. */
function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message}${error.stack ?? ''}${JSON.stringify(error)}${inFull(error.cause)}`;
}
