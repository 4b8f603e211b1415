import pg from 'pg';

/** A column of an answer; what decides how its values are written. */
export interface Column {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'json' | 'time';
  /** PostgreSQL's number of its type. */
  readonly typeId?: number;
  /** Kind of the elements, for an array. */
  readonly element?: Column['kind'];
}

/** Values as PostgreSQL writes them, in the order of the columns. */
export type Row = readonly (string | null)[];

/** A format that is complete and written as the rows come. */
export interface Writer {
  begin(columns: readonly Column[]): string;
  rows(rows: readonly Row[]): string;
  end(): string;
}

/**
 * RFC 4180, each cell exactly as PostgreSQL says it; null is an empty cell, an empty text is `""`. With `formulas: 'defused'`
 * a text that a spreadsheet would carry out as a formula gets an apostrophe before it.
 */
export function csvWriter({ formulas = 'kept' }: { formulas?: 'kept' | 'defused' } = {}): Writer {
  let columns: readonly Column[] = [];
  const defused = (value: string | null, i: number) =>
    value !== null && formulas === 'defused' && columns[i]?.kind === 'text' ? defuse(value) : value;
  const line = (cells: Row) => `${cells.map(csvCell).join(',')}\r\n`;
  return {
    begin(these) {
      columns = these;
      return line(these.map(({ name }) => (formulas === 'defused' ? defuse(name) : name)));
    },
    rows: (rows) => rows.map((row) => line(row.map(defused))).join(''),
    end: () => '',
  };
}

/** Ticket names and extra fields come from anybody: `=HYPERLINK(…)` in a cell must stay a text. */
const defuse = (value: string) => (/^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value);

const csvCell = (value: string | null) =>
  value === null
    ? ''
    : value === '' || /[",\r\n]|^\s|\s$/.test(value)
      ? `"${value.replaceAll('"', '""')}"`
      : value;

/** An array of objects, one a line: numbers with all their digits, JSON as it is, times as ISO 8601. */
export function jsonWriter(): Writer {
  let columns: readonly Column[] = [];
  let names: readonly string[] = [];
  let written = 0;
  const object = (row: Row) => {
    const members = row.map((value, i) => `${names[i] ?? ''}:${jsonValue(columns[i], value)}`);
    return `${written++ === 0 ? '' : ','}\n  {${members.join(',')}}`;
  };
  return {
    begin(these) {
      columns = these;
      names = distinct(these.map(({ name }) => name)).map((name) => JSON.stringify(name));
      return '[';
    },
    rows: (rows) => rows.map(object).join(''),
    end: () => `${written === 0 ? '' : '\n'}]\n`,
  };
}

/** An object has each name once: a second `id` becomes `id_2`. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

function jsonValue(column: Column | undefined, value: string | null): string {
  if (value === null || column === undefined) return 'null';
  if (column.element !== undefined) return jsonArray(column.element, value);
  if (column.kind === 'number' && NUMBER.test(value)) return value;
  if (column.kind === 'boolean') return value;
  // Line ends in JSON lie between its tokens only.
  if (column.kind === 'json') return safe(value.replace(/[\r\n]+/g, ' '));
  if (column.kind === 'time') return JSON.stringify(isoTime(value));
  return safe(JSON.stringify(value));
}

/** JSON allows the control characters of C1, which a terminal may obey. */
const safe = (json: string) =>
  json.replace(/[\x7f-\x9f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The types of `pg` know no number of an array. */
const parserOf = pg.types.getTypeParser as (id: number, format: 'text') => (text: string) => unknown;
const TEXT_ARRAY = 1009;
const readArray = parserOf(TEXT_ARRAY, 'text') as (text: string) => Nested[];
type Nested = string | null | Nested[];

function jsonArray(kind: Column['kind'], text: string): string {
  const write = (value: Nested): string => {
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    const plain = kind === 'boolean' && value !== null ? (value === 't' ? 'true' : 'false') : value;
    return jsonValue({ name: '', kind }, plain);
  };
  return write(readArray(text));
}

/** `2026-11-23 12:00:00+00` as `2026-11-23T12:00:00+00:00`; `infinity` stays. */
const isoTime = (text: string) => text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
