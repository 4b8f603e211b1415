/** The sections of a profile besides its rules and columns. */
import type { AgeRange, Capacity, Synonyms } from './profile.js';
import { list, placed, type Placed } from './rules.js';
import { isMapping, items, mapping, phrase, report, text, whole, type Spot } from './yaml.js';

/** The age ranges of one category. */
export interface CategoryAges {
  readonly category: string;
  readonly ranges: readonly AgeRange[];
}

/** A group of the sales figures before its headline is known. */
export interface NamedGroup {
  readonly group: string;
  /** Null for every category. */
  readonly categories: readonly string[] | null;
}

export const EVERY_CATEGORY = 'all';

/** Reads `same`: a word and those that count as it. */
export function same(spot: Spot): Placed<Synonyms>[] {
  return entriesOf(spot, (word, entry) => ({ word, synonyms: list(entry, phrase) }));
}

/** Reads `groups`: a name and its categories, or `all`. */
export function groups(spot: Spot): Placed<NamedGroup>[] {
  const found = entriesOf(spot, (group, entry) => {
    const categories = list(entry, text);
    return { group, categories: categories.includes(EVERY_CATEGORY) ? null : categories };
  });
  if (isMapping(spot) && found.length === 0) report(spot, 'empty; name a group or leave it out');
  return found;
}

/** Reads `capacities`: days, in each the places of a division. */
export function capacities(spot: Spot): Placed<Capacity>[] {
  return [...mapping(spot, null)].flatMap(([day, divisions]) =>
    entriesOf(divisions, (division, entry) => ({
      division,
      day,
      capacity: whole(entry, 1, 100_000_000) ?? 1,
    })),
  );
}

/** Reads `ages`: the ranges of each category, from the youngest to the oldest. */
export function ages(spot: Spot): Placed<CategoryAges>[] {
  return entriesOf(spot, (category, entry) => ({ category, ranges: rangesOf(category, entry) }));
}

function entriesOf<T>(spot: Spot, read: (key: string, entry: Spot) => T): Placed<T>[] {
  return [...mapping(spot, null)].map(([key, entry]) => placed(entry, () => read(key, entry)));
}

const RANGE_EXPECTED = 'expected a range such as 25-29, 70+ or U24: 0-24';
const RANGE = /^(\d{1,3})(?:-(\d{1,3})|\+)$/;

function rangesOf(category: string, spot: Spot): AgeRange[] {
  const ranges: AgeRange[] = [];
  for (const item of items(spot, true)) {
    const range = rangeOf(category, item);
    if (range === null) continue;
    const before = ranges.at(-1);
    const wrong = before === undefined ? null : orderProblem(before, range);
    if (wrong !== null) report({ ...item, node: null }, wrong);
    if (ranges.some(({ label }) => label === range.label)) report(item, 'is there twice; keep one');
    ranges.push(range);
  }
  return ranges;
}

/** `25-29`, `70+`, or `U24: 0-24` where the range has a name of its own. */
function rangeOf(category: string, spot: Spot): AgeRange | null {
  const [named, ...more] = isMapping(spot) ? mapping(spot, null) : [];
  if (more.length > 0) {
    report(spot, RANGE_EXPECTED);
    return null;
  }
  const place = named?.[1] ?? spot;
  const written = text(place);
  const [, from, to] = RANGE.exec(written ?? '') ?? [];
  if (from === undefined || (to !== undefined && Number(to) < Number(from))) {
    if (written !== null) report(place, RANGE_EXPECTED);
    return null;
  }
  const label = named?.[0] ?? written ?? '';
  if (TAKEN.includes(label)) report(spot, `${label} is a line of its own; choose another name`);
  return { category, label, from: Number(from), to: to === undefined ? null : Number(to) };
}

/** Lines of the age groups that are no ranges. */
const TAKEN = ['Total', 'Incomplete'];

function orderProblem(before: AgeRange, range: AgeRange): string | null {
  const shown = `${range.label} after ${before.label}`;
  if (before.to === null) return `${shown}: nobody is left above ${before.label}; put the open range last`;
  if (range.from > before.to + 1)
    return `${shown}: nobody of ${before.to + 1} to ${range.from - 1} is counted; close the gap`;
  if (range.from <= before.to)
    return `${shown}: ranges overlap or are out of order; begin at ${before.to + 1}`;
  return null;
}
