/** Two servers behind one door are restarted one after the other, as docs/operations.md says, while deliveries come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { freePort } from './free-port.js';
import { documents, envelope, HMAC, post, workedOff } from './server-world.js';
import { start, type Child } from './worker-world.js';
import { KEY, MINUTE, streamOf, world } from './world.js';

const PAUSE_MS = 20;

const ready = async (url: string) =>
  (await fetch(`${url}/health/ready`).catch(() => undefined))?.status === 200;

describe('two servers that are restarted one after the other', () => {
  it('take every delivery that comes meanwhile, and lose none', async () => {
    await using here = await world({ regions: [{ webhookKey: HMAC }], tickets: 300 });
    await here.complete();
    const ports = [await freePort(), await freePort()];
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    const begin = async (index: number): Promise<Child> => {
      const child = await start(here, ['serve'], { SERVE_PORT: String(ports[index]) });
      await vi.waitFor(async () => expect(await ready(urls[index] ?? '')).toBe(true), { timeout: 20_000 });
      return child;
    };
    const servers = [await begin(0), await begin(1)];
    here.simulator.edit(KEY, 200);
    const tickets = await documents(
      here,
      here.truth().flatMap(({ id }) => id ?? []),
    );
    let [sending, taken, refused] = [true, 0, 0];
    /** As a proxy does: the other server is asked where one does not answer. */
    const send = async (body: string) => {
      for (const url of taken % 2 === 0 ? urls : urls.toReversed())
        if ((await post(url, body).catch(() => 0)) === 200) return true;
      return false;
    };
    const sender = (async () => {
      for (const ticket of cycle(tickets)) {
        if (!sending) return;
        if (await send(envelope('ticket.updated', { ticket }))) taken += 1;
        else refused += 1;
        await sleep(PAUSE_MS);
      }
    })();
    for (const index of [0, 1]) {
      expect(await servers[index]?.end('SIGTERM')).toBe(143);
      const before = taken;
      servers[index] = await begin(index);
      expect(taken).toBeGreaterThan(before);
    }
    sending = false;
    await sender;
    expect(refused).toBe(0);
    const outcomes = (await workedOff(here, taken)).map(({ outcome }) => outcome);
    expect(new Set(outcomes)).toEqual(new Set(['stored']));
    for (const server of servers) await server[Symbol.asyncDispose]();
    here.simulator.advance(5 * MINUTE);
    expect(streamOf(await here.complete()).proven).toBe(true);
    await here.expectExact();
  });
});

function* cycle<T>(items: readonly T[]): Generator<T> {
  for (;;) yield* items;
}
