import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { keyId } from '../../src/config/config.js';
import type { Schedule } from '../../src/config/schedule.js';
import { DatabaseManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import { BusyError, OvertakenError, runLock } from '../../src/sync/choose.js';
import { nextRuns } from '../../src/work/books.js';
import { carryOut } from '../../src/work/carry-out.js';
import type { DueRun } from '../../src/work/due.js';
import { OwnServer } from './own-server.js';
import { Clock, ran, runsOf, scheduling } from './schedule-world.js';
import { KEY, MINUTE, SECOND, world, World } from './world.js';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const cron = (text: string): Schedule => ({ cron: text, zone: 'UTC' });
const QUARTERS = cron('*/15 * * * *');
const quarters = (region: string) => ({ region, schedule: QUARTERS, eventIds: ['race'] });

/** Long enough for a scheduler to have begun what is due. */
const QUIET_MS = 400;

/** Nothing more is run than this. */
async function stays(here: World, count: number): Promise<void> {
  await sleep(QUIET_MS);
  expect(await runsOf(here)).toHaveLength(count);
}

/** Waits for what comes sooner or later, also on a busy machine. */
const patiently = <T>(check: () => T | Promise<T>) =>
  vi.waitFor(check, { timeout: 20 * SECOND, interval: 20 });

describe('a schedule', () => {
  it('runs what never ran at once, and then at each of its times', async () => {
    await using here = await world({ regions: [quarters('auckland'), quarters('oslo')], tickets: 20 });
    const clock = new Clock();
    const begun = clock.text;
    await using schedules = await scheduling(here, clock);
    expect(await ran(here, 1)).toMatchObject([
      { regions: ['auckland', 'oslo'], full: false, status: 'complete', due: begun },
    ]);
    await here.expectExact();
    clock.forward(15 * MINUTE - 1);
    await stays(here, 1);
    here.simulator.sell(KEY, 2);
    here.simulator.advance(5 * SECOND);
    clock.forward(1);
    await ran(here, 2);
    await here.expectExact('oslo');
    await patiently(() =>
      expect(schedules.reports.map(({ status }) => status)).toEqual(['complete', 'complete']),
    );
    clock.forward(SECOND);
    await patiently(() => {
      const next = new Date(clock.now() - SECOND + 15 * MINUTE);
      expect(schedules.scheduler.next()).toEqual([
        { region: 'auckland', run: next, full: null },
        { region: 'oslo', run: next, full: null },
      ]);
    });
  });

  it('that nobody served for a day is served once', async () => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    const clock = new Clock();
    await using before = await scheduling(here, clock);
    await ran(here, 1);
    await before[Symbol.asyncDispose]();
    clock.forward(DAY + MINUTE);
    await using after = await scheduling(here, clock);
    await ran(here, 2);
    clock.forward(13 * MINUTE);
    await stays(here, 2);
    clock.forward(MINUTE);
    await ran(here, 3);
    await patiently(() => expect(after.reports).toHaveLength(2));
  });

  it('of two processes is served by one of them at each time', async () => {
    await using here = await world({ regions: [quarters('auckland'), quarters('oslo')], tickets: 20 });
    const clock = new Clock();
    // One is asked a little before the other, or a little after.
    const other = { now: () => clock.now() + (Math.floor(clock.now() / MINUTE) % 2 === 0 ? 40 : -40) };
    await using one = await scheduling(here, clock);
    await using two = await scheduling(here, other);
    await ran(here, 1);
    for (let tick = 2; tick <= 8; tick++) {
      clock.forward(15 * MINUTE + 40);
      await ran(here, tick);
      clock.forward(SECOND);
      await stays(here, tick);
    }
    await patiently(() => expect(one.reports.length + two.reports.length).toBe(8));
    expect(new Set((await runsOf(here)).map(({ due }) => due?.slice(0, 16))).size).toBe(8);
  });

  it('is served by a run by hand, but not by one that wrote nothing, fetched nothing or left streams out', async () => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    const clock = new Clock();
    await here.complete();
    await here.sql(`update vivenu_ingest.runs set started_at = $1`, [clock.text]);
    await using schedules = await scheduling(here, clock);
    await stays(here, 1);
    const later = clock.forward(15 * MINUTE);
    await here.sql(`update vivenu_ingest.runs set started_at = $1`, [new Date(later)]);
    await here.sql(`update vivenu_ingest.runs set options = options || '{"skipFetch": true}'`);
    clock.forward(SECOND);
    await ran(here, 2);
    await patiently(() => expect(schedules.reports).toHaveLength(1));

    const due = new Date(clock.forward(15 * MINUTE));
    await here.sql(
      `update vivenu_ingest.runs set started_at = $1, options = options || '{"only": ["coupons"]}'`,
      [due],
    );
    await ran(here, 3);
    await here.complete({ dryRun: true });
    clock.forward(15 * MINUTE);
    await ran(here, 4);
  });

  it('reads everything when its other expression says so, which serves both', async () => {
    await using here = await world({
      regions: [{ schedule: QUARTERS, fullSchedule: cron('30 * * * *') }],
      tickets: 20,
    });
    const clock = new Clock();
    await using schedules = await scheduling(here, clock);
    // The first run reads everything anyway.
    await ran(here, 1);
    for (let tick = 2; tick <= 4; tick++) {
      clock.forward(15 * MINUTE);
      await ran(here, tick);
      clock.forward(SECOND);
      await stays(here, tick);
    }
    expect((await runsOf(here)).map(({ full }) => full)).toEqual([true, false, true, false]);
    expect(schedules.reports.every(({ status }) => status === 'complete')).toBe(true);
  });

  it('that is set for the first time counts what was read in full before', async () => {
    await using here = await world({
      regions: [{ schedule: QUARTERS, fullSchedule: cron('0 4 * * *') }],
      tickets: 20,
    });
    await here.complete();
    const now = Date.now();
    const [next] = await nextsOf(here, now);
    expect(next!.full!.getTime()).toBeGreaterThan(now);
    await here.sql(`update vivenu_ingest.cursors set full_read_at = full_read_at - interval '2 days'`);
    const [late] = await nextsOf(here, now);
    expect(late!.full!.getTime()).toBeLessThan(now);
  });

  it('runs every minute in a launch', async () => {
    const clock = new Clock();
    const launches = [{ from: clock.now() + MINUTE, to: clock.now() + 3 * MINUTE }];
    await using here = await world({ regions: [{ schedule: cron('0 * * * *'), launches }], tickets: 20 });
    await using schedules = await scheduling(here, clock);
    await ran(here, 1);
    for (const runs of [2, 3, 4, 4, 4]) {
      clock.forward(MINUTE);
      await ran(here, runs);
    }
    await patiently(() =>
      expect(schedules.scheduler.next()[0]!.run!.getTime()).toBeGreaterThan(clock.now() + 50 * MINUTE),
    );
  });
});

