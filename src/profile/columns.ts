/** Reads the columns of a profile from the extra fields of a ticket. */
import type { ColumnRule } from './profile.js';
import { matcher, tidy, wordsOf } from './words.js';

type Read = (value: unknown) => string | null;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a column from a ticket's JSON, the whole record: PostgreSQL's text for the rule's type.
 * Null where the value is absent or odd; never throws, so that no ticket is lost for it.
 */
export function columnReader(rule: ColumnRule): (record: unknown) => string | null {
  const read = remembering(READERS[rule.reader](rule));
  const choose = rule.cases.length === 0 ? () => rule.fields : fieldsByCase(rule);
  return (record) => {
    const fields = extraFields(record);
    return first(choose(fields), (slug) => read(own(fields, slug)));
  };
}

/** A column has few values and many tickets; the cells of one where all differ must not pile up. */
const REMEMBERED = 1000;
const SHORT = 100;

function remembering<T>(read: (value: unknown) => T): (value: unknown) => T {
  const known = new Map<string, T>();
  return (value) => {
    if (typeof value !== 'string' || value.length > SHORT) return read(value);
    const before = known.get(value);
    if (before !== undefined) return before;
    const cell = read(value);
    if (known.size >= REMEMBERED) known.clear();
    known.set(value, cell);
    return cell;
  };
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const own = (fields: Fields, key: string) => (Object.hasOwn(fields, key) ? fields[key] : undefined);

function extraFields(record: unknown): Fields {
  const fields = isObject(record) ? own(record, 'extraFields') : undefined;
  return isObject(fields) ? fields : {};
}

function first<A, B>(items: readonly A[], find: (item: A) => B | null): B | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function fieldsByCase({ by, cases }: ColumnRule): (fields: Fields) => readonly string[] {
  const tests = cases.map((one) => ({ fields: one.fields, matches: matcher(one) }));
  const choose = remembering((value) => {
    const text = textOf(value);
    const words = text === null ? null : wordsOf(text);
    return words === null ? null : (tests.find(({ matches }) => matches(words))?.fields ?? []);
  });
  return (fields) => first(by, (slug) => choose(own(fields, slug))) ?? [];
}

/** Text without any sign that can be seen is none; numbers and flags count as their text, since postal codes arrive as either. */
function textOf(value: unknown): string | null {
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  const text = typeof value === 'string' ? tidy(value) : '';
  return /[^\p{Z}\p{C}\p{M}]/u.test(text) ? text : null;
}

/** Nothing but letters and digits, so that `N / A` and `n.a.` are the same. */
const bare = (text: string) => wordsOf(text).replaceAll(' ', '');

const READERS: Readonly<Record<ColumnRule['reader'], (rule: ColumnRule) => Read>> = {
  text: (rule) => {
    const finish = finisher(rule);
    return (value) => finish(textOf(value), (text) => [text]);
  },
  'first-word': (rule) => {
    const finish = finisher(rule);
    return (value) => finish(typeof value === 'string' ? textOf(value) : null, firstWords);
  },
  'yes-no': yesNo,
  date: () => (value) => (typeof value === 'string' ? dateOf(value.trim()) : null),
  number: () => numberOf,
};

/** Turns what was read into what is kept; of several candidates the first that the rule's values know. */
function finisher({ values, drop, shortest, plain }: ColumnRule) {
  const known = new Map(values.flatMap(({ is, words }) => words.map((word) => [bare(word), is])));
  const dropped = new Set(drop.map(bare));
  return (text: string | null, candidatesOf: (text: string) => string[]): string | null => {
    const candidates = text === null ? [] : candidatesOf(text);
    const value = known.size === 0 ? null : first(candidates, (word) => known.get(bare(word)) ?? null);
    if (value !== null) return value;
    const kept = plain ? plainly(candidates[0] ?? '') : (candidates[0] ?? '');
    const tooShort = shortest > 0 && (kept.match(/[\p{L}\p{N}]/gu)?.length ?? 0) < shortest;
    const isDropped = dropped.size > 0 && dropped.has(bare(kept));
    return kept === '' || tooShort || isDropped ? null : kept;
  };
}

const plainly = (text: string) => tidy(text.replace(/[^\p{L}\p{M}\p{N}\s]+/gu, ''));

/** Nobody's first word stands further back. */
const LOOKED_AT = 200;

/** The first word of every part: a translation stands behind a slash, a bracket or the like, or joined in another script; before the English or after it. */
function firstWords(text: string): string[] {
  const parts = text.slice(0, LOOKED_AT).split(/[/|()[\]{},;:·•–—]|\s-\s/u);
  return parts.flatMap((part) => {
    const [word = ''] = part.trim().split(' ');
    const letters = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}]+$/gu, '');
    if (letters === '') return [];
    const [head = ''] = /^[\p{L}\p{M}]+$/u.test(letters) ? wordsOf(letters).trim().split(' ') : [];
    return [letters, head];
  });
}

function yesNo({ values }: ColumnRule): Read {
  const known = new Map([
    ...['yes', 'true'].map((word): [string, string] => [word, 'true']),
    ...['no', 'false'].map((word): [string, string] => [word, 'false']),
    ...values.flatMap(({ is, words }) =>
      words.map((word): [string, string] => [bare(word), is === 'yes' ? 'true' : 'false']),
    ),
  ]);
  return (value) => {
    if (typeof value === 'boolean') return String(value);
    const text = typeof value === 'string' ? textOf(value) : null;
    return text === null ? null : first(firstWords(text), (word) => known.get(bare(word)) ?? null);
  };
}

const YEAR_FIRST =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](?:[01]\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;
const DAY_FIRST = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/;

/** `2001-02-28`, alone or at the head of a date and time, or `28.2.2001`; other orders may mean two days and are none. */
function dateOf(text: string): string | null {
  const [, year = '', month = '', day = ''] = YEAR_FIRST.exec(text) ?? dayFirst(text);
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
  return exists && Number(year) >= 1 ? date : null;
}

function dayFirst(text: string): string[] {
  const [all = '', day = '', month = '', year = ''] = DAY_FIRST.exec(text) ?? [];
  return [all, year, month, day];
}

/** A decimal point alone is understood: `1,234` may be two numbers. */
function numberOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  const text = typeof value === 'string' ? value.trim() : '';
  return /^[+-]?\d{1,100}(\.\d{1,100})?$/.test(text) ? text : null;
}
