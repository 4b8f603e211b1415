import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { describe, expect, inject, it, vi } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { lockNumber } from '../../src/load/lock.js';
import type { Report } from '../../src/sync/report.js';
import { BusyError } from '../../src/sync/choose.js';
import { KEY, SECOND, streamOf, world, type WorldOptions } from './world.js';

const OTHER = 'key_of_another';
const sellers = (forbidden: string[] = []) => [
  {
    token: KEY,
    events: [
      { id: 'a', tickets: 200 },
      { id: 'b', tickets: 200 },
    ],
    coupons: 20,
  },
  { token: OTHER, events: [{ id: 'c', tickets: 200 }], coupons: 20, forbidden },
];
const regions = [
  { region: 'auckland', eventIds: ['a'] },
  { region: 'berlin', eventIds: ['b'] },
  { region: 'chicago', eventIds: ['c'], token: OTHER },
];
const three = (options: WorldOptions = {}) => world({ sellers: sellers(), regions, ...options });
const statuses = (report: Report) => report.regions.map(({ status }) => status);
const errorOf = (report: Report, region: string) =>
  report.regions.find((one) => one.region === region)?.error ??
  report.regions.find((one) => one.region === region)?.streams.find(({ error }) => error)?.error;

/** A way to vivenu that refuses tickets of one event, alone or among others. */
async function refusing(
  url: string,
  event: string,
  status: number,
): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '', url);
    if (asked.searchParams.get('event')?.split(',').includes(event)) {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ statusCode: status, error: 'refused', message: 'no' }));
      return;
    }
    const { authorization = '' } = request.headers;
    void fetch(asked, { headers: { authorization } }).then(async (answer) => {
      response.writeHead(answer.status, { date: answer.headers.get('date') ?? '' });
      response.end(await answer.text());
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

type World = Awaited<ReturnType<typeof world>>;

/** The two that are well are exact, also after the next changes. */
async function expectOthers(here: World): Promise<void> {
  await here.expectExact('auckland', ['a']);
  await here.expectExact('chicago', ['c'], OTHER);
}

describe('a region alone fails', () => {
  it('whose key is wrong', async () => {
    await using here = await three();
    here.configure({ ...regions[0] }, { ...regions[1], token: 'key_unknown' }, { ...regions[2] });
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toMatch(/401/);
    expect(JSON.stringify(report)).not.toContain('key_unknown');
    await expectOthers(here);
  });

  it('whose key was revoked between two runs, and it is read on when that is mended', async () => {
    await using here = await three();
    await here.complete();
    here.simulator.revoke(OTHER);
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'complete', 'failed']);
    here.simulator.revoke(OTHER, false);
    expect(streamOf(await here.complete(), 'tickets', 'chicago').mode).toBe('incremental');
  });

  it.each([400, 403, 404])('whose event makes vivenu refuse the joint request with %d', async (status) => {
    await using here = await three();
    await using gate = await refusing(here.simulator.url, 'b', status);
    here.configure(...regions.map((region) => ({ ...region, baseUrl: gate.url })));
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toContain(String(status));
    await expectOthers(here);
  });

  it('whose event its key does not see, though it shares the key', async () => {
    await using here = await three();
    here.configure({ ...regions[0] }, { ...regions[1], eventIds: ['b', 'nowhere'] }, { ...regions[2] });
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toMatch(/does not see event nowhere.*EVENT_CONFIGS__berlin__event_id/);
    await expectOthers(here);
  });

  it('whose vivenu is not there', async () => {
    await using here = await three({ http: { retries: 0 } });
    const nowhere = { ...regions[1], baseUrl: 'http://127.0.0.1:9/api' };
    here.configure({ ...regions[0] }, nowhere, { ...regions[2] });
    const report = await here.run();
    expect(statuses(report)[1]).not.toBe('complete');
    expect([statuses(report)[0], statuses(report)[2]]).toEqual(['complete', 'complete']);
    await expectOthers(here);
  });

  it('in its coupons, when these are forbidden', async () => {
    await using here = await three({ sellers: sellers(['/coupon/rich']) });
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'complete', 'failed']);
    const failed = report.regions[2]!.streams.filter(({ status }) => status === 'failed');
    expect(failed.map(({ stream }) => stream)).toEqual(['coupons']);
    expect(failed[0]!.error).toMatch(/403/);
    expect(streamOf(report, 'tickets', 'chicago')).toMatchObject({ status: 'complete', proven: true });
    await expectOthers(here);
  });

  it('whose schema belongs to somebody else', async () => {
    await using here = await three({ superuser: false });
    const server = new URL(inject('postgresUrl'));
    server.pathname = new URL(here.database.url).pathname;
    const owner = new pg.Client({ connectionString: server.href });
    await owner.connect();
    await owner.query('create schema berlin');
    await owner.end();
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toMatch(/schema "berlin" cannot be prepared: permission denied/);
    await expectOthers(here);
  });

  it('whose table refuses to be written to, midway', async () => {
    await using here = await three({ top: { policy: 'clamp', max: 50 } });
    await here.complete({ only: ['events'] });
    await here.sql(`
      create function public.refuse() returns trigger language plpgsql as $$ begin
        if (select count(*) from berlin.tickets) >= 20 then raise insufficient_privilege; end if;
        return null;
      end $$;
      create trigger refuse before insert on berlin.tickets for each statement execute function public.refuse()`);
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toMatch(/table of tickets in schema "berlin".*42501/);
    await expectOthers(here);
    await here.sql('drop trigger refuse on berlin.tickets');
    await here.complete();
    await here.expectExact('berlin', ['b']);
  });

  it('whose table goes away midway', async () => {
    await using here = await three({ tickets: 10 });
    await here.complete({ only: ['events'] });
    // The run itself drops it, at a moment between its preparation and the tickets.
    await here.sql(`
      create function public.take_away() returns trigger language plpgsql as $$ begin
        drop table if exists berlin.tickets cascade; return null;
      end $$;
      create trigger take_away after update on auckland.events for each statement execute function public.take_away()`);
    here.simulator.editShops(KEY, ['a']);
    const report = await here.run();
    expect(statuses(report)).toEqual(['complete', 'failed', 'complete']);
    expect(errorOf(report, 'berlin')).toMatch(/42P01/);
    await expectOthers(here);
    await here.sql('drop trigger take_away on auckland.events');
    await here.complete();
    await here.expectExact('berlin', ['b']);
  });

  it('is the only one that is left out when only some are asked for', async () => {
    await using here = await three();
    const requests = await here.requestsOf(() => here.complete({ regions: ['chicago'] }));
    await here.expectExact('chicago', ['c'], OTHER);
    expect(requests.length).toBeGreaterThan(0);
    expect(await here.sql(`select 1 from pg_namespace where nspname = 'auckland'`)).toEqual([]);
  });
});

