import type { SetAside, WholeReject } from '../load/set-aside.js';
import { csvWriter } from '../reports/export-text.js';
import type { Retried } from '../sync/retry-rejects.js';
import { count, table } from './table.js';
import { wrapped } from './wrap.js';

/** What a record may hold that would steer a terminal or turn the order of its text; JSON has an escape for each. */
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text of a record made safe to print; line breaks stay. */
export const printable = (text: string): string =>
  text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const cell = (text: string | null) => (text === null ? null : printable(text).replaceAll('\n', '\\n'));
const shorten = (text: string | null, length: number) =>
  text !== null && text.length > length ? `${text.slice(0, length - 1)}…` : text;

const LONGEST_ID = 36;

/** The list as a table; `closed` shows what became of each. */
export function rejectTable(rejects: readonly SetAside[], closed: boolean): string {
  const rows = rejects.map((reject) => [
    String(reject.number),
    `${reject.region}/${reject.stream}`,
    shorten(cell(reject.id), LONGEST_ID),
    reasonCell(reject, rejects, closed ? LONGEST_STATE : 0),
    ...(closed ? [reject.closed_at === null ? 'open' : (reject.closed_because ?? 'closed')] : []),
  ]);
  return table(['No.', 'Of', 'Id', 'Why it is not stored', ...(closed ? ['State'] : [])], rows);
}

/** What each of the other columns takes beside its text, and the least that is left to a reason. */
const GAP = 2;
const NARROWEST = 24;
const LONGEST_STATE = 'no longer listed'.length + GAP;

/** On a terminal a reason is broken where its column ends. */
function reasonCell(reject: Named, all: readonly Named[], behind: number): string {
  const widest = (of: (one: Named) => number) => GAP + Math.max(0, ...all.map(of));
  const before =
    widest(({ number }) => Math.max(3, String(number).length)) +
    widest(({ region, stream }) => region.length + 1 + stream.length) +
    widest(({ id }) => Math.min(LONGEST_ID, cell(id)?.length ?? 2));
  const left = process.stdout.isTTY ? process.stdout.columns - before - behind : Infinity;
  return wrapped(why(reject), Math.max(NARROWEST, left)).join('\n');
}

type Named = Pick<SetAside, 'number' | 'region' | 'stream' | 'id' | 'field' | 'reason'>;

const why = ({ field, reason }: { field: string; reason: string }) =>
  cell(field === '' ? reason : `${field} ${reason}`) ?? '';

const CSV_COLUMNS = [
  'number',
  'region',
  'stream',
  'id',
  'field',
  'reason',
  'first_seen_at',
  'last_seen_at',
  'closed_at',
  'closed_because',
] as const;

/** The list as comma-separated values with a head line; ids come from outside, so that no text is a formula. */
export function rejectCsv(rejects: readonly SetAside[]): string {
  const text = (value: string | number | Date | null) =>
    value instanceof Date ? value.toISOString() : value === null ? null : String(value);
  const writer = csvWriter({ formulas: 'defused' });
  return (
    writer.begin(CSV_COLUMNS.map((name) => ({ name, kind: 'text' }))) +
    writer.rows(rejects.map((reject) => CSV_COLUMNS.map((name) => text(reject[name]))))
  );
}

/** One record with everything that is known of it, as JSON for people. */
export function rejectJson({ record, ...facts }: WholeReject): string {
  const parsed = JSON.parse(record) as unknown;
  return printable(JSON.stringify({ ...facts, record: parsed }, null, 2));
}

/** What trying again did, for people. */
export function retriedText(retried: readonly Retried[]): string {
  if (retried.length === 0) return 'Nothing is set aside; there was nothing to try.\n';
  const named = retried.flatMap(({ still: left, ...one }) => (left === null ? [] : [{ ...one, ...left }]));
  const still = named.map((one) => [
    String(one.number),
    `${one.region}/${one.stream}`,
    shorten(cell(one.id), LONGEST_ID),
    reasonCell(one, named, 0),
  ]);
  const stored = retried.length - still.length;
  return [
    ...(still.length > 0 ? [table(['No.', 'Of', 'Id', 'Why it still cannot be stored'], still), ''] : []),
    `${count(stored)} stored and closed, ${count(still.length)} still set aside.`,
    '',
  ].join('\n');
}
