/** Turns anything into plain data that a log may hold: no secrets, no rows, no cycles, nothing endless, nothing that acts on a terminal. */
import { types } from 'node:util';
import { HIDDEN, isSecretName, redactText } from './redact.js';

/** What a record may take up, however large the value is. */
const MAX_DEPTH = 10;
const MAX_PARTS = 2000;
const MAX_CHARACTERS = 32_000;
/** Characters of one text; one longer than `MAX_READ` is not even looked through to its end. */
const MAX_TEXT = 8000;
const NOTE = 40;
const MAX_READ = 1_000_000;
const MAX_NAME = 200;
const MAX_FRAMES = 30;

/** Of an error: PostgreSQL and HTTP clients quote rows and bodies there. */
const QUOTES_DATA = new Set([
  'detail',
  'where',
  'internalQuery',
  'query',
  'parameters',
  'values',
  'body',
  'data',
]);

/** What was taken so far of one record. */
interface Walk {
  parts: number;
  characters: number;
  /** The objects that hold the one being looked at. */
  readonly above: Set<object>;
}

/** A copy in which every value under a secret's name is hidden, at any depth, every text cleaned and everything too large cut. Never throws. */
export function redact(value: unknown): unknown {
  return walk(value, { parts: 0, characters: 0, above: new Set() });
}

/** The text as a log shows it: redacted, cut, and with every character that would act on a terminal written out. */
export function logText(text: string): string {
  return cut(visible(redactText(shortened(text))));
}

function walk(value: unknown, state: Walk): unknown {
  if (value === null || typeof value === 'boolean' || value === undefined) return value;
  if (++state.parts > MAX_PARTS || state.characters > MAX_CHARACTERS) return '[cut]';
  if (typeof value === 'string') return counted(logText(value), state);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (state.above.has(value)) return '[circular]';
  if (state.above.size >= MAX_DEPTH) return '[deep]';
  state.above.add(value);
  try {
    return walkObject(value, state);
  } catch {
    return '[unreadable]';
  } finally {
    state.above.delete(value);
  }
}

function walkObject(value: object, state: Walk): unknown {
  if (Array.isArray(value)) return walkList(value, state);
  if (value instanceof Error || types.isNativeError(value)) return walkError(value, state);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
  if (value instanceof URL || value instanceof RegExp) return counted(logText(String(value)), state);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return walkEntries([...value.entries()], state);
  if (value instanceof Set) return walkList([...value], state);
  if (value instanceof Headers || value instanceof URLSearchParams)
    return walkEntries([...value.entries()], state);
  if (hasJson(value)) return walk(value.toJSON(), state);
  return walkEntries(readable(value), state);
}

const hasJson = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

/** Lists of headers name the secret one item before it: `['Authorization', 'Bearer …']`. */
function walkList(list: readonly unknown[], state: Walk): unknown[] {
  const clean: unknown[] = [];
  for (let at = 0; at < list.length; at++) {
    if (state.parts > MAX_PARTS || state.characters > MAX_CHARACTERS) {
      clean.push(`[${list.length - at} more]`);
      break;
    }
    clean.push(isNamedSecret(list[at - 1], list[at]) ? HIDDEN : walk(list[at], state));
  }
  return clean;
}

function walkEntries(entries: readonly (readonly [unknown, unknown])[], state: Walk): object {
  // A list of headers as objects: { name: 'Cookie', value: '…' }.
  const named = entries.some(
    ([key, part]) => (key === 'name' || key === 'key') && typeof part === 'string' && isSecretName(part),
  );
  const clean: [string, unknown][] = [];
  for (const [key, part] of entries) {
    if (state.parts > MAX_PARTS || state.characters > MAX_CHARACTERS) {
      clean.push(['cut', `${entries.length - clean.length} more`]);
      break;
    }
    const hides = isNamedSecret(String(key), part) || (named && key === 'value');
    clean.push([counted(nameText(String(key)), state), hides ? HIDDEN : walk(part, state)]);
  }
  return Object.fromEntries(clean);
}

/** Whether a setting (`storeBarcodes: true`) or an absent value, which tell nothing, or a secret stands under the name. */
const isNamedSecret = (name: unknown, value: unknown) =>
  typeof name === 'string' && value != null && typeof value !== 'boolean' && isSecretName(name);

/** The properties of an object, of which any may refuse to be read. */
function readable(value: object): [string, unknown][] {
  return Object.keys(value).map((key) => {
    try {
      return [key, (value as Record<string, unknown>)[key]];
    } catch {
      return [key, '[unreadable]'];
    }
  });
}

function walkError(error: Error, state: Walk): object {
  const type = logText(error.name || error.constructor.name);
  const message = counted(logText(messageOf(error)), state);
  const known = ['name', 'message', 'stack', 'cause', 'errors'];
  const facts = readable(error)
    .filter(([key]) => !known.includes(key))
    .map(([key, part]) => [key, QUOTES_DATA.has(key) && part != null ? HIDDEN : part] as const);
  const inner = {
    ...('cause' in error && { cause: error.cause }),
    ...('errors' in error && { errors: error.errors }),
  };
  return {
    ...walkEntries(facts, state),
    type,
    message,
    stack: counted([`${type}: ${message}`, ...frames(error)].join('\n'), state),
    ...walkEntries(Object.entries(inner), state),
  };
}

/** PostgreSQL quotes the value that it cannot take (class 22, data exception) at the end of its message. */
function messageOf(error: Error): string {
  const { message } = error;
  const isDataException = 'code' in error && typeof error.code === 'string' && error.code.startsWith('22');
  return isDataException ? message.replace(/".*"/s, `"${HIDDEN}"`) : message;
}

/** The lines of a stack that name places; the first ones repeat the message, which is redacted apart. */
function frames({ stack }: Error): string[] {
  const lines = String(stack).split('\n');
  const first = lines.findLastIndex((line) => !/^\s+at /.test(line)) + 1;
  return lines.slice(first, first + MAX_FRAMES).map(logText);
}

function counted(text: string, state: Walk): string {
  state.characters += text.length;
  return text;
}

const nameText = (name: string) => {
  const clean = logText(name);
  return clean.length > MAX_NAME ? `${clean.slice(0, MAX_NAME)}…` : clean;
};

/** Before it is searched: cut between words, so that no part of a secret is left that nothing recognises. */
function shortened(text: string): string {
  if (text.length <= MAX_READ) return text;
  const begun = text.slice(0, MAX_READ);
  const blank = Math.max(begun.lastIndexOf(' '), begun.lastIndexOf('\n'));
  return `${begun.slice(0, blank + 1)}[${text.length - blank - 1} more characters]`;
}

function cut(text: string): string {
  // A text that was cut before is left as it is.
  if (text.length <= MAX_TEXT + NOTE) return text;
  return `${text.slice(0, MAX_TEXT).toWellFormed()}… [${text.length - MAX_TEXT} more characters]`;
}

// Control characters but tab and line feed, which JSON escapes; those that turn the writing direction or end a line elsewhere.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const ACTS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function visible(text: string): string {
  return text.replace(ACTS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
