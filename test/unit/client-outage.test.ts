import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BrokenCircuitError } from 'cockatiel';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FatalError, RetryableError } from '../../src/errors.js';
import { HostBreaker, type BreakerChange } from '../../src/source/breaker.js';
import { VivenuHTTPClient, type ClientEvent } from '../../src/source/client.js';
import type { Exchange, Question } from '../../src/source/exchange.js';
import { RequestLimiter } from '../../src/source/limiter.js';
import { createSender, type SenderOptions } from '../../src/source/request.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PAUSES = [10, 20, 30].map((seconds) => seconds * SECOND);

/** A sender over a host that answers as `answer` says at each moment, in faked time. */
function setup(answer: (ms: number) => Error | null, options: Partial<SenderOptions> = {}, takesMs = 100) {
  const began = Date.now();
  const now = () => Date.now();
  const sent: number[] = [];
  const events: ClientEvent[] = [];
  const changes: BreakerChange[] = [];
  const breaker = new HostBreaker(PAUSES, now);
  breaker.listen((change) => changes.push(change));
  const exchange: Exchange = async (question) => {
    const at = Date.now() - began;
    sent.push(at);
    await new Promise((resolve) => setTimeout(resolve, takesMs));
    const error = answer(at);
    if (error) throw error;
    return { value: question.read({}, ''), requestedAt: 0, serverTime: null };
  };
  const send = createSender(exchange, {
    breaker,
    limiter: new RequestLimiter({ requestsPerHour: 1_000_000, maxInFlight: 5 }, now),
    timeoutMs: 31 * SECOND,
    retries: 5,
    maxWaitMs: 15 * MINUTE,
    backoffMs: 500,
    stats: { requests: 0, retries: 0, waitedMs: 0, cacheHits: 0, cacheMisses: 0 },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const controller = new AbortController();
  const question = (more: Partial<Question<string>> = {}): Question<string> => ({
    path: '/tickets',
    read: () => 'answered',
    signal: controller.signal,
    ...more,
  });
  const ask = (more: Partial<Question<string>> = {}) =>
    send(question(more)).then(
      ({ value }) => ({ value, at: Date.now() - began }),
      (error: unknown) => ({ error: error as Error, at: Date.now() - began }),
    );
  return { ask, sent, events, changes, breaker, controller };
}

const down = () => new RetryableError('GET /tickets: 503', { status: 503 });
const downUntil = (end: number) => (ms: number) => (ms < end ? down() : null);

describe('in an outage', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('of 14 minutes a request waits and is answered, however few tries it has', async () => {
    const { ask, sent, breaker } = setup(downUntil(14 * MINUTE));
    const answer = ask();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    expect(await answer).toMatchObject({ value: 'answered' });
    expect((await answer).at).toBeGreaterThan(14 * MINUTE);
    expect((await answer).at).toBeLessThan(14.6 * MINUTE);
    // Five until it opens, then one after 10 s, 20 s and every 30 s.
    expect(sent.length).toBeGreaterThan(30);
    expect(sent.length).toBeLessThan(37);
    expect(breaker.state).toBe('closed');
  });

  test('longer than HTTP_MAX_WAIT the request ends in a RetryableError that says so, and later ones at once', async () => {
    const { ask, sent } = setup(downUntil(Infinity));
    const answer = ask();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    const { error, at } = (await answer) as { error: Error; at: number };
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toMatch(
      /^GET \/tickets: 503; gave up: vivenu is down.* to wait.* left of HTTP_MAX_WAIT$/,
    );
    expect(at).toBeGreaterThan(14.4 * MINUTE);
    expect(at).toBeLessThan(15.1 * MINUTE);
    const before = sent.length;
    const later = ask();
    await vi.advanceTimersByTimeAsync(SECOND);
    expect(await later).toMatchObject({ error: expect.any(RetryableError) as unknown });
    expect(sent.length - before).toBeLessThanOrEqual(1);
  });

  test('one request alone tries whether the host is back, for all that wait', async () => {
    const { ask, sent } = setup(downUntil(MINUTE));
    const answers = Promise.all(Array.from({ length: 20 }, () => ask()));
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    expect((await answers).every((answer) => 'value' in answer)).toBe(true);
    const opened = sent.filter((at) => at > SECOND && at < MINUTE);
    // After 10, 20 and 30 s.
    expect(opened).toHaveLength(2);
  });

  test('in which answers hang, the time of the tries counts as well', async () => {
    const { ask } = setup(downUntil(Infinity), { maxWaitMs: 5 * MINUTE }, 30 * SECOND);
    const answer = ask();
    await vi.advanceTimersByTimeAsync(20 * MINUTE);
    // Five hang before it is known that the host is down.
    expect((await answer).at).toBeGreaterThan(6 * MINUTE);
    expect((await answer).at).toBeLessThan(8 * MINUTE);
  });

  test('a clock that is set back does not put off the next probe', async () => {
    const breaker = new HostBreaker(PAUSES);
    const { signal } = new AbortController();
    for (let more = 0; more < 5; more++)
      await expect(breaker.run(() => Promise.reject(down()), signal)).rejects.toThrow('503');
    vi.setSystemTime(Date.now() - 60 * MINUTE);
    await expect(breaker.run(() => Promise.resolve('sent'), signal)).rejects.toThrow(BrokenCircuitError);
    const ready = breaker.ready({ signal, maxWaitMs: MINUTE });
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    await ready;
    expect(await breaker.run(() => Promise.resolve('sent'), signal)).toBe('sent');
    expect(breaker).toMatchObject({ state: 'closed', downForMs: 0 });
  });

  test('each change is told, with its cause', async () => {
    const { ask, changes } = setup(downUntil(12 * SECOND));
    const answer = ask();
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    await answer;
    expect(changes.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed']);
    expect(changes.map(({ reason }) => reason)).toEqual([
      'GET /tickets: 503',
      'GET /tickets: 503',
      undefined,
    ]);
  });

  test('stop ends the wait at once', async () => {
    const stop = new AbortController();
    const { ask } = setup(downUntil(Infinity), { stop: stop.signal });
    const answers = Promise.all([ask(), ask(), ask()]);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    const at = Date.now();
    stop.abort(new Error('stopped'));
    for (const answer of await answers) expect(answer).toMatchObject({ error: { message: 'stopped' } });
    expect(Date.now()).toBe(at);
  });

  test('stop lets what was sent be answered', async () => {
    const stop = new AbortController();
    const { ask } = setup(() => null, { stop: stop.signal });
    const answer = ask();
    await vi.advanceTimersByTimeAsync(50);
    stop.abort(new Error('stopped'));
    await vi.advanceTimersByTimeAsync(100);
    expect(await answer).toMatchObject({ value: 'answered' });
  });

  test('a probe that is given up shows nothing: the next failure opens again', async () => {
    const { ask, breaker, controller } = setup(downUntil(Infinity));
    const answer = ask();
    await vi.advanceTimersByTimeAsync(9 * SECOND);
    controller.abort(new Error('given up'));
    expect(await answer).toMatchObject({ error: { message: 'given up' } });
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    expect(breaker).toMatchObject({ state: 'open', pauseMs: 0 });
    const { signal } = controller;
    await expect(breaker.run(() => Promise.reject(new Error('given up')), signal)).rejects.toThrow(
      'given up',
    );
    await expect(breaker.run(() => Promise.reject(down()), new AbortController().signal)).rejects.toThrow(
      '503',
    );
    expect(breaker.state).toBe('open');
  });
});

describe('the breaker stays closed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([400, 401, 403, 404, 408, 429])('whatever number of %i come', async (status) => {
    const error =
      status === 408 || status === 429
        ? new RetryableError('again', { status })
        : new FatalError('stop', { status });
    const { ask, changes } = setup(() => error, { maxWaitMs: MINUTE });
    const answers = Promise.all(Array.from({ length: 10 }, () => ask()));
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    await answers;
    expect(changes).toEqual([]);
  });

  test('when a refusal comes between failures: the host is there', async () => {
    let count = 0;
    const { ask, changes } = setup(
      () => (++count % 5 === 0 ? new FatalError('no', { status: 404 }) : down()),
      {
        retries: 0,
      },
    );
    for (let more = 0; more < 40; more++) {
      const answer = ask();
      await vi.advanceTimersByTimeAsync(SECOND);
      await answer;
    }
    expect(changes).toEqual([]);
  });

  test('while others of the host are answered, and a request that always fails ends by its tries', async () => {
    const { ask, changes, sent } = setup(() => null);
    const bad = ask({
      read: () => {
        throw down();
      },
    });
    for (let more = 0; more < 60; more++) {
      const good = ask();
      await vi.advanceTimersByTimeAsync(500);
      await good;
    }
    expect(((await bad) as { error: Error }).error.message).toBe('GET /tickets: 503; gave up: 6 tries');
    expect(changes).toEqual([]);
    expect(sent).toHaveLength(66);
  });
});

