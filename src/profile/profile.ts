/** A profile: what a ticket's name means, which columns its extra fields fill, and how tickets are grouped; read from YAML (docs/profiles.md). */
import { UsageError } from '../errors.js';
import { freeze } from '../freeze.js';
import { profileNameProblem } from './files.js';
import { readProfile } from './read.js';
import { emptyRule } from './reserved.js';

export { profileNameProblem } from './files.js';
export { columnReader } from './columns.js';
export { classifier, shopCategory } from './names.js';
export { columnNameProblem, RESERVED, STANDARD_COLUMNS } from './reserved.js';

/** Everything that a region's tickets mean: plain, frozen data. */
export interface Profile {
  readonly name: string;
  /** Path of the user's file; null for a shipped profile. */
  readonly file: string | null;
  readonly names: NameRules;
  /** From the name of an under shop to its category. */
  readonly shops: readonly NameRule<string>[];
  readonly columns: Readonly<Record<string, ColumnRule>>;
  readonly ages: readonly AgeRange[];
  readonly groups: readonly Group[];
  readonly capacities: readonly Capacity[];
}

/** Rules from a ticket's name; the first of a list that matches counts. */
export interface NameRules {
  /** Words that count as another one in every rule and name. */
  readonly same: readonly Synonyms[];
  readonly category: readonly NameRule<string>[];
  readonly division: readonly NameRule<string>[];
  readonly day: readonly NameRule<string>[];
  readonly teamSize: readonly NameRule<number>[];
  readonly member: readonly NameRule<'member'>[];
}

/** Words that count as another one. */
export interface Synonyms {
  readonly word: string;
  readonly synonyms: readonly string[];
}

/** Words or phrases that a text must hold; an empty list asks for nothing. */
export interface Match {
  readonly any: readonly string[];
  readonly all: readonly string[];
  readonly none: readonly string[];
  /** At least two different ones. */
  readonly several: readonly string[];
}

/** What a name is that holds these words. */
export interface NameRule<T> extends Match {
  readonly is: T;
  /** Only for tickets of these categories; empty for all. */
  readonly categories: readonly string[];
}

/** What a ticket's name says. */
export interface Classification {
  readonly category: string;
  readonly division: string;
  /** Null when the name names none. */
  readonly day: string | null;
  /** People of a team, 1 for who starts alone. */
  readonly teamSize: number;
  readonly teamRole: 'main' | 'member';
}

/** Full years, both ends included; null for no upper end. */
export interface AgeRange {
  readonly category: string;
  readonly label: string;
  readonly from: number;
  readonly to: number | null;
}

/** A line of the sales figures. */
export interface Group {
  readonly ticket_group: string;
  /** Null for every category. */
  readonly categories: readonly string[] | null;
  readonly is_headline: boolean;
}

/** Places of a division on a day. */
export interface Capacity {
  readonly division: string;
  /** `ALL` for the whole event. */
  readonly day: string;
  readonly capacity: number;
}

/** How a column of the tickets is read from their extra fields. */
export interface ColumnRule {
  /** PostgreSQL type. */
  readonly type: 'text' | 'date' | 'boolean' | 'numeric';
  readonly reader: 'text' | 'first-word' | 'yes-no' | 'date' | 'number';
  /** Slugs of the extra fields; the first that gives a value counts. */
  readonly fields: readonly string[];
  /** Extra fields whose text decides which of the cases holds; empty where `fields` counts. */
  readonly by: readonly string[];
  readonly cases: readonly ColumnCase[];
  /** What stands for which words. */
  readonly values: readonly { readonly is: string; readonly words: readonly string[] }[];
  /** Words that count as no value. */
  readonly drop: readonly string[];
  /** Letters and digits that a value has at least. */
  readonly shortest: number;
  /** Only letters, digits and blanks are kept. */
  readonly plain: boolean;
}

/** Extra fields that fill a column where the words of another one say so. */
export interface ColumnCase extends Match {
  readonly fields: readonly string[];
}

/**
 * Reads `generic`, `hyrox` or a YAML file, whose path is taken from `directory` (the current folder).
 * Throws a UsageError with every mistake as `file:line: path value: what is wrong; mend`.
 */
export function loadProfile(nameOrPath: string, directory = ''): Profile {
  const wrong = profileNameProblem(nameOrPath);
  if (wrong !== null) throw new UsageError([`profile ${JSON.stringify(nameOrPath)}: ${wrong}`]);
  const problems: string[] = [];
  const profile = readProfile(nameOrPath, directory, problems);
  if (profile === null || problems.length > 0) throw new UsageError(problems);
  return freeze(profile);
}

/** The profile with the extra field of these columns replaced, or a text column added where it has none of that name. */
export function withFields(profile: Profile, fields: Readonly<Record<string, string>>): Profile {
  const columns = { ...profile.columns };
  for (const [column, slug] of Object.entries(fields)) {
    const rule = Object.hasOwn(columns, column) ? columns[column] : undefined;
    columns[column] = { ...(rule ?? emptyRule(column)), fields: [slug], by: [], cases: [] };
  }
  return freeze({ ...profile, columns });
}