const nextsOf = async (here: World, now: number) => {
  await using db = await DatabaseManager.connect(here.database.config);
  return await nextRuns(db, here.config, now);
};

describe('a run that is under way', () => {
  it('is not joined by another one: what becomes due meanwhile is run once when it has ended', async () => {
    await using here = await world({
      regions: [quarters('auckland')],
      tickets: 20,
      faultSettings: { slowMs: 1500 },
    });
    const clock = new Clock();
    here.simulator.failNext('slow', 1, '/tickets');
    await using one = await scheduling(here, clock);
    await using two = await scheduling(here, clock);
    await patiently(async () => expect(await runsOf(here)).toMatchObject([{ status: 'running' }]));
    clock.forward(HOUR);
    await stays(here, 1);
    // The end of a run is looked at after a moment of the clock.
    await ran(here, 1);
    clock.forward(SECOND);
    const runs = await ran(here, 2);
    clock.forward(SECOND);
    await stays(here, 2);
    expect(runs[1]!.began).toBeGreaterThanOrEqual(runs[0]!.ended!);
    await patiently(() => expect(one.reports.length + two.reports.length).toBe(2));
  });

  it('by hand is waited for', async () => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    await using db = await DatabaseManager.connect(here.database.config);
    const lock = (await db.tryLock([runLock({ schema: 'auckland' })]))!;
    const clock = new Clock();
    await using schedules = await scheduling(here, clock);
    await stays(here, 0);
    await lock.release();
    clock.forward(SECOND);
    await ran(here, 1);
    expect(schedules.events.filter(({ type }) => type === 'schedule.wait')).toEqual([]);
  });

  it('of a key keeps other regions of that key waiting, whoever looks', async () => {
    await using here = await world({
      regions: [quarters('auckland'), { ...quarters('oslo'), schedule: cron('50 * * * *') }],
      tickets: 20,
      faultSettings: { slowMs: 1500 },
    });
    const clock = new Clock();
    await using one = await scheduling(here, clock);
    await ran(here, 1);
    here.simulator.failNext('slow', 1, '/tickets');
    clock.forward(HOUR);
    await patiently(async () =>
      expect((await runsOf(here))[1]).toMatchObject({ regions: ['auckland', 'oslo'] }),
    );
    await ran(here, 2);
    // Only one region is due, and it is slow; then the other becomes due, and another process sees it first.
    here.simulator.failNext('slow', 1, '/tickets');
    clock.forward(SECOND);
    clock.forward(15 * MINUTE);
    await patiently(async () =>
      expect((await runsOf(here))[2]).toMatchObject({ regions: ['auckland'], status: 'running' }),
    );
    clock.forward(50 * MINUTE);
    await using two = await scheduling(here, clock);
    await stays(here, 3);
    await ran(here, 3);
    clock.forward(SECOND);
    const runs = await ran(here, 4);
    expect(runs[3]!.began).toBeGreaterThanOrEqual(runs[2]!.ended!);
    expect(runs[3]!.regions).toEqual(['auckland', 'oslo']);
    await patiently(() => expect(one.reports.length + two.reports.length).toBe(4));
  });

  it('of one key does not hold up another key', async () => {
    const sellers = ['a', 'b', 'c'].map((token) => ({
      token,
      events: [{ id: `race-${token}`, tickets: 20 }],
    }));
    const regions = ['a', 'b', 'c'].map((token) => ({
      region: token,
      schema: token,
      token,
      schedule: QUARTERS,
    }));
    await using here = await world({ sellers, regions, faultSettings: { slowMs: 1500 } });
    here.simulator.failNext('slow', 3, '/tickets');
    await using schedules = await scheduling(here, new Clock());
    const runs = await ran(here, 3);
    expect(Math.max(...runs.map(({ began }) => began))).toBeLessThan(
      Math.min(...runs.map(({ ended }) => ended!)),
    );
    await patiently(() => expect(schedules.reports).toHaveLength(3));
  });
});

