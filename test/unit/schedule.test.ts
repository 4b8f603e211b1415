import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextLaunchTick, nextTick, readLaunches, readSchedule } from '../../src/config/schedule.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text);

/** The times at which a schedule comes after an instant, as UTC. */
function ticks(text: string, from: string, count = 3): string[] {
  const read = readSchedule(text);
  if (!('value' in read) || read.value === null) throw new Error(JSON.stringify(read));
  const found: number[] = [];
  for (let after = at(from); found.length < count; after = found.at(-1)!)
    found.push(nextTick(read.value, after));
  return found.map((tick) => new Date(tick).toISOString().replace(':00.000Z', 'Z'));
}

describe('a schedule', () => {
  it('is in UTC unless it names a zone', () => {
    expect(ticks('0 4 * * *', '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T04:00Z']);
    expect(ticks('TZ=Europe/Berlin 0 4 * * *', '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T02:00Z']);
    expect(ticks('CRON_TZ=Asia/Hong_Kong  0 4 * * *', '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T20:00Z']);
    expect(ticks('TZ=Asia/Hong_Kong @daily', '2026-07-01T00:00Z', 1)).toEqual(['2026-07-01T16:00Z']);
  });

  it.each(['none', 'off', ' OFF '])('can be %s', (text) => {
    expect(readSchedule(text)).toEqual({ value: null });
  });

  it.each([
    ['*/15 * * *', 'expected minute, hour'],
    ['* * * * * *', 'expected minute, hour'],
    ['@secondly', 'expected minute, hour'],
    ['H * * * *', 'expected minute, hour'],
    ['H/5 * * * *', 'expected minute, hour'],
    ['every minute', 'expected minute, hour'],
    ['', 'expected minute, hour'],
    ['60 * * * *', 'got value 60'],
    ['0 0 30 2 *', 'Invalid explicit day of month'],
    ['5-1 * * * *', 'Invalid range'],
    ['TZ=Europe/Berlim 0 4 * * *', 'Europe/Berlim is not a time zone: did you mean Europe/Berlin?'],
    ['TZ=+02:00 0 4 * * *', 'is not a time zone: expected a name such as'],
    ['TZ= 0 4 * * *', 'is not a time zone'],
    ['TZ=Europe/Berlin', 'expected minute, hour'],
  ])('%j is refused: %s', (text, says) => {
    expect(readSchedule(text)).toEqual({ problem: expect.stringContaining(says) as string });
  });
});

