import { describe, expect, it, vi } from 'vitest';
import { Client, listen } from './dashboard-world.js';
import { documents, envelope, HMAC, post, serving } from './server-world.js';
import { OwnServer } from './own-server.js';
import { KEY, world, World } from './world.js';

const withKey = [{ webhookKey: HMAC }];

describe('the live stream', () => {
  it('tells of a sale within 2 s, and of a run that begins and ends', async () => {
    await using here = await world({ regions: withKey, tickets: 5 });
    await here.complete();
    await using server = await serving(here);
    using live = await listen(server.url);
    expect([live.status, live.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await vi.waitFor(() => expect(live.heard).toHaveLength(1));
    const tickets = await documents(here, here.simulator.sell(KEY, 10));
    const began = performance.now();
    for (const ticket of tickets) await post(server.url, envelope('ticket.created', { ticket }));
    await vi.waitFor(() => expect(live.heard.flatMap(({ sales }) => sales)).toContain('auckland'), {
      timeout: 5000,
      interval: 10,
    });
    expect(performance.now() - began).toBeLessThan(2000);
    const before = live.heard.length;
    await here.complete();
    await vi.waitFor(() => expect(live.heard.slice(before).some(({ runs }) => runs)).toBe(true), 5000);
  });

  it('is no more than one event a second, however much moves', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    using live = await listen(server.url);
    await vi.waitFor(() => expect(live.heard).toHaveLength(1));
    for (let n = 0; n < 30; n++) {
      await here.sql(`select pg_notify('vivenu_ingest_changes', '{"what":"sales","region":"r${n}"}')`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await vi.waitFor(() => expect(live.heard.flatMap(({ sales }) => sales)).toContain('r29'), 5000);
    const times = live.heard.slice(1).map(({ at }) => Date.parse(at));
    for (const [index, at] of times.entries())
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(900);
    expect(new Set(live.heard.flatMap(({ sales }) => sales)).size).toBe(30);
  });

  it('says that everything may have changed after the connection to PostgreSQL was lost', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    using live = await listen(server.url);
    await vi.waitFor(() => expect(live.heard).toHaveLength(1));
    const ended = await here.sql<{ ended: boolean }>(
      `select pg_terminate_backend(pid) as ended from pg_stat_activity
       where datname = current_database() and query like 'listen %' or query = 'select 1' and pid <> pg_backend_pid()`,
    );
    expect(ended.length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(live.heard.flatMap(({ sales }) => sales)).toContain('auckland'), {
      timeout: 8000,
    });
    await here.sql(`select pg_notify('vivenu_ingest_changes', '{"what":"sales","region":"later"}')`);
    await vi.waitFor(() => expect(live.heard.flatMap(({ sales }) => sales)).toContain('later'), 5000);
  });

  it('ends with the server, which it does not hold up', async () => {
    await using here = await world({ tickets: 5 });
    const server = await serving(here);
    using live = await listen(server.url);
    const began = performance.now();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(3000);
    await vi.waitFor(() => expect(live.isEnded()).toBe(true));
  });

  it('is refused beyond 200 streams, and the 200 of those who left are free again', async () => {
    await using here = await world({ tickets: 5 });
    await using server = await serving(here);
    const open = await Promise.all(Array.from({ length: 200 }, () => listen(server.url)));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    using more = await listen(server.url);
    expect(more.status).toBe(503);
    expect((await new Client(server.url).ask('/session')).status).toBe(200);
    open.forEach((one) => one[Symbol.dispose]());
    await vi.waitFor(async () => {
      using again = await listen(server.url);
      expect(again.status).toBe(200);
    }, 5000);
  });
});

describe('while PostgreSQL is away', () => {
  it('the API answers 503 at once, and the stream stays and goes on when it is back', async () => {
    const simulated = await world({ tickets: 5 });
    await simulated.database[Symbol.asyncDispose]();
    await using own = await OwnServer.start();
    await using here = new World(simulated.simulator, own, { ...simulated.config, database: own.config });
    await here.complete();
    await using server = await serving(here);
    using live = await listen(server.url);
    await vi.waitFor(() => expect(live.heard).toHaveLength(1));
    const client = new Client(server.url);
    expect((await client.ask('/runs')).status).toBe(200);
    await own.stop();
    const began = performance.now();
    const { status, body } = await client.ask('/rejects');
    expect([status, body.error]).toEqual([503, expect.stringContaining('database')]);
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await client.ask('/session')).status).toBe(200);
    await own.start();
    await vi.waitFor(() => expect(live.heard.flatMap(({ sales }) => sales)).toContain('auckland'), 20_000);
    await vi.waitFor(async () => expect((await client.ask('/runs')).status).toBe(200), 10_000);
    expect(live.isEnded()).toBe(false);
  });
});
