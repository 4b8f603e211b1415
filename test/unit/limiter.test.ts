import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RetryableError } from '../../src/errors.js';
import { limiterFor, RequestLimiter, type Turn, type WaitReason } from '../../src/source/limiter.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup({ requestsPerHour = 3600, maxInFlight = 100 } = {}) {
  const limiter = new RequestLimiter({ requestsPerHour, maxInFlight }, () => Date.now());
  const began = Date.now();
  const sent: number[] = [];
  const waits: [number, WaitReason][] = [];
  const run = (turn: Partial<Turn> = {}) =>
    limiter.run(
      () => {
        sent.push(Date.now() - began);
        return Promise.resolve();
      },
      {
        signal: new AbortController().signal,
        maxWaitMs: 3_600_000,
        onWait: (ms, reason) => waits.push([ms, reason]),
        ...turn,
      },
    );
  return { limiter, sent, waits, run };
}

describe('the budget', () => {
  test('lets a full bucket through at once and then one request per share of the hour', async () => {
    const { sent, waits, run } = setup({ requestsPerHour: 3600 });
    const all = Promise.all(Array.from({ length: 3605 }, () => run()));
    await vi.advanceTimersByTimeAsync(10_000);
    await all;
    expect(sent.slice(0, 3600).every((at) => at === 0)).toBe(true);
    expect(sent.slice(3600)).toEqual([1000, 2000, 3000, 4000, 5000]);
    expect(waits[0]).toEqual([1000, 'budget']);
  });

  test('flows back while nothing is sent, up to a full bucket', async () => {
    const { limiter, run } = setup({ requestsPerHour: 10 });
    await Promise.all(Array.from({ length: 10 }, () => run()));
    expect(limiter.available).toBe(0);
    await vi.advanceTimersByTimeAsync(3 * 360_000);
    expect(limiter.available).toBe(3);
    await vi.advanceTimersByTimeAsync(100 * 360_000);
    expect(limiter.available).toBe(10);
  });

  test('refuses a wait that is longer than allowed, and loses no request by it', async () => {
    const { limiter, run } = setup({ requestsPerHour: 10 });
    await Promise.all(Array.from({ length: 10 }, () => run()));
    for (let again = 0; again < 5; again++) {
      await expect(run({ maxWaitMs: 1000 })).rejects.toThrow(RetryableError);
    }
    await expect(run({ maxWaitMs: 1000 })).rejects.toThrow(
      /HTTP_REQUESTS_PER_HOUR is used up: 360\.0 s to wait, 1\.0 s left of HTTP_MAX_WAIT/,
    );
    await vi.advanceTimersByTimeAsync(360_000);
    expect(limiter.available).toBe(1);
  });

  test('gets back the request of a wait that was aborted', async () => {
    const { limiter, run } = setup({ requestsPerHour: 10 });
    await Promise.all(Array.from({ length: 10 }, () => run()));
    const controller = new AbortController();
    const waiting = run({ signal: controller.signal });
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await vi.advanceTimersByTimeAsync(360_000);
    expect(limiter.available).toBe(1);
  });
});

describe('a pause', () => {
  test('holds back every request until it is over, even one that waits already', async () => {
    const { limiter, sent, waits, run } = setup();
    limiter.pause(1000);
    const first = run();
    await vi.advanceTimersByTimeAsync(500);
    limiter.pause(2000);
    limiter.pause(10);
    const second = run();
    await vi.advanceTimersByTimeAsync(5000);
    await Promise.all([first, second]);
    expect(sent).toEqual([2500, 2500]);
    expect(waits[0]).toEqual([1000, 'asked']);
  });

  test('that is longer than may be waited is refused at once', async () => {
    const { limiter, sent, run } = setup();
    limiter.pause(60_000);
    await expect(run({ maxWaitMs: 59_000 })).rejects.toThrow(RetryableError);
    expect(sent).toEqual([]);
  });
});

describe('requests in flight', () => {
  test('are bounded, and let in in order', async () => {
    const { limiter } = setup({ maxInFlight: 2 });
    const order: number[] = [];
    let now = 0;
    let most = 0;
    const all = Promise.all(
      [0, 1, 2, 3, 4, 5].map((index) =>
        limiter.run(
          async () => {
            order.push(index);
            most = Math.max(most, ++now);
            await new Promise((resolve) => setTimeout(resolve, 10));
            now--;
          },
          { signal: new AbortController().signal, maxWaitMs: 0 },
        ),
      ),
    );
    await vi.advanceTimersByTimeAsync(100);
    await all;
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  test('leave the queue when they are aborted, and free their place when they fail', async () => {
    const { limiter, run } = setup({ maxInFlight: 1 });
    const signal = new AbortController().signal;
    const failing = limiter.run(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw new Error('failed');
      },
      { signal, maxWaitMs: 0 },
    );
    const controller = new AbortController();
    const aborted = run({ signal: controller.signal });
    const next = run();
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    const failure = expect(failing).rejects.toThrow('failed');
    await vi.advanceTimersByTimeAsync(10);
    await failure;
    await next;
  });
});

test('clients of one key share a limiter, and the newest limits count', () => {
  const first = limiterFor('a', { requestsPerHour: 10, maxInFlight: 1 });
  expect(limiterFor('a', { requestsPerHour: 20, maxInFlight: 2 })).toBe(first);
  expect(first.requestsPerHour).toBe(20);
  expect(limiterFor('b', { requestsPerHour: 10, maxInFlight: 1 })).not.toBe(first);
});
