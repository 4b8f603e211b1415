/** Columns as a profile writes them. */
import type { ColumnCase, ColumnRule } from './profile.js';
import { columnNameProblem, emptyRule, STANDARD_COLUMNS, TYPE_OF } from './reserved.js';
import { CONDITIONS, list, matchOf, placed, reportUnreached, type Placed } from './rules.js';
import {
  flag,
  isMapping,
  items,
  mapping,
  phrase,
  report,
  suggestion,
  text,
  whole,
  type Spot,
} from './yaml.js';
import { wordsOf } from './words.js';

/** A column with its name. */
export interface NamedColumn {
  readonly name: string;
  readonly rule: ColumnRule;
}

const READERS = Object.keys(TYPE_OF);
const KEYS = ['field', 'read', 'by', 'cases', 'values', 'drop', 'shortest', 'plain'];
/** Keys that mean something for text alone. */
const TEXT_KEYS = ['drop', 'shortest', 'plain'];

/** Reads the section `columns`; mistakes are reported. */
export function columns(spot: Spot): Placed<NamedColumn>[] {
  return [...mapping(spot, null)].map(([name, entry]) =>
    placed(entry, () => {
      const wrong = columnNameProblem(name);
      if (wrong !== null) report({ ...entry, node: null }, wrong);
      return { name, rule: columnOf(name, entry) };
    }),
  );
}

function columnOf(name: string, spot: Spot): ColumnRule {
  const empty = emptyRule(name);
  if (!isMapping(spot)) return { ...empty, fields: list(spot, text) };
  const entries = mapping(spot, KEYS);
  const reader = readerOf(name, entries.get('read')) ?? empty.reader;
  const isText = TYPE_OF[reader] === 'text';
  for (const key of isText ? [] : [...TEXT_KEYS, ...(reader === 'yes-no' ? [] : ['values'])]) {
    const given = entries.get(key);
    if (given !== undefined) report({ ...given, node: null }, `only for text; ${reader} does without`);
  }
  const [shortest, plain] = [entries.get('shortest'), entries.get('plain')];
  return {
    type: TYPE_OF[reader],
    reader,
    ...sourcesOf(spot, entries),
    values: valuesOf(entries.get('values'), reader),
    drop: list(entries.get('drop'), phrase),
    shortest: (shortest && whole(shortest, 1, 100)) ?? 0,
    plain: (plain && flag(plain)) ?? false,
  };
}

function readerOf(name: string, spot: Spot | undefined): ColumnRule['reader'] | null {
  const given = spot === undefined ? null : text(spot);
  if (spot === undefined || given === null) return null;
  const reader = READERS.find((known): known is ColumnRule['reader'] => known === given);
  const standard = Object.hasOwn(STANDARD_COLUMNS, name) ? STANDARD_COLUMNS[name] : undefined;
  if (reader === undefined) report(spot, `not a reader; ${suggestion(given, READERS)}`);
  else if (standard?.includes(reader) === false)
    report(spot, `${name} is read by ${standard.join(' or ')}; leave read out or choose another name`);
  return reader ?? null;
}

/** Either `field`, or `by` with `cases`. */
function sourcesOf(
  spot: Spot,
  entries: ReadonlyMap<string, Spot>,
): Pick<ColumnRule, 'fields' | 'by' | 'cases'> {
  const [field, by, cases] = ['field', 'by', 'cases'].map((key) => entries.get(key));
  const whole =
    field !== undefined ? by === undefined && cases === undefined : by !== undefined && cases !== undefined;
  if (!whole)
    report(
      { ...spot, node: null },
      'expected either field, or by and cases: where does the value come from?',
    );
  return {
    fields: list(field, text),
    by: list(by, text),
    cases: cases === undefined ? [] : casesOf(cases),
  };
}

function casesOf(spot: Spot): ColumnCase[] {
  const read = items(spot).map((item) =>
    placed(item, () => {
      const entries = mapping(item, ['field', ...CONDITIONS]);
      if (!entries.has('field'))
        report({ ...item, node: null }, 'a case without field; say which field it reads');
      return { fields: list(entries.get('field'), text), ...matchOf(entries) };
    }),
  );
  reportUnreached(read);
  return read.map(({ value }) => value);
}

function valuesOf(spot: Spot | undefined, reader: ColumnRule['reader']): ColumnRule['values'] {
  if (spot === undefined) return [];
  const seen = new Map<string, string>();
  return [...mapping(spot, reader === 'yes-no' ? ['yes', 'no'] : null)].map(([is, entry]) => ({
    is,
    words: list(entry, (item) => {
      const word = phrase(item);
      const bare = wordsOf(word ?? '').trim();
      const other = seen.get(bare);
      if (word !== null && other !== undefined) report(item, `stands for ${other} already; keep one`);
      seen.set(bare, is);
      return word;
    }),
  }));
}
