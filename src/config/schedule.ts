/** Schedules as people write them, and the instants at which they come. */
import { createRequire } from 'node:module';
import type * as CronParser from 'cron-parser';
import { nearest } from '../nearest.js';

/** A cron expression on the wall clock of a zone. */
export interface Schedule {
  readonly cron: string;
  /** A name of the IANA's list, such as `Europe/Berlin`. */
  readonly zone: string;
}

/** A time in which a region is read every minute: milliseconds since 1970, both ends included. */
export interface Launch {
  readonly from: number;
  readonly to: number;
}

/** A text that was understood, or what is wrong with it. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A change of the clocks within this time makes an answer of cron-parser depend on where it starts. */
const NEAR_CHANGE = 4 * HOUR;
/** A launch is hours; a slip in a year or a month is not to cost requests for so long. */
const LONGEST_LAUNCH = 7 * DAY;
const LARGEST_TIME = 8.64e15;

const EXPECTED =
  'expected minute, hour, day, month and weekday, such as */15 * * * * or TZ=Europe/Berlin 0 4 * * *';
const WORDS = /^@(minutely|hourly|daily|weekly|monthly|yearly|weekdays|weekends)$/i;
const FIELDS = /^[\d*/,\-a-z#]+(\s+[\d*/,\-a-z#]+){4}$/i;

const require = createRequire(import.meta.url);
/** Loaded for those who have a schedule: it takes as long as the start of everything else. */
const cronParser = () => require('cron-parser') as typeof CronParser;

/** Reads `[TZ=<zone> ]<cron expression>`, in UTC without a zone; `none` and `off` are null. */
export function readSchedule(text: string): Read<Schedule | null> {
  if (/^(none|off)$/i.test(text.trim())) return { value: null };
  const { zone, rest: cron, problem } = withZone(text);
  if (problem !== undefined) return { problem };
  // An H is another minute in each process.
  const isReadable = WORDS.test(cron) || (FIELDS.test(cron) && !/(^|[\s,])H([\s,/]|$)/i.test(cron));
  if (!isReadable) return { problem: EXPECTED };
  try {
    nextTick({ cron, zone }, Date.now());
    return { value: { cron, zone } };
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    return { problem: `${/limit|Out of/.test(says) ? 'it never comes' : says}; ${EXPECTED}` };
  }
}

/** Reads `[TZ=<zone> ]<from>/<to>`, several divided by commas: times of ISO 8601, the second may be a duration such as PT4H. */
export function readLaunches(text: string): Read<Launch[]> {
  const { zone, rest, problem } = withZone(text);
  if (problem !== undefined) return { problem };
  const launches: Launch[] = [];
  for (const part of rest.split(',')) {
    const [from, to] = limitsOf(part, zone);
    if (from === null || to === null)
      return {
        problem:
          'expected from/to, such as TZ=Europe/Berlin 2026-12-01T10:00/2026-12-01T14:00 or 2026-12-01T09:00Z/PT4H',
      };
    if (to <= from) return { problem: `${part.trim()} ends before it begins` };
    if (to - from > LONGEST_LAUNCH) return { problem: `${part.trim()} is longer than 7 days: use schedule` };
    launches.push({ from, to });
  }
  return { value: launches };
}

/**
 * The first time after an instant, in milliseconds, at which a schedule comes. A time that the change of the clocks leaves out comes when the
 * clocks have been changed, and of one that comes twice the first counts, unless the schedule names no hour. Throws for one that never comes.
 */
export function nextTick({ cron, zone }: Schedule, after: number): number {
  const { CronDate, CronExpressionParser } = cronParser();
  const offset = (at: number) => new CronDate(new Date(at), zone).getUTCOffset();
  const isNearChange = offset(after - NEAR_CHANGE) !== offset(after + NEAR_CHANGE);
  const from = isNearChange ? after - NEAR_CHANGE : after;
  const ticks = CronExpressionParser.parse(cron, { currentDate: new Date(from), tz: zone });
  for (;;) {
    const tick = ticks.next().getTime();
    if (tick > after) return tick;
  }
}

/** How often a schedule comes in an hour in which it comes at all. */
export const timesAnHour = ({ cron }: Schedule): number =>
  cronParser().CronExpressionParser.parse(cron).fields.minute.values.length;

/** A schedule as one writes it. */
export const scheduleText = ({ cron, zone }: Schedule): string =>
  zone === 'UTC' ? `${cron} (UTC)` : `TZ=${zone} ${cron}`;

/** The first full minute after an instant that lies in one of the launches; Infinity: none. */
export function nextLaunchTick(launches: readonly Launch[], after: number): number {
  const next = (Math.floor(after / MINUTE) + 1) * MINUTE;
  const ticks = launches.map(({ from, to }) => {
    const tick = Math.max(next, Math.ceil(from / MINUTE) * MINUTE);
    return tick <= to ? tick : Infinity;
  });
  return Math.min(Infinity, ...ticks);
}

function withZone(text: string): { zone: string; rest: string; problem?: string } {
  const [, zone = 'UTC', rest = text] = /^\s*(?:CRON_)?TZ=(\S*)\s*(.*)$/is.exec(text) ?? [];
  const found = { zone, rest: rest.trim() };
  if (isZone(found.zone)) return found;
  const right = nearest(found.zone, Intl.supportedValuesOf('timeZone'));
  const mend = right === null ? 'expected a name such as Europe/Berlin' : `did you mean ${right}?`;
  return { ...found, problem: `${found.zone || 'an empty name'} is not a time zone: ${mend}` };
}

function isZone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}

function limitsOf(text: string, zone: string): [from: number | null, to: number | null] {
  const [from = '', to = '', more] = text.trim().split('/');
  const begin = instantOf(from, zone);
  if (begin === null || more !== undefined) return [null, null];
  const ms = durationOf(to);
  return [begin, ms === null ? instantOf(to, zone) : begin + ms];
}

function instantOf(text: string, zone: string): number | null {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d:?\d\d)?$/i.test(text)) return null;
  try {
    return new (cronParser().CronDate)(text, zone).getTime();
  } catch {
    return null;
  }
}

function durationOf(text: string): number | null {
  const [whole, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/i.exec(text) ?? [];
  if (whole === undefined) return null;
  const ms = Number(days ?? 0) * DAY + Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  return Math.min(ms, LARGEST_TIME);
}
