/** Lists of rules as a profile writes them. */
import type { Match, NameRule } from './profile.js';
import { isList, isMapping, items, mapping, phrase, report, text, whole, type Spot } from './yaml.js';
import { wordsOf } from './words.js';

/** Something of a file with its place; not `sound` where a mistake in it was reported already. */
export interface Placed<T> {
  readonly value: T;
  readonly spot: Spot;
  readonly sound: boolean;
  /** It stands in the profile that this one extends; `spot` is where it was taken over. */
  readonly inherited: boolean;
}

/** Stands in a list for the rules of the profile that it extends. */
export const INHERITED = 'inherited';
export type Rules<T> = readonly (Placed<NameRule<T>> | { readonly takeOver: Spot })[];

/** How the rules of one list are written. */
export interface RuleKind<T> {
  /** Reads what a match means; null where that goes without saying. */
  readonly is: ((spot: Spot) => T | null) | null;
  /** What a match means where that is not read. */
  readonly otherwise: T;
  /** Whether the rules may ask for a category. */
  readonly byCategory: boolean;
}

export const CATEGORY: RuleKind<string> = { is: text, otherwise: '', byCategory: false };
export const NAMED: RuleKind<string> = { is: text, otherwise: '', byCategory: true };
export const TEAM_SIZE: RuleKind<number> = {
  is: (spot) => whole(spot, 1, 100),
  otherwise: 1,
  byCategory: true,
};
export const MEMBER: RuleKind<'member'> = { is: null, otherwise: 'member', byCategory: true };

/** The keys of a rule's conditions. */
export const CONDITIONS: readonly string[] = ['any', 'all', 'none', 'several'];

/** Reads a list of rules; mistakes are reported, and a rule with one is kept as not sound. */
export function rules<T>(spot: Spot, kind: RuleKind<T>): Rules<T> {
  return items(spot).flatMap((item): Rules<T> => {
    const word = isMapping(item) || isList(item) ? null : text(item);
    return word === INHERITED ? [{ takeOver: item }] : [placed(item, () => ruleOf(item, kind))];
  });
}

/** Reads something and remembers whether a mistake was found in it. */
export function placed<T>(spot: Spot, read: () => T): Placed<T> {
  const before = spot.file.problems.length;
  const value = read();
  return { value, spot, sound: spot.file.problems.length === before, inherited: false };
}

function ruleOf<T>(spot: Spot, { is, otherwise, byCategory }: RuleKind<T>): NameRule<T> {
  const keys = [...(is === null ? [] : ['is']), ...CONDITIONS, ...(byCategory ? ['category'] : [])];
  const entries = mapping(spot, keys, EXAMPLE);
  const match = { categories: list(entries.get('category'), text), ...matchOf(entries) };
  const given = entries.get('is');
  if (is === null) return { is: otherwise, ...match };
  if (given === undefined && isMapping(spot)) report(spot, 'a rule without is; say what a match means');
  return { is: (given === undefined ? null : is(given)) ?? otherwise, ...match };
}

const EXAMPLE = `a rule such as { is: single, any: [men, women] }, or the word ${INHERITED}`;

/** The conditions among the entries of a rule. */
export function matchOf(entries: ReadonlyMap<string, Spot>): Match {
  const several = entries.get('several');
  const match = {
    any: list(entries.get('any'), phrase),
    all: list(entries.get('all'), phrase),
    none: list(entries.get('none'), phrase),
    several: list(several, phrase),
  };
  if (several !== undefined && match.several.length < 2) {
    report({ ...several, node: null }, 'expected two or more; a single one belongs under all');
  }
  return match;
}

/** One or more values; none where the key is absent. */
export function list<T>(spot: Spot | undefined, read: (item: Spot) => T | null): T[] {
  return spot === undefined ? [] : items(spot, true).flatMap((item) => read(item) ?? []);
}

/** Reports rules that are never reached, because one before them has no condition or the same ones, or that forbid what they ask for. */
export function reportUnreached(
  rulesInOrder: readonly Placed<Conditions>[],
  prepare: (phrase: string) => string = wordsOf,
): void {
  const seen = new Map<string, Spot>();
  let open: Spot | null = null;
  for (const { value, spot, sound, inherited } of rulesInOrder) {
    const conditions = conditionsOf(value);
    const twin: Spot | undefined = open ?? (inherited ? undefined : seen.get(conditions));
    if (sound && twin !== undefined && twin !== spot) {
      const why = open === null ? 'asks the same' : 'matches every name';
      report(
        { ...spot, node: null },
        `never reached, since ${twin.path} ${why}; put it before that or leave it out`,
      );
      // One word stands for all inherited rules.
      if (inherited) return;
    }
    if (!sound) continue;
    const forbidden = inherited ? null : forbiddenBy(value, prepare);
    if (forbidden !== null)
      report(
        { ...spot, node: null },
        `never matches, since none holds ${forbidden}, which it asks for; leave one out`,
      );
    seen.set(conditions, spot);
    if (conditions === UNCONDITIONAL) open ??= spot;
  }
}

/** What `none` forbids although the rule cannot match without it; null where it can. */
function forbiddenBy({ any, all, none, several }: Match, prepare: (phrase: string) => string): string | null {
  const barrier = (phrase: string) => none.find((one) => prepare(phrase).includes(prepare(one)));
  const needed = [
    ...all.map((phrase) => ({ of: [phrase], least: 1 })),
    { of: any, least: 1 },
    { of: several, least: 2 },
  ];
  const hopeless = needed.find(
    ({ of, least }) => of.length > 0 && of.filter((phrase) => barrier(phrase) === undefined).length < least,
  );
  return hopeless?.of.map(barrier).find((one) => one !== undefined) ?? null;
}

type Conditions = Match & { readonly categories?: readonly string[] };

const conditionsOf = ({ any, all, none, several, categories = [] }: Conditions) =>
  JSON.stringify([any, all, none, several, categories]);

const UNCONDITIONAL = JSON.stringify([[], [], [], [], []]);

/** Whether a rule matches every name. */
export const isUnconditional = (rule: Conditions): boolean => conditionsOf(rule) === UNCONDITIONAL;
