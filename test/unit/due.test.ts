import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../src/config/schedule.js';
import { nextTick } from '../../src/config/schedule.js';
import { dueRuns, dueTimes, type Begun } from '../../src/work/due.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(text);
const cron = (text: string, zone = 'UTC'): Schedule => ({ cron: text, zone });

const QUARTERS = cron('*/15 * * * *');
const SUNDAYS = cron('0 4 * * 0');

function region(name: string, more: object = {}) {
  return {
    region: name,
    token: 'k',
    baseUrl: 'https://vivenu.com/api',
    schedule: null,
    fullSchedule: null,
    launches: [],
    ...more,
  };
}

const begun = (...rows: [string, string | null, (string | null)?][]): Map<string, Begun> =>
  new Map(
    rows.map(([name, run, full = null]) => [name, { run: run && at(run), full: full && at(full) } as Begun]),
  );

const asked = (...given: Parameters<typeof dueRuns>) =>
  dueRuns(...given).map(({ regions, full }) => `${regions.join('+')}${full ? ' full' : ''}`);

describe('what is due', () => {
  const now = at('2026-12-02T10:16Z');

  it('is a region that was never run, at once', () => {
    expect(asked([region('a', { schedule: QUARTERS })], begun(), now)).toEqual(['a']);
    expect(asked([region('a', { schedule: QUARTERS, fullSchedule: SUNDAYS })], begun(), now)).toEqual([
      'a full',
    ]);
    expect(asked([region('a', { fullSchedule: SUNDAYS })], begun(), now)).toEqual(['a full']);
  });

  it('is nothing where there is no schedule', () => {
    expect(asked([region('a')], begun(), now)).toEqual([]);
  });

  it.each([
    ['2026-12-02T10:14:59Z', ['a']],
    ['2026-12-02T10:15:00Z', []],
    ['2026-12-02T10:15:30Z', []],
    ['2026-12-01T03:00:00Z', ['a']],
    ['2026-12-02T10:16:30Z', []],
  ])('after a run begun at %s is %j', (run, expected) => {
    expect(asked([region('a', { schedule: QUARTERS })], begun(['a', run]), now)).toEqual(expected);
  });

  it('is a full run where its time has passed, which is the other one as well', () => {
    const regions = [region('a', { schedule: QUARTERS, fullSchedule: SUNDAYS })];
    expect(asked(regions, begun(['a', '2026-12-02T10:15Z', '2026-11-29T03:59Z']), now)).toEqual(['a full']);
    expect(asked(regions, begun(['a', '2026-12-02T10:05Z', '2026-11-29T03:59Z']), now)).toEqual(['a full']);
    expect(asked(regions, begun(['a', '2026-12-02T10:05Z', '2026-11-29T04:00Z']), now)).toEqual(['a']);
    expect(asked(regions, begun(['a', '2026-12-02T10:15Z', '2026-11-29T04:00Z']), now)).toEqual([]);
  });

  it('goes together for the regions of a key, and apart for keys, hosts and kinds', () => {
    const regions = [
      region('a', { schedule: QUARTERS }),
      region('b', { schedule: QUARTERS, token: 'other' }),
      region('c', { schedule: QUARTERS }),
      region('d', { schedule: QUARTERS, fullSchedule: SUNDAYS }),
      region('e', { schedule: QUARTERS, baseUrl: 'https://vivenu.dev/api' }),
      region('f', { schedule: cron('0 * * * *') }),
    ];
    const old = (name: string): [string, string] => [name, '2026-12-02T10:01Z'];
    const times = begun(old('a'), old('b'), old('c'), old('d'), old('e'), old('f'));
    expect(asked(regions, times, now)).toEqual(['a+c', 'b', 'e', 'd full']);
  });

  it('is a run every minute in a launch, and by the schedule around it', () => {
    const launches = [{ from: at('2026-12-01T10:00Z'), to: at('2026-12-01T10:03Z') }];
    const due: string[] = [];
    const config = region('a', { schedule: cron('30 * * * *'), launches });
    for (let run = at('2026-12-01T09:20Z'); run < at('2026-12-01T11:30Z');) {
      run = dueTimes(config, { run, full: null }).run;
      due.push(new Date(run).toISOString().slice(11, 16));
    }
    expect(due).toEqual(['09:30', '10:00', '10:01', '10:02', '10:03', '10:30', '11:30']);
  });

  it('is what a launch missed, once', () => {
    const launches = [{ from: at('2026-12-01T10:00Z'), to: at('2026-12-01T10:30Z') }];
    const config = region('a', { launches });
    expect(asked([config], begun(['a', '2026-12-01T10:10Z']), now)).toEqual(['a']);
    expect(asked([config], begun(['a', '2026-12-01T11:00Z']), now)).toEqual([]);
  });
});

describe('over any course of events', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Auckland', 'Asia/Hong_Kong'];
  const crons = ['*/15 * * * *', '30 2 * * *', '0 */6 * * *', '*/20 1-3 * * *'];
  const starts = ['2026-03-28', '2026-10-24', '2026-03-07', '2026-09-26', '2026-04-04'];
  /** One of any number of processes looks, or somebody runs by hand; in between nobody may look for long: all are down. */
  const steps = fc.array(
    fc.record({
      wait: fc.oneof(fc.integer({ min: 1, max: 10 * MINUTE }), fc.integer({ min: 1, max: 30 * HOUR })),
      what: fc.constantFrom('look', 'look', 'look', 'run', 'full'),
      lasts: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3 * HOUR })),
    }),
    { minLength: 1, maxLength: 50 },
  );

  /** Every time at which a schedule comes in a while. */
  function timesOf(schedule: Schedule, from: number, to: number): number[] {
    const times: number[] = [];
    for (let time = nextTick(schedule, from); time <= to; time = nextTick(schedule, time)) times.push(time);
    return times;
  }

  it('each time is served by one run, alone or with those that were missed before it, and no run serves none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...crons),
        fc.constantFrom(...starts),
        steps,
        (zone, text, day, course) => {
          const start = at(`${day}T18:00Z`);
          const config = {
            ...region('a'),
            schedule: cron(text, zone),
            fullSchedule: cron('0 5 * * *', zone),
          };
          const begins = [{ at: start, full: true, planned: false }];
          let now = start;
          const last = (full: boolean) => begins.findLast((one) => one.full || !full)!.at;
          for (const { wait, what, lasts } of course) {
            now += wait;
            const state = new Map([['a', { run: last(false), full: last(true) }]]);
            const due = what === 'look' ? dueRuns([config], state, now) : [];
            expect(due.length).toBeLessThanOrEqual(1);
            const full = due[0]?.full ?? what === 'full';
            if (what === 'look' && due.length === 0) {
              expect(timesOf(config.schedule, last(false), now)).toEqual([]);
              expect(timesOf(config.fullSchedule, last(true), now)).toEqual([]);
              continue;
            }
            begins.push({ at: now, full, planned: what === 'look' });
            // The next look comes when it has ended: nothing is run twice at once.
            now += lasts;
          }
          for (const [index, { at: began, full, planned }] of begins.entries()) {
            if (!planned) continue;
            const before = begins.slice(0, index).findLast((one) => one.full || !full)!;
            const schedule = full ? config.fullSchedule : config.schedule;
            expect(timesOf(schedule, before.at, began).length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