describe('a run that is asked for more than once', () => {
  const dueNow = (here: World, regions: readonly string[]): DueRun => {
    const { token, baseUrl } = here.config.events[0]!;
    return { keyId: keyId(token, baseUrl), regions, full: false, at: Date.now() };
  };
  const carry = async (here: World, due: DueRun) => {
    await using db = await DatabaseManager.connect(here.database.config);
    await migrate(db);
    const never = new AbortController().signal;
    return await carryOut(
      { config: here.config, db, observe: () => undefined, stop: never, abort: never },
      due,
    );
  };

  it('is carried out once, though nobody saw the other begin', async () => {
    await using here = await world({ regions: [quarters('auckland'), quarters('oslo')], tickets: 20 });
    const due = dueNow(here, ['auckland', 'oslo']);
    expect((await carry(here, { ...due, regions: ['auckland'] })).status).toBe('complete');
    const report = await carry(here, due);
    expect(report.regions.map(({ region }) => region)).toEqual(['oslo']);
    await expect(carry(here, due)).rejects.toThrow(OvertakenError);
    expect((await runsOf(here)).map(({ regions }) => regions)).toEqual([['auckland'], ['oslo']]);
  });

  it('keeps out another one of the same key, but not a run by hand', async () => {
    await using here = await world({
      regions: [quarters('auckland'), quarters('oslo')],
      tickets: 20,
      faultSettings: { slowMs: 1500 },
    });
    here.simulator.failNext('slow', 1, '/tickets');
    const slow = carry(here, dueNow(here, ['auckland']));
    await patiently(async () => expect(await runsOf(here)).toHaveLength(1));
    await expect(carry(here, dueNow(here, ['oslo']))).rejects.toThrow(BusyError);
    expect((await here.run({ regions: ['oslo'] })).status).toBe('complete');
    expect((await slow).status).toBe('complete');
  });
});