describe('the clients of a host', () => {
  test('share its breaker, hear of it, and forget it when the last is closed', async () => {
    let isDown = true;
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.writeHead(isDown ? 503 : 200).end(JSON.stringify({ rows: [], total: 0 }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
    const open = (token: string) => {
      const events: ClientEvent[] = [];
      const onEvent = (event: ClientEvent) => events.push(event);
      return { events, client: new VivenuHTTPClient({ token, baseUrl, backoffMs: 10, onEvent }) };
    };
    const [first, second] = [open('key_one'), open('key_two')];
    const answer = first.client.getTickets();
    await vi.waitFor(() => expect(second.client.breaker).toBe('open'));
    expect(requests).toBe(5);
    const other = second.client.getEvents();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(requests).toBe(5);
    isDown = false;
    expect((await answer).total).toBe(0);
    expect((await other).total).toBe(0);
    for (const { events } of [first, second])
      expect(events.filter(({ type }) => type === 'breaker')).toMatchObject([
        { state: 'open', host: new URL(baseUrl).host, reason: 'GET /tickets: 503' },
        { state: 'half-open' },
        { state: 'closed' },
      ]);
    isDown = true;
    const failing = first.client.getTickets().catch(() => undefined);
    await vi.waitFor(() => expect(first.client.breaker).toBe('open'));
    await Promise.all([first.client.close(), second.client.close(), failing]);
    const third = open('key_one');
    expect(third.client.breaker).toBe('closed');
    await third.client.close();
    server.closeAllConnections();
    server.close();
  });
});
