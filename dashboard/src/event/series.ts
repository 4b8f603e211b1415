import type { EventPage, SalesSeries } from '../../../src/server/api/types.js';

type Daily = EventPage['daily'];

/** A curve: x ascending, a value each or none. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

export const DAY_MS = 86_400_000;

/** The number of a calendar day, so that days are one apart whatever clocks did between them. */
export const dayNumber = (date: string): number => Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS;

/** The calendar day of a number. */
export const dateOf = (number: number): string =>
  new Date(Math.round(number) * DAY_MS).toISOString().slice(0, 10);

/** The calendar day of a moment in a zone. */
export const localDate = (iso: string, zone: string): string =>
  new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(new Date(iso));

/** What a curve shows: the total so far, or what each day or hour sold. */
export type By = 'total' | 'day' | 'hour';

const HOURS = 24;

/** How far two places of a curve are apart, in days. */
export const stepOf = (by: By): number => (by === 'hour' ? 1 / HOURS : 1);

/** The number of a local hour, such as `2026-11-26T14:00`, in days. */
export const hourNumber = (local: string): number => dayNumber(local) + Number(local.slice(11, 13)) / HOURS;

/** The local hour of a number: its day, and its hour as `14:00`. */
export function hourOf(number: number): { readonly day: string; readonly clock: string } {
  const hours = Math.round(number * HOURS);
  const hour = String(hours - HOURS * Math.floor(hours / HOURS)).padStart(2, '0');
  return { day: dateOf(Math.floor(hours / HOURS)), clock: `${hour}:00` };
}

/** A curve over hours. */
export const hoursOf = (points: SalesSeries['points']): Curve => ({
  x: points.map(({ local }) => hourNumber(local)),
  y: points.map(({ sold }) => sold),
});

/** The hour of a moment in a zone, as of a clock there: `2026-11-26T14`. */
export const localHour = (iso: string, zone: string): string =>
  `${localDate(iso, zone)}T${new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(new Date(iso))}`;

/** A curve over days, or over days to the start (negative: before it) where that is given. */
export function curveOf(daily: Daily, by: By, start: string | null): Curve {
  const zero = start === null ? 0 : dayNumber(start);
  return {
    x: daily.map(({ day }) => dayNumber(day) - zero),
    y: daily.map((one) => (by === 'total' ? one.headline_total : one.sold)),
  };
}

/** Two curves over one axis; where one has no day, it has no value. */
export function together(a: Curve, b: Curve): [number[], (number | null)[], (number | null)[]] {
  const x = [...new Set([...a.x, ...b.x])].sort((one, other) => one - other);
  const of = ({ x: own, y }: Curve) => {
    const values = new Map(own.map((at, n) => [at, y[n] ?? null]));
    return x.map((at) => values.get(at) ?? null);
  };
  return [x, of(a), of(b)];
}

/** The last value at or before a place; null before the first. */
export function valueAt({ x, y }: Curve, at: number): number | null {
  // Hours are no whole numbers of days.
  const n = x.findLastIndex((one) => one <= at + 1e-6);
  return n < 0 ? null : (y[n] ?? null);
}

/** Part of the axis that is shown. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** So many steps are shown at least. */
const LEAST = 2;

/** The span moved by so many steps, or made larger or smaller about its middle, within the whole. */
export function changed(
  span: Span,
  whole: Span,
  { move = 0, zoom = 1, step = 1 }: { move?: number; zoom?: number; step?: number },
): Span {
  const length = Math.min(whole.to - whole.from, Math.max(LEAST * step, (span.to - span.from) * zoom));
  const middle = (span.from + span.to) / 2 + move * step;
  const from = Math.min(Math.max(middle - length / 2, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** The last so many days of the whole. */
export const lastDays = (whole: Span, days: number): Span => ({
  from: Math.max(whole.from, whole.to - days),
  to: whole.to,
});

/** What stands at a place, in words: the day, what was sold, and of the other event the same and the difference. */
export function caption(
  {
    label,
    own,
    other,
  }: { label: string; own: number | null; other: { name: string; value: number | null } | null },
  whole: (count: number | null) => string,
  signed: (count: number) => string,
): string {
  const those =
    other === null
      ? ''
      : `; ${other.name} ${whole(other.value)}${own !== null && other.value !== null ? ` (${signed(own - other.value)})` : ''}`;
  return `${label}: ${whole(own)}${those}`;
}
