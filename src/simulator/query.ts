import type { TopRule } from './options.js';
import { HttpProblem } from './problem.js';

/**
 * How one query parameter is written: `list` is comma-separated in one value, `words` is repeated or indexed
 * (`type=A&type=B`, `type[0]=A`, `type[]=A`), `dates` and `numbers` take operators (`updatedAt[$gte]=…`).
 */
export type ParameterKind =
  'text' | 'list' | 'words' | 'date' | 'dates' | 'numbers' | 'boolean' | 'direction';
export type Parameters = Readonly<Record<string, ParameterKind>>;

/** Numbers from `min` to `max`, both inclusive, except those in `not`; in milliseconds where it is of dates. */
export interface Range {
  min: number;
  max: number;
  not: number[];
}

export interface Query {
  readonly top: number;
  readonly skip: number;
  /** Values by parameter: one for `text`, `date`, `boolean` and `direction`, any number for `list` and `words`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly ranges: ReadonlyMap<string, Range>;
}

const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const OPERATORS: Readonly<Record<string, (range: Range, value: number) => void>> = {
  $gte: (range, value) => (range.min = Math.max(range.min, value)),
  // The values compared are whole numbers, so "greater than" is "from the next one on".
  $gt: (range, value) => (range.min = Math.max(range.min, Math.floor(value) + 1)),
  $lte: (range, value) => (range.max = Math.min(range.max, value)),
  $lt: (range, value) => (range.max = Math.min(range.max, Math.ceil(value) - 1)),
  $eq: (range, value) => {
    range.min = Math.max(range.min, value);
    range.max = Math.min(range.max, value);
  },
  $ne: (range, value) => range.not.push(value),
};

/** Reads and checks a query string. @throws HttpProblem 400 for an unknown parameter or a value that is not of its kind */
export function parseQuery(search: string, allowed: Parameters, rule: TopRule): Query {
  const values = new Map<string, string[]>();
  const ranges = new Map<string, Range>();
  const paging = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(search)) {
    const [, name = key, inside] = /^([^[\]]+)(?:\[([^\]]*)\])?$/.exec(key) ?? [];
    const kind = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if ((key === 'top' || key === 'skip') && !paging.has(key)) paging.set(key, value);
    else if (kind === undefined) throw bad(`${key} is not allowed`);
    else if (kind === 'dates' || kind === 'numbers') addOperator(ranges, { name, kind, inside, value });
    else
      values.set(name, [...(values.get(name) ?? []), ...readValues({ name, kind, inside, value }, values)]);
  }
  return {
    top: readTop(paging.get('top'), rule),
    skip: readWhole('skip', paging.get('skip') ?? '0', 0),
    values,
    ranges,
  };
}

interface Given {
  name: string;
  kind: ParameterKind;
  /** What stands in brackets behind the name, undefined without brackets. */
  inside: string | undefined;
  value: string;
}

function addOperator(ranges: Map<string, Range>, { name, kind, inside, value }: Given): void {
  const operator = inside !== undefined && Object.hasOwn(OPERATORS, inside) ? OPERATORS[inside] : undefined;
  if (operator === undefined) throw bad(`${name} must be an object of ${Object.keys(OPERATORS).join(', ')}`);
  const number = kind === 'dates' ? readDate(name, value) : Number(value);
  if (value === '' || Number.isNaN(number)) throw bad(`${name}.${inside ?? ''} must be a number`);
  const range = ranges.get(name) ?? { min: -Infinity, max: Infinity, not: [] };
  operator(range, number);
  ranges.set(name, range);
}

function readValues({ name, kind, inside, value }: Given, before: ReadonlyMap<string, unknown>): string[] {
  if (kind === 'words') {
    if (inside !== undefined && !/^\d*$/.test(inside)) throw bad(`${name} must be an array`);
    return [value];
  }
  if (inside !== undefined || before.has(name)) throw bad(`${name} must be a string`);
  if (kind === 'list') return value.split(',');
  if (kind === 'date') readDate(name, value);
  if (kind === 'boolean' && value !== 'true' && value !== 'false') throw bad(`${name} must be a boolean`);
  if (kind === 'direction' && value !== '1' && value !== '-1') throw bad(`${name} must be one of 1, -1`);
  return [value];
}

/** Milliseconds of an ISO 8601 date. @throws HttpProblem 400 */
function readDate(name: string, value: string): number {
  const time = ISO_DATE.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw bad(`${name} must be a valid ISO 8601 date`);
  return time;
}

function readTop(value: string | undefined, rule: TopRule): number {
  if (value === undefined) return Math.min(25, rule.max);
  const top = readWhole('top', value, 1);
  if (top > rule.max && rule.policy === 'reject') throw bad(`top must be less than or equal to ${rule.max}`);
  return Math.min(top, rule.max);
}

function readWhole(name: string, value: string, min: number): number {
  const number = /^-?\d+$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw bad(`${name} must be an integer`);
  if (number < min) throw bad(`${name} must be larger than or equal to ${min}`);
  return number;
}

const bad = (message: string) => new HttpProblem(400, message);

/** The range of one plain start and end date, both inclusive; null where neither is given. */
export function plainRange(query: Query, from: string, to: string): Range | null {
  const start = query.values.get(from)?.[0];
  const end = query.values.get(to)?.[0];
  if (start === undefined && end === undefined) return null;
  return {
    min: start === undefined ? -Infinity : Date.parse(start),
    max: end === undefined ? Infinity : Date.parse(end),
    not: [],
  };
}

/** A missing value (NaN) is in no range, except one that only says what it is not. */
export function isInRange(value: number, { min, max, not }: Range): boolean {
  if (Number.isNaN(value)) return min === -Infinity && max === Infinity;
  return value >= min && value <= max && !not.includes(value);
}