describe('a run', () => {
  it('refuses at once what another run holds, and reads nothing', async () => {
    await using here = await three();
    await using db = await DatabaseManager.connect(here.database.config);
    await using held = (await db.tryLock(['run berlin']))!;
    const requests = await here.requestsOf(() => expect(here.run()).rejects.toBeInstanceOf(BusyError));
    expect(requests).toEqual([]);
    await here.complete({ regions: ['auckland', 'chicago'] });
    await held.release();
    await here.complete();
  });

  it('goes through once of two at the same time', async () => {
    await using here = await three();
    const ended = await Promise.allSettled([here.run(), here.run()]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ended.find((one) => one.status === 'rejected')?.reason).toBeInstanceOf(BusyError);
    await here.expectExact('auckland', ['a']);
  });

  it('waits for the other one when it is told to', async () => {
    await using here = await three();
    await using db = await DatabaseManager.connect(here.database.config);
    await using held = (await db.tryLock(['run berlin']))!;
    const waiting = here.complete({ wait: true });
    await held.release();
    await waiting;
  });

  it('that is a dry one does not run beside another either', async () => {
    await using here = await three();
    await using db = await DatabaseManager.connect(here.database.config);
    await using held = (await db.tryLock(['run berlin']))!;
    await expect(here.run({ dryRun: true })).rejects.toBeInstanceOf(BusyError);
    expect(held.lost.aborted).toBe(false);
  });

  it('goes on when the connection that holds its locks is cut: it takes them again', async () => {
    await using here = await three({ top: { policy: 'clamp', max: 50 } });
    let cut: Promise<unknown> | undefined;
    await here.complete({
      watch: ({ type }) => {
        if (type === 'page') cut ??= cutLocks(here);
      },
    });
    await cut;
    await expectOthers(here);
    await here.expectExact('berlin', ['b']);
  });

  it('ends when another takes its locks while their connection is gone, and the next one goes on', async () => {
    await using here = await three({ top: { policy: 'clamp', max: 10 } });
    const other = new pg.Client({ connectionString: here.database.url });
    await other.connect();
    let taken: Promise<unknown> | undefined;
    const takeOver = async () => {
      const waits = other.query('select pg_advisory_lock($1)', [lockNumber('run berlin')]);
      await vi.waitFor(async () =>
        expect(
          await here.sql(
            `select 1 from pg_locks where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = current_database())`,
          ),
        ).toHaveLength(1),
      );
      await cutLocks(here);
      await waits;
    };
    const report = await here.run({
      watch: ({ type }) => {
        if (type === 'page') taken ??= takeOver();
      },
    });
    await taken;
    await other.end();
    expect(report.status).toBe('interrupted');
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await expectOthers(here);
    await here.expectExact('berlin', ['b']);
  });
});

/** Ends the sessions that hold locks and do nothing else. */
const cutLocks = (here: World) =>
  here.sql(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())
       and pid in (select pid from pg_stat_activity where state = 'idle')`,
  );
