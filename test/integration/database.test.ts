import net from 'node:net';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import type { DatabaseLimits } from '../../src/config/config.js';
import { FatalError, RetryableError } from '../../src/errors.js';
import {
  DatabaseManager,
  quoteIdentifier,
  TransactionManager,
  type Client,
  type Lock,
} from '../../src/load/database.js';
import { lockNumber } from '../../src/load/lock.js';
import type { SyncEvent } from '../../src/observer.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';

interface World extends AsyncDisposable {
  fresh: FreshDatabase;
  db: DatabaseManager;
}

describe('a connection', () => {
  it('speaks UTC and UTF8 under our name, with a limit for statements', async () => {
    await using world = await setup();
    const shown = await world.db.query(
      `select current_setting('timezone') as zone, current_setting('client_encoding') as encoding,
        current_setting('application_name') as name, current_setting('statement_timeout') as limit`,
    );
    expect(shown).toEqual([{ zone: 'UTC', encoding: 'UTF8', name: 'vivenu-ingest', limit: '2min' }]);
  });

  it('reads counts as numbers, numerics exactly, moments as dates and days as written', async () => {
    await using world = await setup();
    const rows = await world.db.query(
      `select 42::int8 as small, 9223372036854775807::int8 as large, 1.10::numeric as price,
        '2026-01-02T03:04:05Z'::timestamptz as moment, '2026-01-02'::date as day, '2026-01-02 03:04'::timestamp as local`,
    );
    expect(rows).toEqual([
      {
        small: 42,
        large: '9223372036854775807',
        price: '1.10',
        moment: new Date('2026-01-02T03:04:05Z'),
        day: '2026-01-02',
        local: new Date('2026-01-02T03:04:00Z'),
      },
    ]);
  });

  it('sends buffers as they are', async () => {
    await using world = await setup();
    const bytes = Buffer.from([0, 255, 39, 92]);
    expect(await world.db.query('select $1::bytea as bytes', [bytes])).toEqual([{ bytes }]);
  });

  it('runs a text of several statements and gives the rows of the last', async () => {
    await using world = await setup();
    expect(await world.db.query('create table t (a int); insert into t values (1); select a from t')).toEqual(
      [{ a: 1 }],
    );
  });

  it('is replaced when it died while idle', async () => {
    await using world = await setup({ poolSize: 1 });
    await world.db.query('select 1');
    await killConnections(world.fresh);
    await vi.waitFor(async () => expect((await world.db.health()).ok).toBe(true));
    expect(await world.db.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is asked before it is used when it was idle for long', async () => {
    await using fresh = await freshDatabase();
    await using wire = await cuttableWire(fresh.config.port);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: wire.port, poolSize: 1 });
    const pid = await backend(db);
    wire.freeze();
    const later = Date.now() + 31_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(later);
    const other = await backend(db);
    clock.mockRestore();
    expect(other).not.toBe(pid);
  });

  it('errors keep the code and lose the row', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int check (a > 0), b text)');
    const failure = await world.db
      .query("insert into t values (0, 'Jane Doe')")
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: '23514' });
    expect(JSON.stringify(failure)).not.toContain('Jane');
  });
});

describe('connecting', () => {
  it('names place, fact and mend, and never the password', async () => {
    await using fresh = await freshDatabase({ superuser: false });
    const encrypts = (await fresh.query<{ ssl: string }>('show ssl'))[0]!.ssl === 'on';
    const wrongPassword = { ...fresh.config, password: 'pa55word' };
    const failures = await Promise.all(
      [
        wrongPassword,
        { ...fresh.config, database: 'nowhere' },
        { ...fresh.config, port: 1 },
        ...(encrypts ? [] : [{ ...fresh.config, ssl: 'require' as const }]),
      ].map(
        async (config) => await DatabaseManager.connect(config).catch((error: unknown) => error as Error),
      ),
    );
    for (const failure of failures) expect(failure).toBeInstanceOf(FatalError);
    const messages = failures.map((failure) => (failure as Error).message);
    expect(messages[0]).toMatch(
      /127\.0\.0\.1:\d+, database "test_.*", user "test_.*authentication failed.*POSTGRES_PASSWORD/,
    );
    expect(messages[0]).not.toContain('pa55word');
    expect(messages[1]).toContain('Create the database');
    expect(messages[2]).toContain('Nothing listens there');
    if (!encrypts) expect(messages[3]).toContain('POSTGRES_SSL=disable');
  });

  it('works for a role without any right beyond its database', async () => {
    await using fresh = await freshDatabase({ superuser: false });
    await using db = await DatabaseManager.connect(fresh.config);
    await db.query('create schema "hong-kong"');
    expect(await db.query('select rolsuper from pg_roles where rolname = current_user')).toEqual([
      { rolsuper: false },
    ]);
  });
});

