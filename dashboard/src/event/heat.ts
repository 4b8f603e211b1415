import type { EventPage } from '../../../src/server/api/types.js';

type Division = EventPage['divisions'][number];

/** A table of divisions by days. */
export interface Heat {
  readonly days: readonly string[];
  readonly rows: readonly { readonly division: string; readonly cells: readonly (Division | null)[] }[];
}

const DAYS = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
  'MULTI_DAY',
  'ALL',
];
const placeOf = (day: string) => (DAYS.includes(day) ? DAYS.indexOf(day) : DAYS.length);

/** Places by division and day, days by the week and the whole event last; a division and day that is not offered is null. */
export function heatOf(divisions: readonly Division[]): Heat {
  const dayOf = ({ event_day: day }: Division) => day ?? 'ALL';
  const days = [...new Set(divisions.map(dayOf))].sort(
    (a, b) => placeOf(a) - placeOf(b) || a.localeCompare(b),
  );
  const names = [...new Set(divisions.map(({ division }) => division))];
  return {
    days,
    rows: names.map((division) => ({
      division,
      cells: days.map(
        (day) => divisions.find((one) => one.division === division && dayOf(one) === day) ?? null,
      ),
    })),
  };
}

/** `SATURDAY` as `Saturday`, ALL as all days. */
export const dayName = (day: string): string =>
  day === 'ALL'
    ? 'All days'
    : day === 'MULTI_DAY'
      ? 'Several days'
      : day.charAt(0) + day.slice(1).toLowerCase();

/** How full, from 0 (less than half) to 4 (full); null where no capacity is known. */
export function heatLevel({ sold, capacity }: Pick<Division, 'sold' | 'capacity'>): number | null {
  if (capacity === null) return null;
  if (sold >= capacity) return 4;
  return [0.5, 0.75, 0.9].filter((share) => sold / capacity >= share).length;
}

/** What is left, in words. */
export function leftSays(
  { sold, capacity }: Pick<Division, 'sold' | 'capacity'>,
  whole: (n: number) => string,
): string {
  if (capacity === null) return `${whole(sold)} sold`;
  const left = capacity - sold;
  return left > 0 ? whole(left) : left === 0 ? 'full' : `${whole(-left)} over`;
}
