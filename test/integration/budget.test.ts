import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { keyId } from '../../src/config/config.js';
import { rehearsedBudget, sharedBudget } from '../../src/load/budget.js';
import { DatabaseManager, TransactionManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import type { SyncEvent } from '../../src/observer.js';
import { startSimulator } from '../../src/simulator/simulator.js';
import { fullBudget, takeRequests, type BudgetBooks } from '../../src/source/budget.js';
import { VivenuHTTPClient } from '../../src/source/client.js';
import { RequestLimiter, type WaitReason } from '../../src/source/limiter.js';
import { freshDatabase } from './database-fixture.js';
import { KEY, SECOND, world } from './world.js';

const HOUR = 3600 * SECOND;
const PROCESS = path.resolve(import.meta.dirname, 'budget-process.mjs');

interface Row {
  tokens: number;
  filled_at: Date;
  not_before: Date | number;
  pace: number | null;
}

/** A database with the engine's tables, and the budget of one key in it. */
async function setup(key = 'k') {
  const database = await freshDatabase();
  const db = await DatabaseManager.connect(database.config);
  await migrate(db);
  const limiters: RequestLimiter[] = [];
  return {
    database,
    db,
    row: async () =>
      (await database.query<Row>('select * from vivenu_ingest.api_budget where key_id = $1', [key]))[0],
    /** What a process of its own would hold its requests back by. */
    limiter: (requestsPerHour: number) => {
      const waits: [number, WaitReason][] = [];
      const faults: unknown[] = [];
      const shared = sharedBudget(db, key);
      let changes = 0;
      const books: BudgetBooks = { change: (change) => (changes++, shared.change(change)) };
      const limits = { requestsPerHour, maxInFlight: 5, books };
      const limiter = new RequestLimiter(limits);
      limiter.join({ ...limits, onFault: (error) => faults.push(error) });
      limiters.push(limiter);
      const send = (maxWaitMs = 0, work = () => Promise.resolve()) =>
        limiter.run(work, {
          signal: new AbortController().signal,
          maxWaitMs,
          onWait: (ms, reason) => waits.push([ms, reason]),
        });
      return { limiter, send, waits, faults, changes: () => changes };
    },
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe('20 processes on one key', () => {
  it('use up the budget together and never exceed it, although one is killed', async () => {
    const [requestsPerHour, processes] = [200, 20];
    await using database = await freshDatabase();
    await using db = await DatabaseManager.connect(database.config);
    await migrate(db);
    await using simulator = await startSimulator({
      requestsPerHour: requestsPerHour + processes,
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 10 }] }],
    });
    const asked = {
      database: { ...database.config, poolSize: 1 },
      token: KEY,
      baseUrl: simulator.url,
      requestsPerHour,
      requests: 30,
      maxWaitMs: 500,
    };
    const children: ChildProcess[] = [];
    const answers: { sent: number }[] = [];
    try {
      for (let more = 0; more < processes; more++) {
        const child = fork(PROCESS, [JSON.stringify(asked)], { stdio: 'inherit' });
        children.push(child);
        child.on('message', (message) => {
          if (message !== 'ready') answers.push(message as { sent: number });
        });
      }
      await Promise.all(children.map((child) => once(child, 'message')));
      const ended = Promise.all(children.map((child) => once(child, 'exit')));
      const began = Date.now();
      for (const child of children) child.send('go');
      await vi.waitFor(() => expect(simulator.stats.requests).toBeGreaterThan(40), {
        timeout: 20_000,
        interval: 5,
      });
      children[0]!.kill('SIGKILL');
      const codes = (await ended).map(([code]) => code as number | null);
      expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(processes - 1);
      const hours = (Date.now() - began) / HOUR;
      const { requests } = simulator.stats;
      console.log(
        `${requests} requests of ${requestsPerHour}, by ${answers.length} processes in ${Math.round(hours * HOUR)} ms`,
      );
      expect(requests).toBeLessThanOrEqual(requestsPerHour * (1 + hours) + processes);
      // Ten are the lease of the one that died.
      expect(requests).toBeGreaterThanOrEqual(requestsPerHour - 10);
      expect(simulator.log.filter(({ status }) => status === 429)).toEqual([]);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});

describe('the budget in the database', () => {
  it('costs one transaction for ten requests, and gives back at the end what was not sent', async () => {
    await using here = await setup();
    const { limiter, send, changes } = here.limiter(1000);
    for (let more = 0; more < 100; more++) await send();
    await limiter.leave();
    expect((await here.row())?.tokens).toBeGreaterThanOrEqual(900);
    expect((await here.row())?.tokens).toBeLessThan(901);
    expect(changes()).toBeLessThanOrEqual(12);
  });

  it('is never taken twice by those who come at once', async () => {
    await using here = await setup();
    const books = Array.from({ length: 10 }, () => sharedBudget(here.db, 'k'));
    const ask = { requestsPerHour: 1000, want: 3, unused: 0, answered: 0 };
    await Promise.all(books.map((one) => one.change((state, now) => takeRequests(state, now, ask))));
    const tokens = (await here.row())?.tokens ?? 0;
    expect(tokens).toBeGreaterThanOrEqual(970);
    expect(tokens).toBeLessThan(971);
  });

  it('makes the next process wait for what the first has used up', async () => {
    await using here = await setup();
    const [first, second] = [here.limiter(36_000), here.limiter(36_000)];
    await here.db.query(`insert into vivenu_ingest.api_budget (key_id, tokens) values ('k', 3)`);
    for (let more = 0; more < 3; more++) await first.send();
    await second.send(SECOND);
    expect(second.waits[0]?.[0]).toBeGreaterThan(0);
    expect(second.waits[0]).toEqual([second.waits[0]?.[0], 'budget']);
    await expect(here.limiter(10).send(SECOND)).rejects.toThrow(/HTTP_REQUESTS_PER_HOUR is used up/);
  });

  it('lets all processes pause and slow down after a 429, and speed up again', async () => {
    await using here = await setup();
    const [first, second] = [here.limiter(3600), here.limiter(3600)];
    await first.send();
    first.limiter.slow({ pauseMs: 800, limited: true, sentMsAgo: 10 });
    await vi.waitFor(async () => expect((await here.row())?.pace).toBe(32 * 3600));
    await second.send(SECOND);
    expect(second.waits[0]?.[1]).toBe('asked');
    first.limiter.slow({ pauseMs: 10, limited: true, sentMsAgo: 0 });
    await first.limiter.leave();
    const slow = (await here.row())?.pace ?? 0;
    expect(slow).toBeGreaterThan(3600);
    expect(slow).toBeLessThan(32 * 3600);
    for (let more = 0; more < 50; more++) await second.send(5 * SECOND);
    await second.limiter.leave();
    expect((await here.row())?.pace).toBeNull();
  });

  it('is counted by the process alone, from where it stood, when the table is gone', async () => {
    await using here = await setup();
    const { send, faults, limiter } = here.limiter(20);
    for (let more = 0; more < 10; more++) await send();
    await here.db.query('drop table vivenu_ingest.api_budget');
    for (let more = 0; more < 10; more++) await send();
    expect(String(faults)).toContain('does not exist');
    expect(faults).toHaveLength(1);
    expect(limiter.available).toBe(0);
    await expect(send()).rejects.toThrow(/HTTP_REQUESTS_PER_HOUR is used up/);
  });

  it('is counted by the process alone while another holds on to the row', async () => {
    await using here = await setup();
    const { send, faults } = here.limiter(1000);
    await send();
    await using other = await TransactionManager.begin(here.db);
    await other.query('select 1 from vivenu_ingest.api_budget for update');
    const began = performance.now();
    for (let more = 0; more < 15; more++) await send(10 * SECOND);
    expect(String(faults)).toContain('lock timeout');
    expect(performance.now() - began).toBeLessThan(5 * SECOND);
  });

  it('is counted by a process alone that has no right to it, which is told', async () => {
    await using here = await setup();
    const role = `${here.database.config.database}_reader`;
    await here.db.query(`create role ${role} login password 'secret'`);
    try {
      const config = { ...here.database.config, user: role, password: 'secret' };
      await using db = await DatabaseManager.connect(config);
      await using simulator = await startSimulator({ sellers: [{ token: KEY, events: [{ tickets: 5 }] }] });
      const events: unknown[] = [];
      await using client = new VivenuHTTPClient({
        token: KEY,
        baseUrl: simulator.url,
        requestsPerHour: 50,
        books: sharedBudget(db, keyId(KEY, simulator.url)),
        onEvent: (event) => events.push(event),
      });
      for (let more = 0; more < 3; more++) await client.getTickets();
      expect(events).toContainEqual({
        type: 'budget',
        reason: expect.stringMatching(/permission denied/) as unknown,
      });
      expect(client.budgetLeft).toBe(47);
    } finally {
      await here.db.query(`drop role ${role}`);
    }
  });

  it('is read and not written by a process that rehearses', async () => {
    await using here = await setup();
    const books = rehearsedBudget(here.db, 'k');
    await here.db.query(
      `insert into vivenu_ingest.api_budget (key_id, tokens, not_before) values ('k', 5, now() + interval '3 s')`,
    );
    const before = await here.row();
    const ask = { requestsPerHour: 10, want: 1, unused: 0, answered: 0 };
    const take = () => books.change((state, now) => takeRequests(state, now, ask));
    const grants = [];
    for (let more = 0; more < 6; more++) grants.push(await take());
    expect(grants.map(({ dueMs }) => dueMs > 300 * SECOND)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(grants[0]?.pausedMs).toBeGreaterThan(2 * SECOND);
    expect(await here.row()).toEqual(before);
    const unknown = await rehearsedBudget(here.db, 'other').change((state) => ({
      state,
      result: state.tokens,
    }));
    expect(unknown).toBe(fullBudget(0).tokens);
  });
});

describe('a run', () => {
  it('takes its requests out of the shared bucket, and a dry run holds to what is left without taking any', async () => {
    await using here = await world({ tickets: 300, http: { requestsPerHour: 7200 } });
    const { requests } = await here.complete();
    const rows = () => here.sql<Row>('select * from vivenu_ingest.api_budget');
    const [row] = await rows();
    expect(row?.tokens).toBeGreaterThanOrEqual(7200 - requests);
    expect(row?.tokens).toBeLessThan(7200 - requests + 20);
    await here.sql(`update vivenu_ingest.api_budget set tokens = 1, filled_at = now()`);
    const [before] = await rows();
    const waits: SyncEvent[] = [];
    const watch = (event: SyncEvent) => {
      if (event.type === 'wait') waits.push(event);
    };
    await here.complete({
      dryRun: true,
      watch,
    });
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.every((event) => event.type === 'wait' && event.reason === 'budget')).toBe(true);
    expect(await rows()).toEqual([before]);
  });
});