describe('when the clocks change', () => {
  it.each([
    // [zone, schedule, the day before, what comes]
    ['Europe/Berlin', '30 2 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:30Z', '2026-03-30T00:30Z']],
    ['America/New_York', '30 2 * * *', '2026-03-07T20:00Z', ['2026-03-08T07:30Z', '2026-03-09T06:30Z']],
    ['Pacific/Auckland', '30 2 * * *', '2026-09-25T20:00Z', ['2026-09-26T14:30Z', '2026-09-27T13:30Z']],
    ['Asia/Hong_Kong', '30 2 * * *', '2026-03-28T12:00Z', ['2026-03-28T18:30Z', '2026-03-29T18:30Z']],
    ['America/Santiago', '0 0 * * *', '2026-09-05T12:00Z', ['2026-09-06T04:00Z', '2026-09-07T03:00Z']],
  ])('in %s the hour that is left out leaves out no run of %s', (zone, cron, before, expected) => {
    expect(ticks(`TZ=${zone} ${cron}`, before, 2)).toEqual(expected);
  });

  it.each([
    ['Europe/Berlin', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['America/New_York', '30 1 * * *', '2026-10-31T20:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['Pacific/Auckland', '30 2 * * *', '2026-04-03T20:00Z', ['2026-04-04T13:30Z', '2026-04-05T14:30Z']],
    ['Asia/Hong_Kong', '30 2 * * *', '2026-10-24T12:00Z', ['2026-10-24T18:30Z', '2026-10-25T18:30Z']],
  ])('in %s the hour that comes twice brings one run of %s', (zone, cron, before, expected) => {
    expect(ticks(`TZ=${zone} ${cron}`, before, 2)).toEqual(expected);
  });

  it('a run by hand within the hour that comes twice brings no second one, nor does one in the hour before lose it', () => {
    // 02:10 for the second time; 03:10 just after the clocks were put forward, while 02:30 is still to come as 03:30.
    expect(ticks('TZ=Europe/Berlin 30 2 * * *', '2026-10-25T01:10Z', 1)).toEqual(['2026-10-26T01:30Z']);
    expect(ticks('TZ=Europe/Berlin 30 2 * * *', '2026-03-29T01:10Z', 1)).toEqual(['2026-03-29T01:30Z']);
  });

  it('what comes every quarter of an hour goes on coming', () => {
    const quarters = (from: string) => ticks('TZ=Europe/Berlin */15 * * * *', from, 24).map(at);
    for (const found of [quarters('2026-10-24T22:00Z'), quarters('2026-03-28T22:00Z')])
      for (const [index, tick] of found.slice(1).entries()) expect(tick - found[index]!).toBe(15 * MINUTE);
  });

  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Pacific/Auckland',
    'Asia/Hong_Kong',
    'Africa/Cairo',
    'UTC',
  ];
  const someDay = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2028-01-01T00:00Z') });

  it('and at any other time, the next time does not depend on when it is asked for', () => {
    const crons = ['30 2 * * *', '*/20 1-3 * * *', '5 */6 * * *', '0 * * * *', '0 3 * * 0', '59 23 L * *'];
    const near = fc.oneof(
      someDay,
      fc
        .tuple(
          fc.constantFrom(
            '2026-03-29T01:00Z',
            '2026-10-25T01:00Z',
            '2026-09-26T14:00Z',
            '2026-04-04T14:00Z',
            '2026-11-01T06:00Z',
          ),
          fc.integer({ min: -4 * HOUR, max: 4 * HOUR }),
        )
        .map(([change, off]) => at(change) + off),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...crons),
        near,
        fc.integer({ min: 0, max: 3 * HOUR }),
        (zone, cron, from, later) => {
          const schedule = { zone, cron };
          const next = nextTick(schedule, from);
          expect(next).toBeGreaterThan(from);
          expect(next % MINUTE).toBe(0);
          const between = Math.min(from + later, next - 1);
          expect(nextTick(schedule, between)).toBe(next);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a run a day is one on each day of the zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 1439 }),
        someDay,
        (zone, minute, from) => {
          const schedule = { zone, cron: `${minute % 60} ${Math.floor(minute / 60)} * * *` };
          const days = new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' });
          const seen: string[] = [];
          for (let tick = nextTick(schedule, from); seen.length < 3; tick = nextTick(schedule, tick))
            seen.push(days.format(tick));
          const [first = ''] = seen;
          expect(seen).toEqual(
            [0, 1, 2].map((more) => new Date(at(`${first}T00:00Z`) + more * DAY).toISOString().slice(0, 10)),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a launch', () => {
  const launch = (text: string) => {
    const read = readLaunches(text);
    return 'problem' in read
      ? read.problem
      : read.value.map(({ from, to }) => [new Date(from).toISOString(), new Date(to).toISOString()]);
  };

  it.each([
    ['2026-12-01T10:00/2026-12-01T14:00', '2026-12-01T10:00:00.000Z', '2026-12-01T14:00:00.000Z'],
    [
      'TZ=Europe/Berlin 2026-12-01T10:00/2026-12-01T14:00',
      '2026-12-01T09:00:00.000Z',
      '2026-12-01T13:00:00.000Z',
    ],
    ['TZ=Europe/Berlin 2026-07-01T10:00/PT4H', '2026-07-01T08:00:00.000Z', '2026-07-01T12:00:00.000Z'],
    ['2026-12-01T10:00+08:00/PT90M', '2026-12-01T02:00:00.000Z', '2026-12-01T03:30:00.000Z'],
    ['TZ=Asia/Hong_Kong 2026-12-01/P1DT1H', '2026-11-30T16:00:00.000Z', '2026-12-01T17:00:00.000Z'],
    ['2026-12-01T10:00Z/2026-12-01T14:00Z', '2026-12-01T10:00:00.000Z', '2026-12-01T14:00:00.000Z'],
  ])('%s is understood', (text, from, to) => {
    expect(launch(text)).toEqual([[from, to]]);
  });

  it('can be several', () => {
    expect(launch('2026-12-01T10:00/PT1H, 2026-12-05T10:00/PT2H')).toHaveLength(2);
  });

  it.each([
    ['2026-12-01T10:00', 'expected from/to'],
    ['2026-12-01T10:00/', 'expected from/to'],
    ['2026-12-01T10:00/14:00', 'expected from/to'],
    ['2026-13-01T10:00/PT4H', 'expected from/to'],
    ['2026-12-01T10:00/PT1H/PT2H', 'expected from/to'],
    ['10:00/PT4H', 'expected from/to'],
    ['2026-12-01T10:00/P', 'ends before it begins'],
    ['2026-12-01T10:00/2026-12-01T09:00', 'ends before it begins'],
    ['2026-12-01T10:00/2027-12-01T12:00', 'longer than 7 days'],
    ['TZ=Berlin 2026-12-01T10:00/PT4H', 'is not a time zone'],
  ])('%j is refused: %s', (text, says) => {
    expect(launch(text)).toEqual(expect.stringContaining(says));
  });

  it('comes with each full minute from its beginning to its end', () => {
    const launches = [{ from: at('2026-12-01T10:00Z'), to: at('2026-12-01T10:02Z') }];
    const found: string[] = [];
    for (let tick = at('2026-12-01T08:00Z'); ;) {
      tick = nextLaunchTick(launches, tick);
      if (tick === Infinity) break;
      found.push(new Date(tick).toISOString().slice(11, 16));
    }
    expect(found).toEqual(['10:00', '10:01', '10:02']);
    expect(nextLaunchTick(launches, at('2026-12-01T10:00:30Z'))).toBe(at('2026-12-01T10:01Z'));
    expect(nextLaunchTick([], 0)).toBe(Infinity);
  });
});