describe('health', () => {
  it('tells version, latency and connections', async () => {
    await using world = await setup();
    const health = await world.db.health();
    expect(health).toMatchObject({ ok: true, connections: { open: 1, idle: 1, waiting: 0 } });
    expect(health.version).toMatch(/^\d+/);
  });

  it('tells that the server is gone instead of throwing', async () => {
    await using fresh = await freshDatabase();
    const wire = await cuttableWire(fresh.config.port);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: wire.port });
    await wire[Symbol.asyncDispose]();
    expect(await db.health()).toMatchObject({
      ok: false,
      error: expect.stringMatching(/ECONNREFUSED/) as string,
    });
  });
});

describe('a transaction', () => {
  it('commits what its function did, and nothing when that throws', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int)');
    await world.db.transaction((client) => client.query('insert into t values (1)'));
    const failing = world.db.transaction(async (client) => {
      await client.query('insert into t values (2)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await world.db.query('select a from t')).toEqual([{ a: 1 }]);
  });

  it('does not pass for committed when a failed statement was ignored', async () => {
    await using world = await setup();
    const ignoring = world.db.transaction(async (client) => {
      await client.query('select 1/0').catch(() => undefined);
    });
    await expect(ignoring).rejects.toThrow('nothing was committed');
  });

  it('runs again after a deadlock', async () => {
    await using world = await setup();
    await world.db.query('create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)');
    let attempts = 0;
    const bothIn = barrier(2);
    const cross = (first: number, second: number): Promise<void> =>
      world.db.transaction(async (client) => {
        attempts++;
        await client.query('update t set n = n + 1 where id = $1', [first]);
        await bothIn();
        await client.query('update t set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(attempts).toBe(3);
    expect(await world.db.query('select n from t')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('runs again after a serialization failure', async () => {
    await using world = await setup();
    await world.db.query('create table t (n int); insert into t values (0)');
    const bothRead = barrier(2);
    const increment = (): Promise<unknown> =>
      world.db.transaction(async (client) => {
        await client.query('set transaction isolation level serializable');
        const { rows } = await client.query<{ n: number }>('select n from t');
        await bothRead();
        return await client.query('update t set n = $1', [rows[0]!.n + 1]);
      });
    await Promise.all([increment(), increment()]);
    expect(await world.db.query('select n from t')).toEqual([{ n: 2 }]);
  });

  it('runs again when its connection is lost', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int)');
    let attempts = 0;
    await world.db.transaction(async (client) => {
      await client.query('insert into t values (1)');
      if (++attempts === 1) await killConnections(world.fresh);
      await client.query('insert into t values (2)');
    });
    expect(attempts).toBe(2);
    expect(await world.db.query('select a from t')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('gives up with a RetryableError when the failure stays', async () => {
    await using world = await setup();
    // Connected before time runs, so that only the delays between the attempts pass in a hurry.
    await world.db.query('select 1');
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const hurry = setInterval(() => vi.advanceTimersByTime(1000), 2);
    let attempts = 0;
    const hopeless = world.db.transaction(async (client) => {
      attempts++;
      await client.query("do $$ begin raise exception 'again' using errcode = '40001'; end $$");
    });
    await expect(hopeless).rejects.toBeInstanceOf(RetryableError);
    clearInterval(hurry);
    vi.useRealTimers();
    expect(attempts).toBe(9);
  });

  it('is not run again for other errors, and its connection goes back', async () => {
    await using world = await setup({ poolSize: 1 });
    let attempts = 0;
    const failing = world.db.transaction(async (client) => {
      attempts++;
      await client.query('select * from nowhere');
    });
    await expect(failing).rejects.toMatchObject({ code: '42P01' });
    expect(attempts).toBe(1);
    expect((await world.db.health()).connections).toEqual({ open: 1, idle: 1, waiting: 0 });
  });

  it('waits for a free connection however long the others take', async () => {
    await using world = await setup({ poolSize: 1 });
    const both = [1, 2].map(() => world.db.transaction((client) => client.query('select pg_sleep(0.2)')));
    await Promise.all(both);
  });
});

describe('a server that is away', () => {
  it('is waited for, and what was asked is done once when it is back', async () => {
    await using fresh = await freshDatabase();
    await using door = await openDoor(fresh.config.port);
    const events: SyncEvent[] = [];
    const observe = (event: SyncEvent) => void events.push(event);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: door.port }, { observe });
    await db.query('create table t (a int)');
    await door.shut();
    const work = Promise.all([
      ...[1, 2, 3, 4, 5, 6].map((value) =>
        db.transaction((client) => client.query('insert into t values ($1)', [value])),
      ),
      db.query('select count(*) from t'),
      db.tryLock(['berlin']),
    ]);
    await vi.waitFor(() => expect(of(events, 'database.wait').length).toBeGreaterThan(2));
    await door.open();
    const lock = (await work).at(-1) as Lock;
    expect(await db.query('select a from t order by a')).toEqual([1, 2, 3, 4, 5, 6].map((a) => ({ a })));
    await lock.release();
    const waits = of(events, 'database.wait');
    expect(waits[0]).toMatchObject({
      reason: expect.stringMatching(/ECONNREFUSED|ECONNRESET|terminated/) as string,
    });
    // One asks for all of them.
    const pauses = waits.map(({ ms }) => ms);
    expect(pauses[0]).toBeLessThanOrEqual(100);
    for (const ms of pauses) expect(ms).toBeLessThanOrEqual(2000);
    const [back] = of(events, 'database.back');
    expect(back?.awayMs).toBeGreaterThanOrEqual(waits.at(-1)!.awayMs);
  });

  it('for longer than POSTGRES_MAX_WAIT ends the work with a RetryableError that says so', async () => {
    await using fresh = await freshDatabase();
    await using door = await openDoor(fresh.config.port);
    const limits = { statementTimeoutMs: 60_000, slowStatementMs: 60_000, maxWaitMs: 700 };
    await using db = await DatabaseManager.connect({ ...fresh.config, port: door.port, limits });
    await db.query('select 1');
    await door.shut();
    const begin = performance.now();
    const failures = await Promise.all(
      [db.transaction((client) => client.query('select 1')), db.query('select 1'), db.tryLock(['x'])].map(
        async (work) => await work.catch((error: unknown) => error),
      ),
    );
    expect(performance.now() - begin).toBeLessThan(3000);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(RetryableError);
      expect(String(failure)).toMatch(/127\.0\.0\.1:\d+: .*ECONNREFUSED.*POSTGRES_MAX_WAIT is 0\.7 s/);
    }
    await door.open();
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is not waited for once the run is to stop', async () => {
    await using fresh = await freshDatabase();
    await using door = await openDoor(fresh.config.port);
    const stop = new AbortController();
    await using db = await DatabaseManager.connect(
      { ...fresh.config, port: door.port },
      { signal: stop.signal },
    );
    await db.query('select 1');
    await door.shut();
    const work = db.transaction((client) => client.query('select 1')).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begin = performance.now();
    stop.abort();
    expect(String(await work)).toContain('is being stopped');
    expect(performance.now() - begin).toBeLessThan(500);
    await door.open();
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('does not hold up the question whether it is well', async () => {
    await using fresh = await freshDatabase();
    await using door = await openDoor(fresh.config.port);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: door.port });
    await door.shut();
    const begin = performance.now();
    expect(await db.health()).toMatchObject({ ok: false, version: undefined });
    expect(performance.now() - begin).toBeLessThan(1000);
    await door.open();
    expect(await db.health()).toMatchObject({ ok: true });
  });
});

describe('a single statement', () => {
  it('that only asks is repeated when its connection is lost, and another one is not', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int)');
    const asking = world.db.query<{ one: number }>('select 1 as one from pg_sleep(0.5)');
    const writing = world.db
      .query('insert into t select 1 from pg_sleep(0.5)')
      .catch((error: unknown) => error);
    await vi.waitFor(async () => expect(await activeStatements(world.fresh)).toBe(2));
    await killConnections(world.fresh);
    expect(await asking).toEqual([{ one: 1 }]);
    expect(await writing).toBeInstanceOf(RetryableError);
    expect(await world.db.query('select a from t')).toEqual([]);
  });

  it('is told of when it is slow, on one line and without its values', async () => {
    const events: SyncEvent[] = [];
    const limits = { statementTimeoutMs: 60_000, slowStatementMs: 100, maxWaitMs: 60_000 };
    await using world = await setup({ limits }, (event) => void events.push(event));
    await world.db.query(
      `select pg_sleep(0.15),   'Jane ''the'' Doe' as name, $1::text, $q$Jane$q$, E'Jane' -- Jane
         from (values (1)) as a_very_long_name (${'a'.repeat(60)})
        where 'Jane' is not null and ${'true and '.repeat(50)} true`,
      ['Jane'],
    );
    await world.db.query('select 1');
    await world.db.transaction((client) => client.query('select pg_sleep(0.15)'));
    await world.db.query('select 1 / (count(*) - 1)::int from pg_sleep(0.15)').catch(() => undefined);
    const slow = of(events, 'database.slow');
    expect(slow.map(({ statement }) => statement.slice(0, 30))).toEqual([
      "select pg_sleep(0.15), '?' as ",
      'select pg_sleep(0.15)',
      'select 1 / (count(*) - 1)::int',
    ]);
    for (const { ms, statement } of slow) {
      expect(ms).toBeGreaterThanOrEqual(100);
      expect(statement.length).toBeLessThanOrEqual(200);
      expect(statement).not.toMatch(/Jane|\n/);
    }
  });

  it('that takes longer than POSTGRES_STATEMENT_TIMEOUT ends with a RetryableError that names it', async () => {
    const limits = { statementTimeoutMs: 200, slowStatementMs: 60_000, maxWaitMs: 60_000 };
    await using world = await setup({ limits });
    const begin = performance.now();
    for (const work of [
      () => world.db.query('select pg_sleep(5)'),
      () => world.db.transaction((client) => client.query('select pg_sleep(5)')),
    ]) {
      const failure = await work().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RetryableError);
      expect(String(failure)).toMatch(/57014.*POSTGRES_STATEMENT_TIMEOUT/);
    }
    expect(performance.now() - begin).toBeLessThan(3000);
  });

  it('has the limit of a load in a transaction, and of a question outside of one', async () => {
    await using world = await setup();
    const shown = `select current_setting('statement_timeout') as one, current_setting('idle_in_transaction_session_timeout') as idle`;
    expect(await world.db.query(shown)).toEqual([{ one: '2min', idle: '0' }]);
    const { rows } = await world.db.transaction((client) => client.query(shown));
    expect(rows).toEqual([{ one: '30min', idle: '10min' }]);
    expect(await world.db.query(shown)).toEqual([{ one: '2min', idle: '0' }]);
  });

  it('that fails for want of resources may succeed later, and the error says what is wanting', async () => {
    await using world = await setup();
    const raise = (code: string) => `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`;
    for (const [code, says] of [
      ['53100', 'disk'],
      ['53200', 'memory'],
      ['55P03', 'lock'],
    ] as const) {
      const failure = await world.db
        .transaction((client) => client.query(raise(code)))
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RetryableError);
      expect(String(failure)).toMatch(new RegExp(`${code}.*${says}`));
    }
  });
});

describe('the pool', () => {
  it('never has more connections than it may, however much is asked at once, and serves all', async () => {
    await using world = await setup({ poolSize: 3 });
    const watching = new AbortController();
    let most = 0;
    const watch = (async () => {
      while (!watching.signal.aborted) most = Math.max(most, await connectionsOf(world.fresh));
    })();
    const done = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        index % 3 === 0
          ? world.db.query('select pg_sleep(0.01)')
          : world.db
              .transaction(async (client) => {
                await client.query('select pg_sleep(0.01)');
                if (index % 7 === 0) throw new Error('undone');
              })
              .catch(() => undefined),
      ),
    );
    const { connections } = await world.db.health();
    watching.abort();
    await watch;
    expect(done).toHaveLength(120);
    expect(most).toBe(3);
    expect(connections).toEqual({ open: 3, idle: 3, waiting: 0 });
    expect(world.db.connections.open).toBe(3);
  });

  it('that is taken whole is said by the question whether it is well', async () => {
    await using world = await setup({ poolSize: 1 });
    const [held, leave] = [barrier(1), barrier(2)];
    const work = world.db.transaction(async (client) => {
      await client.query('select 1');
      await held();
      await leave();
    });
    await held();
    await vi.waitFor(() => expect(world.db.connections).toMatchObject({ open: 1, idle: 0 }));
    const health = await world.db.health();
    expect(health).toMatchObject({
      ok: false,
      error: expect.stringContaining('POSTGRES_POOL_SIZE') as string,
    });
    await leave();
    await work;
    await vi.waitFor(() => expect(world.db.connections).toEqual({ open: 1, idle: 1, waiting: 0 }));
    expect((await world.db.health()).ok).toBe(true);
  });
});

