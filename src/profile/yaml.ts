/** A YAML file as values that know their place, so that every mistake is told with its line. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  visit,
  type Alias,
  type Document,
  type Node,
} from 'yaml';
import { distance, nearest } from '../nearest.js';
import { wordsOf } from './words.js';

/** A value of the file: `path` is how a user would name it, such as `division[3].is`. */
export interface Spot {
  readonly file: YamlFile;
  readonly node: Node | null;
  readonly path: string;
  readonly line: number;
}

interface YamlFile {
  readonly label: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: string[];
}

/** More would be a file that grows without bound when it is read. */
const MOST_ALIASES = 100;
/** A profile needs six; what calls itself for each level would run out of stack. */
const DEEPEST = 50;
const LONGEST_TEXT = 200;
/** What follows a slip of the pen is mostly an echo of it. */
const MOST_SLIPS = 5;

/** The whole file as a value, or null where it is no YAML; problems are added to the list. */
export function parseYaml(text: string, label: string, problems: string[]): Spot | null {
  const lines = new LineCounter();
  const tell = (offset: number, what: string) => {
    problems.push(`${label}:${lines.linePos(offset).line}: ${what}`);
  };
  if (isDeep(text)) {
    problems.push(`${label}: nested too deeply to be a profile`);
    return null;
  }
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, schema: 'core' } as const;
  const document = parseDocument(text, { ...options, logLevel: 'error' });
  const slips = [...document.errors, ...document.warnings];
  for (const { message, pos } of slips.slice(0, MOST_SLIPS)) tell(pos[0], message.split('\n')[0] ?? '');
  if (slips.length > 0 || !aliasesHold(document, tell)) return null;
  return { file: { label, document, lines, problems }, node: document.contents, path: '', line: 1 };
}

function isDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    if (parser.stack.length > DEEPEST) return true;
  }
  return false;
}

/** Whether every alias stands for something, and there are not too many of them. */
function aliasesHold(document: Document, tell: (offset: number, what: string) => void): boolean {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_, alias) => void aliases.push(alias) });
  const offset = (alias: Alias | undefined) => alias?.range?.[0] ?? 0;
  if (aliases.length > MOST_ALIASES) {
    tell(offset(aliases[MOST_ALIASES]), `more than ${MOST_ALIASES} aliases; write the values out`);
    return false;
  }
  const lost = aliases.filter((alias) => alias.resolve(document) === undefined);
  for (const alias of lost) {
    tell(offset(alias), `*${alias.source}: stands for nothing; put &${alias.source} before a value above it`);
  }
  return lost.length === 0;
}

/** Notes what is wrong with a value, and how to mend it. */
export function report(spot: Spot, what: string): void {
  const { file, line, path } = spot;
  const value = valueOf(spot);
  const shown = isScalar(value) ? ` ${JSON.stringify(value.value).slice(0, 80)}` : '';
  file.problems.push(`${file.label}:${line}: ${path === '' ? '(the file)' : path}${shown}: ${what}`);
}

/** The node itself, or what its alias stands for. */
const valueOf = ({ file, node }: Spot): Node | null =>
  isAlias(node) ? (node.resolve(file.document) ?? null) : node;

const lineOf = (file: YamlFile, node: unknown, otherwise: number) => {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
  return Array.isArray(range) && typeof range[0] === 'number' ? file.lines.linePos(range[0]).line : otherwise;
};

/** The values of a mapping by key; keys that are none of the known ones are problems. */
export function mapping(
  spot: Spot,
  known: readonly string[] | null,
  expected = `a mapping${known === null ? '' : ` of ${known.join(', ')}`}`,
): Map<string, Spot> {
  const node = valueOf(spot);
  const entries = new Map<string, Spot>();
  if (!isMap(node)) {
    report(spot, `expected ${expected}`);
    return entries;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? oneLine(key) : null;
    const entry = {
      file: spot.file,
      node: value as Node | null,
      path: spot.path === '' ? (name ?? '?') : `${spot.path}.${name ?? '?'}`,
      line: lineOf(spot.file, key, spot.line),
    };
    const wrong = name === null ? 'expected a key of plain text' : textProblem(name);
    if (name === null || wrong !== null) report({ ...entry, node: null }, `${wrong}`);
    else if (entries.has(name)) report({ ...entry, node: null }, 'is there twice; keep one');
    else if (known === null || known.includes(name)) entries.set(name, entry);
    else report({ ...entry, node: null }, `not a key here; ${suggestion(name, known)}`);
  }
  return entries;
}

/** `did you mean …?` where a right name is near, else all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const right =
    known.find((one) => one.toLowerCase() === lower) ?? nearest(name, known) ?? nearest(lower, known);
  // Of a name of two letters everything is two letters away.
  const far = right !== null && right.length < 4 && distance(lower, right.toLowerCase()) >= right.length;
  return right === null || far ? `expected ${known.join(', ')}` : `did you mean ${right}?`;
}

/** The items of a list, of which there must be one; `single` takes a value that is no list as the only item. */
export function items(spot: Spot, single = false): Spot[] {
  const node = valueOf(spot);
  if (single && node !== null && !isSeq(node)) return [spot];
  if (!isSeq(node) || node.items.length === 0) {
    report(spot, isSeq(node) ? 'an empty list; fill it or leave it out' : 'expected a list');
    return [];
  }
  return node.items.map((item, i) => ({
    file: spot.file,
    node: item as Node | null,
    path: `${spot.path}[${i}]`,
    line: lineOf(spot.file, item, spot.line),
  }));
}

/** Whether a value is a mapping rather than a list or a single value. */
export const isMapping = (spot: Spot): boolean => isMap(valueOf(spot));
export const isList = (spot: Spot): boolean => isSeq(valueOf(spot));

/** Plain text of one line, numbers as they are written; anything else is a problem and null. */
export function text(spot: Spot): string | null {
  const node = valueOf(spot);
  const value = isScalar(node) ? oneLine(node) : null;
  const wrong = value === null ? 'expected text; put quotes around null, ~ and the like' : textProblem(value);
  if (wrong === null) return value;
  report(spot, wrong);
  return null;
}

function textProblem(value: string): string | null {
  if (value === '') return 'empty; fill it or leave it out';
  if (value.length > LONGEST_TEXT) return `longer than ${LONGEST_TEXT} characters`;
  return /\p{Cc}/u.test(value) || !value.isWellFormed() ? 'holds a character that cannot be stored' : null;
}

/** Text of at least one letter or digit, which is what names are compared by. */
export function phrase(spot: Spot): string | null {
  const value = text(spot);
  if (value === null || wordsOf(value).trim() !== '') return value;
  report(spot, 'holds no letter and no digit, so that it matches nothing');
  return null;
}

/** A whole number between two bounds, both included; anything else is a problem and null. */
export function whole(spot: Spot, min: number, max: number): number | null {
  const node = valueOf(spot);
  const value = isScalar(node) ? node.value : null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  report(spot, `expected a whole number from ${min} to ${max}`);
  return null;
}

export function flag(spot: Spot): boolean | null {
  const node = valueOf(spot);
  if (isScalar(node) && typeof node.value === 'boolean') return node.value;
  report(spot, 'expected true or false');
  return null;
}

/** `45` and `true` mean their text where text is meant; null and an empty value mean nothing. */
function oneLine({ value, source }: { value: unknown; source?: string }): string | null {
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'boolean'
        ? (source ?? String(value))
        : null;
  return text?.normalize('NFC').replace(/\s+/gu, ' ').trim() ?? null;
}
