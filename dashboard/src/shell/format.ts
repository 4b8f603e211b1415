import type { OverviewEvent } from '../../../src/server/api/types.js';

/** The first language of the viewer that can be used: a headless browser may name one that is none. */
export const LOCALE = [...navigator.languages, 'en'].find(isUsable) ?? 'en';

function isUsable(locale: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale).length > 0;
  } catch {
    return false;
  }
}

const NONE = '–';
const MINUS = '−';
const numbers = new Intl.NumberFormat(LOCALE);

/** A whole number, never abbreviated. */
export const whole = (count: number | null): string => (count === null ? NONE : numbers.format(count));

/** With its sign; 0 has none. */
export const signed = (count: number): string =>
  count > 0 ? `+${whole(count)}` : count < 0 ? `${MINUS}${whole(-count)}` : '0';

/** A share of 0 to 1 in whole percent, which never says 0 or 100 of what is not. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  if (share > 0 && share < 0.01) return '< 1 %';
  if (share < 1 && share > 0.99) return '99 %';
  return `${whole(Math.round(share * 100))} %`;
}

/** An amount in its currency; without one, the bare number. */
export function money(amount: number | null, currency: string | null): string {
  if (amount === null) return NONE;
  if (currency === null || !/^[A-Z]{3}$/.test(currency)) return numbers.format(amount);
  return new Intl.NumberFormat(LOCALE, { style: 'currency', currency, maximumFractionDigits: 0 }).format(
    amount,
  );
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago: `just now`, `2 min ago`, `1 h 4 min ago`, `3 days ago`. */
export function age(iso: string, now: number): string {
  const past = now - Date.parse(iso);
  if (past < MINUTE) return 'just now';
  return `${span(past)} ago`;
}

/** A length of time, in milliseconds, by its two largest units. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return `${Math.floor(ms / HOUR)} h${minutes > 0 && ms < DAY ? ` ${minutes} min` : ''}`;
  }
  return `${Math.floor(ms / DAY)} days`;
}

/** A time that is reckoned, as the overview tells it: `40 min`, `17 h`, `3 days`. */
export function roughly(minutes: number): string {
  const hours = minutes / 60;
  if (hours < 2) return `${Math.max(1, Math.round(minutes))} min`;
  return hours < 48 ? `${Math.round(hours)} h` : `${whole(Math.round(hours / 24))} days`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, ...options });
    formats.set(key, found);
  }
  return found;
}

/** A day by the clock of a zone, such as `Sat, 16 Jan 2027`. */
export const day = (iso: string, zone: string): string =>
  format(zone, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(iso));

/** A calendar day (`2027-01-16`), without its year. */
export const localDay = (date: string): string =>
  format('UTC', { weekday: 'short', day: 'numeric', month: 'short' }).format(new Date(`${date}T00:00:00Z`));

/** Hours and minutes by the clock of a zone. */
export const clock = (iso: string, zone: string): string =>
  format(zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso));

/** Name of a zone at a moment, such as `Hong Kong Standard Time, GMT+8`. */
export function zoneName(zone: string, iso: string): string {
  const of = (name: 'long' | 'shortOffset') =>
    format(zone, { timeZoneName: name })
      .formatToParts(new Date(iso))
      .find(({ type }) => type === 'timeZoneName')?.value;
  const [long, offset] = [of('long') ?? zone, of('shortOffset') ?? ''];
  return long === offset || offset === '' || offset === 'GMT' ? long : `${long}, ${offset}`;
}

/** A moment by the clock of a zone, with the zone's short name: `Sat, 16 Jan 2027, 08:00 GMT+8`. */
export const zoned = (iso: string, zone: string): string =>
  `${day(iso, zone)}, ${format(zone, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' }).format(new Date(iso))}`;

/** All of a moment, with the zone, for who wants to know exactly. */
export const exact = (iso: string, zone: string): string =>
  format(zone, { dateStyle: 'full', timeStyle: 'long' }).format(new Date(iso));

/** The viewer's own zone. */
export const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** When an event is, as seen from today. */
export function whenSays(
  { starts_at: start, zone, is_over: isOver }: Pick<OverviewEvent, 'starts_at' | 'zone' | 'is_over'>,
  now: number,
): string {
  if (isOver) return 'over';
  const days = start === null ? null : daysTo(start, now, zone);
  if (days === null) return 'no date';
  if (days < 0) return 'under way';
  return days === 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${whole(days)} days`;
}

/** Days from a moment to the start of an event, by the calendar of its zone. */
function daysTo(start: string, now: number, zone: string): number {
  const calendar = (ms: number) =>
    Date.parse(new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date(ms)));
  return Math.round((calendar(Date.parse(start)) - calendar(now)) / DAY);
}
