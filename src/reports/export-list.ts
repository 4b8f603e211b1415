/** The reports that people can ask for by name, and the question that each answers. */
import { readFile } from 'node:fs/promises';
import { nearest } from '../nearest.js';
import { UsageError } from '../errors.js';

/** A view that is a report. */
export interface ReportName {
  /** As it is typed: `sales-summary`. */
  readonly name: string;
  /** Its view, in each region's schema. */
  readonly view: string;
  /** As a title, of 31 characters at most: `Sales summary`. */
  readonly title: string;
  /** Holds data of people, so it comes only when it is named. */
  readonly personal: boolean;
}

const DIRECTORY = new URL('../../sql/views/', import.meta.url);

/** In the order in which they are read: what was sold, what is full, who and what else. */
const NAMES = [
  'sales-summary',
  'sales-growth',
  'sales-daily',
  'sales-hourly',
  'division-day-capacity',
  'ticket-types',
  'under-shop-usage',
  'coupon-usage',
  'coupon-leaks',
  'age-groups',
  'team-completeness',
  'data-quality',
  'audience-profile',
  'addons',
] as const;

const titleOf = (name: string) =>
  name === 'addons' ? 'Add-ons' : name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');

const reportOf = (name: string, personal = false): ReportName => ({
  name,
  view: `v_${name.replaceAll('-', '_')}`,
  title: titleOf(name),
  personal,
});

/** Every report there is; `all` means those that are not personal. */
export const REPORTS: readonly ReportName[] = [
  ...NAMES.map((name) => reportOf(name)),
  reportOf('tickets-sold', true),
];

const ALL = 'all';

/** The reports of these names (`all`: all that are not personal), each once. Throws a UsageError that names the nearest right name. */
export function reportsNamed(names: readonly string[]): ReportName[] {
  const known = [...REPORTS.map(({ name }) => name), ALL];
  // People have the view before their eyes in SQL.
  const asked = names.map((name) => name.toLowerCase().replace(/^v_/, '').replaceAll('_', '-'));
  const unknown = names.filter((_, i) => !known.includes(asked[i] ?? ''));
  if (unknown.length > 0) throw new UsageError(unknown.map((name) => unknownReport(name, known)));
  return REPORTS.filter(({ name, personal }) => asked.includes(name) || (asked.includes(ALL) && !personal));
}

function unknownReport(name: string, known: readonly string[]): string {
  const near = nearest(name.toLowerCase().replace(/^v_/, '').replaceAll('_', '-'), known);
  const mend = near === null ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
  return `report ${JSON.stringify(name.slice(0, 80))}: there is no such report; ${mend}`;
}

/** The question that a view answers, from the first lines of its file; empty where there is no such file. */
export async function questionOf({ view }: Pick<ReportName, 'view'>): Promise<string> {
  const text = await readFile(new URL(`${view}.sql`, DIRECTORY), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => !line.startsWith('--'));
  return lines
    .slice(0, first === -1 ? lines.length : first)
    .map((line) => line.slice(2).trim())
    .join(' ')
    .trim();
}