describe('TransactionManager', () => {
  it('rolls back at the end of its block unless it was committed', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int)');
    {
      await using transaction = await TransactionManager.begin(world.db);
      await transaction.query('insert into t values (1)');
    }
    {
      await using transaction = await TransactionManager.begin(world.db);
      await transaction.query('insert into t values (2)');
      await transaction.commit();
      await expect(transaction.query('select 1')).rejects.toThrow('already');
    }
    expect(await world.db.query('select a from t')).toEqual([{ a: 2 }]);
  });
});

describe('a lock', () => {
  it('is taken whole or not at all, also within one process', async () => {
    await using world = await setup();
    const held = await world.db.tryLock(['berlin', 'oslo']);
    expect(held?.keys).toEqual(['berlin', 'oslo']);
    expect(await world.db.tryLock(['rome', 'oslo'])).toBeNull();
    await using rome = await world.db.tryLock(['rome']);
    expect(rome).not.toBeNull();
    await held!.release();
    await using again = await world.db.tryLock(['oslo', 'berlin', 7n]);
    expect(again).not.toBeNull();
  });

  it('is taken again when its connection dies', async () => {
    await using world = await setup();
    await using held = await world.db.tryLock(['berlin', 'oslo']);
    for (let round = 0; round < 3; round++) {
      await killConnections(world.fresh);
      // A transaction that begins once the break is heard waits until the locks are held again.
      await world.db.transaction((client) => client.query('select 1'));
      await vi.waitFor(async () => expect(await advisoryLocks(world.fresh)).toBe(2), 10_000);
    }
    expect(held!.lost.aborted).toBe(false);
    expect(await world.db.tryLock(['oslo'])).toBeNull();
  });

  it('is taken again when the network loses the connection without a word', async () => {
    await using fresh = await freshDatabase();
    await using wire = await cuttableWire(fresh.config.port);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: wire.port });
    vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout'], shouldAdvanceTime: true, advanceTimeDelta: 5 });
    await using held = await db.tryLock(['berlin']);
    wire.freeze();
    // Two heartbeats: one that is not answered, and the time for its answer.
    await vi.advanceTimersByTimeAsync(30_100);
    vi.useRealTimers();
    await db.transaction((client) => client.query('select 1'));
    expect(held!.lost.aborted).toBe(false);
    expect(await advisoryLocks(fresh)).toBe(1);
  });

  it('is lost when another process takes it while the connection is gone, and the holder learns of it', async () => {
    await using world = await setup();
    await using held = await world.db.tryLock(['berlin']);
    const other = new pg.Client({ connectionString: world.fresh.url });
    await other.connect();
    const taken = other.query('select pg_advisory_lock($1)', [lockNumber('berlin')]);
    await vi.waitFor(async () => expect(await advisoryLocks(world.fresh, false)).toBe(1));
    await killConnections(world.fresh);
    await taken;
    await vi.waitFor(() => expect(held!.lost.aborted).toBe(true));
    await world.db.transaction((client) => client.query('select 1'));
    expect(await world.db.tryLock(['berlin'])).toBeNull();
    await other.end();
  });

  it('is let go when it is released while the server is away', async () => {
    await using fresh = await freshDatabase();
    await using door = await openDoor(fresh.config.port);
    await using db = await DatabaseManager.connect({ ...fresh.config, port: door.port });
    const held = await db.tryLock(['berlin']);
    await door.shut();
    await held!.release();
    await door.open();
    await vi.waitFor(async () => expect(await advisoryLocks(fresh)).toBe(0));
  });

  it('is not lost when it is released', async () => {
    await using world = await setup();
    const held = await world.db.tryLock(['berlin']);
    await held!.release();
    expect(held!.lost.aborted).toBe(false);
  });
});

