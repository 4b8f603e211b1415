/** A value of PostgreSQL as a cell of a workbook: numbers as numbers, times as dates, and nothing that a spreadsheet carries out. */
import type { Column } from './export-text.js';

/** A text of a cell, with what XML cannot hold written as the format has it. */
export interface TextCell {
  readonly value: string;
  readonly type: StringConstructor;
}

/** A cell; the workbook's library writes a text as a text, whatever it begins with. */
export type Cell =
  | TextCell
  | { readonly value: number; readonly type: NumberConstructor; readonly format?: string }
  | { readonly value: Date; readonly type: DateConstructor; readonly format: string }
  | { readonly value: boolean; readonly type: BooleanConstructor }
  | null;

/** Characters that a cell holds. */
export const MAX_TEXT = 32_767;
const CUT = ' … [cut]';

const TIMESTAMPTZ = 1184;
const DATE = 1082;

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:\+00)?$/;
/** Excel takes 1900 for a leap year, so that days before its March are off by one. */
const FIRST_DAY = Date.UTC(1900, 2, 1);
/** Digits that a spreadsheet keeps. */
const DIGITS = 15;

export const DATE_TIME = 'yyyy-mm-dd hh:mm';
const DATE_TIME_SECONDS = 'yyyy-mm-dd hh:mm:ss';
const DATE_ONLY = 'yyyy-mm-dd';
const WHOLE = '#,##0';
const PERCENT = '0.0%';
const MOST_DECIMALS = 4;

/** Says of a column whether its numbers are percentages, by its name: `percent`, `percent_sold`. */
export const isPercent = ({ name, kind }: Column): boolean =>
  kind === 'number' && /(^|_)percent(_|$)/.test(name);

/** The head of a column: its name, with the zone where its times are given in one. */
export const headOf = ({ name, typeId }: Column): string => (typeId === TIMESTAMPTZ ? `${name} (UTC)` : name);

/** Makes cells of a column's values, which it is shown first so that all have one format; `onCut` hears of texts too long for one. */
export function cellsOf(
  column: Column,
  values: readonly (string | null)[],
  onCut: () => void,
): (value: string | null) => Cell {
  const make = makerOf(column, values);
  return (value) => (value === null ? null : (make(value) ?? textCell(value, onCut)));
}

/** Makes null of what is no number or no date, although its column has them. */
function makerOf(column: Column, values: readonly (string | null)[]): (value: string) => Cell {
  const some = (sign: RegExp) => values.some((value) => value !== null && sign.test(value));
  if (column.kind === 'number') {
    const format = isPercent(column) ? PERCENT : numberFormat(values);
    return (value) => numberCell(value, format);
  }
  if (column.kind === 'boolean') return (value) => ({ value: value === 'true', type: Boolean });
  if (column.typeId === DATE) return (value) => dateCell(value, DATE_ONLY);
  if (column.kind !== 'time') return () => null;
  const format = some(/:\d\d:(?!00(\+|$))/) ? DATE_TIME_SECONDS : DATE_TIME;
  return (value) => dateCell(value, format);
}

/** A text that is too long is cut, and says so at its end. */
export function textCell(value: string, onCut: () => void = () => undefined): TextCell {
  if (value.length > MAX_TEXT) {
    onCut();
    value = value.slice(0, MAX_TEXT - CUT.length).replace(/[\ud800-\udbff]$/, '') + CUT;
  }
  // The signs that stand for one do not count as characters of the cell.
  return { value: harmless(value), type: String };
}

/** Thousands apart, and as many decimals as the values have: four at most, two where they never end. */
function numberFormat(values: readonly (string | null)[]): string {
  let decimals = 0;
  for (const value of values)
    if (value?.includes('.')) decimals = Math.max(decimals, value.length - value.indexOf('.') - 1);
  if (decimals === 0) return WHOLE;
  return `${WHOLE}.${'0'.repeat(decimals > MOST_DECIMALS ? 2 : decimals)}`;
}

/** Null where a spreadsheet cannot hold the number: not one at all, or of more digits than it keeps. */
function numberCell(text: string, format: string): Cell {
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  const whole = /^-?0*(\d*)/.exec(text)?.[1] ?? '';
  if (!Number.isFinite(value) || whole.length > DIGITS) return null;
  return { value: format === PERCENT ? value / 100 : value, type: Number, format };
}

/** The time that the text shows, in the zone in which it shows it. Null for what a spreadsheet has no date for, such as infinity. */
function dateCell(text: string, format: string): Cell {
  const parts = TIME.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0'] = parts;
  const ms = Math.round(Number(`0.${fraction}`) * 1000);
  const time =
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) + ms;
  return time < FIRST_DAY ? null : { value: new Date(time), type: Date, format };
}

const escaped = (sign: string) => `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;

/** Names that every JavaScript object has; the library looks texts up in one. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Signs that XML cannot hold are written as the format has it, `_x001B_`, and so is a text that looks like such a sign;
 * otherwise the library would drop them, or a reader would decode them.
 */
function harmless(text: string): string {
  if (INHERITED.has(text)) return escaped(text) + text.slice(1);
  return (
    text
      .replace(/_(?=x[\da-f]{4}_)/gi, '_x005F_')
      // eslint-disable-next-line no-control-regex
      .replace(/[\0-\x08\x0b-\x1f\ufffe\uffff]/g, escaped)
  );
}