describe('a run that did not come to its end', () => {
  it.each([
    ['running', true],
    ['killed', true],
    ['interrupted', true],
    ['failed', false],
    ['incomplete', false],
    ['complete', false],
  ])('and is %s in the books is taken up again at once: %s', async (status, again) => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    await here.complete();
    const clock = new Clock();
    await here.sql(`update vivenu_ingest.runs set started_at = $1, status = $2`, [clock.text, status]);
    await using schedules = await scheduling(here, clock);
    if (again) await ran(here, 2);
    else await stays(here, 1);
    await patiently(() => expect(schedules.reports).toHaveLength(again ? 1 : 0));
  });

  it('because its process was killed is taken up by another one that runs', async () => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    await here.complete();
    const clock = new Clock();
    await using db = await DatabaseManager.connect(here.database.config);
    const lock = (await db.tryLock([runLock({ schema: 'auckland' })]))!;
    await here.sql(`update vivenu_ingest.runs set started_at = $1, status = 'running', finished_at = null`, [
      clock.text,
    ]);
    await using schedules = await scheduling(here, clock);
    for (let second = 0; second < 3; second++) {
      clock.forward(SECOND);
      await sleep(100);
    }
    expect(schedules.reports).toEqual([]);
    await lock.release();
    clock.forward(SECOND);
    await ran(here, 2);
    expect((await runsOf(here)).map(({ status }) => status)).toEqual(
      expect.arrayContaining(['killed', 'complete']),
    );
  });

  it('because it was told to stop keeps what it read, and goes on with the next process', async () => {
    await using here = await world({
      regions: [quarters('auckland')],
      tickets: 500,
      batch: { size: 50, maxWorkers: 1 },
    });
    const clock = new Clock();
    const first = await scheduling(here, clock, {
      watch: (event, stop) => (event.type === 'page' && event.stream === 'tickets' ? stop() : undefined),
    });
    await ran(here, 1);
    await first[Symbol.asyncDispose]();
    const kept = (await here.stored()).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(500);
    await using second = await scheduling(here, clock);
    await ran(here, 2);
    await patiently(() => expect(second.reports[0]!.status).toBe('complete'));
    await here.expectExact();
  });
});

describe('what cannot be begun', () => {
  it('because the database is away is begun when it is back, once', async () => {
    await using server = await OwnServer.start();
    const made = await world({ regions: [quarters('auckland')], tickets: 20 });
    await made.database[Symbol.asyncDispose]();
    const limits = { statementTimeoutMs: MINUTE, slowStatementMs: MINUTE, maxWaitMs: 500 };
    const database = { ...server.config, limits };
    const here = new World(made.simulator, server, { ...made.config, database });
    const clock = new Clock();
    await using schedules = await scheduling(here, clock);
    await ran(here, 1);
    await server.stop();
    clock.forward(HOUR);
    await patiently(() => expect(schedules.events.map(({ type }) => type)).toContain('schedule.wait'));
    await server.start();
    await ran(here, 2);
    await stays(here, 2);
    await here.expectExact();
    await made.simulator.close();
  });

  it('is tried again after a pause that grows, and says why', async () => {
    await using here = await world({ regions: [quarters('auckland')], tickets: 20 });
    const clock = new Clock();
    let tries = 0;
    await using schedules = await scheduling(here, clock, {
      start: () => {
        if (++tries < 3) throw new Error('no place on the disk');
      },
    });
    const waits = () => schedules.events.flatMap((event) => (event.type === 'schedule.wait' ? [event] : []));
    await patiently(() => expect(waits()).toHaveLength(2));
    expect(waits()[0]).toMatchObject({ regions: ['auckland'], reason: 'no place on the disk' });
    expect(waits()[1]!.ms).toBe(waits()[0]!.ms * 2);
    await ran(here, 1);
    expect(tries).toBe(3);
  });
});
