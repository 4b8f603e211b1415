/** A log line for people: one line a record, so that nothing in a value can look like another record. */
import { styleText } from 'node:util';

const SHOWN_APART = ['level', 'time', 'msg', 'pid', 'logger', 'err'];
const COLOURS = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** `12:00:00 WARN  message  region=auckland rows=7`, and the places of an error below it, indented; no line feed at its end. Throws for a text that is no record. */
export function prettyLine(line: string, colours: boolean): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const level = String(record['level']);
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const name = level in COLOURS ? COLOURS[level as keyof typeof COLOURS] : 'white';
  const head = [
    paint('gray', clock(record['time'])),
    paint(name, level.toUpperCase().padEnd(5)),
    ...('msg' in record ? [oneLine(record['msg'])] : []),
  ];
  const facts = Object.entries(record)
    .filter(([key]) => !SHOWN_APART.includes(key))
    .map(([key, value]) => `${paint('gray', `${oneLine(key)}=`)}${fact(value)}`);
  return [[...head, ...facts].join(' '), ...errorLines(record['err'])].join('\n');
}

/** Of the record's time the clock in the zone of this machine. */
function clock(time: unknown): string {
  const date = new Date(String(time));
  const digits = (value: number) => String(value).padStart(2, '0');
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(digits).join(':');
}

/** Line feeds and tabs are the last characters that could begin a line of their own: the log leaves no other control character. */
const oneLine = (value: unknown) => String(value).replaceAll('\n', '\\n').replaceAll('\t', '\\t');

function fact(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function errorLines(error: unknown): string[] {
  if (error === undefined) return [];
  if (typeof error !== 'object' || error === null) return [`    ${fact(error)}`];
  const { stack, type, message, ...facts } = error as Record<string, unknown>;
  const text = typeof stack === 'string' ? stack : `${String(type)}: ${String(message)}`;
  const more = Object.entries(facts).map(([key, value]) => `${oneLine(key)}: ${fact(value)}`);
  return [...text.split('\n'), ...more].map((line) => `    ${oneLine(line.trim())}`);
}