describe('a rehearsal', () => {
  it('sees what it wrote, and leaves nothing', async () => {
    await using world = await setup();
    await world.db.query('create table t (a int)');
    {
      await using rehearsal = await world.db.rehearsal();
      await rehearsal.query('create table u (b int)');
      await rehearsal.transaction((client) => client.query('insert into t values (1)'));
      expect(await rehearsal.query('select a from t')).toEqual([{ a: 1 }]);
    }
    expect(
      await world.db.query("select a, to_regclass('u') as u from t right join (select 1) as one on true"),
    ).toEqual([{ a: null, u: null }]);
  });

  it('undoes a transaction that fails, and only that', async () => {
    await using world = await setup();
    await using rehearsal = await world.db.rehearsal();
    await rehearsal.query('create table t (a int)');
    const insert = (value: number, then: string) => (client: Client) =>
      client.query(`insert into t values (${value})`).then(() => client.query(then));
    const results = await Promise.allSettled([
      rehearsal.transaction(insert(1, 'select 1')),
      rehearsal.transaction(insert(2, 'select 1/0')),
      rehearsal.transaction(async (client) => {
        await insert(3, 'select 1/0')(client).catch(() => undefined);
      }),
      rehearsal.transaction(insert(4, 'select 1')),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await rehearsal.query('select a from t')).toEqual([{ a: 1 }, { a: 4 }]);
  });

  it('refuses to be used beside the client of its transaction, which would wait for ever', async () => {
    await using world = await setup();
    await using rehearsal = await world.db.rehearsal();
    const crossed = rehearsal.transaction(() => rehearsal.query('select 1'));
    await expect(crossed).rejects.toThrow('use its own client');
    expect(await rehearsal.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes real locks', async () => {
    await using world = await setup();
    await using rehearsal = await world.db.rehearsal();
    await using held = await rehearsal.tryLock(['berlin']);
    expect(held).not.toBeNull();
    expect(await world.db.tryLock(['berlin'])).toBeNull();
  });
});

describe('quoteIdentifier', () => {
  it('quotes any name and refuses what PostgreSQL would cut', () => {
    expect(quoteIdentifier('hong-kong')).toBe('"hong-kong"');
    expect(quoteIdentifier('a"b')).toBe('"a""b"');
    expect(quoteIdentifier('ü'.repeat(31))).toHaveLength(33);
    for (const name of ['', 'a\0b', 'ü'.repeat(32)]) expect(() => quoteIdentifier(name)).toThrow(RangeError);
  });
});

async function setup(
  options: { poolSize?: number; limits?: DatabaseLimits } = {},
  observe?: (event: SyncEvent) => void,
): Promise<World> {
  const fresh = await freshDatabase();
  const db = await DatabaseManager.connect(
    { ...fresh.config, ...options },
    observe === undefined ? {} : { observe },
  );
  return {
    fresh,
    db,
    [Symbol.asyncDispose]: async () => {
      await db.close();
      await fresh[Symbol.asyncDispose]();
    },
  };
}

async function killConnections(fresh: FreshDatabase): Promise<void> {
  await fresh.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'vivenu-ingest'`,
  );
}

const of = <T extends SyncEvent['type']>(events: readonly SyncEvent[], type: T) =>
  events.filter((event): event is Extract<SyncEvent, { type: T }> => event.type === type);

async function countOf(fresh: FreshDatabase, what: string): Promise<number> {
  return (await fresh.query<{ count: number }>(`select count(*)::int as count from ${what}`))[0]!.count;
}

/** Session locks in the database that are held, or waited for. */
const advisoryLocks = (fresh: FreshDatabase, granted = true) =>
  countOf(
    fresh,
    `pg_locks where locktype = 'advisory' and granted = ${granted}
       and database = (select oid from pg_database where datname = current_database())`,
  );

const OURS = `pg_stat_activity where datname = current_database() and application_name = 'vivenu-ingest'`;
const connectionsOf = (fresh: FreshDatabase) => countOf(fresh, OURS);
const activeStatements = (fresh: FreshDatabase) => countOf(fresh, `${OURS} and state = 'active'`);

async function backend(db: DatabaseManager): Promise<number> {
  return (await db.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
}

/** Lets callers on once so many of them have come; later ones pass. */
function barrier(count: number): () => Promise<void> {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return async () => {
    if (--count <= 0) open();
    await opened;
  };
}

/** A relay to the server that can stop passing bytes without closing anything, as a firewall does. */
async function cuttableWire(to: number): Promise<AsyncDisposable & { port: number; freeze(): void }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    freeze: () => sockets.forEach((socket) => socket.unpipe().pause()),
    [Symbol.asyncDispose]: async () => {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A relay to the server on a port of its own that can be shut, as by a server that stops, and opened again. */
async function openDoor(
  to: number,
): Promise<AsyncDisposable & { port: number; shut(): Promise<void>; open(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const)
      sockets.add(socket.on('error', () => undefined).on('close', () => other.destroy()));
    near.pipe(far).pipe(near);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as net.AddressInfo;
  const shut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await closed;
  };
  return { port, shut, open: () => listen(port), [Symbol.asyncDispose]: shut };
}
