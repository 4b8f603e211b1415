/** From the name of a ticket or an under shop to what it means. */
import type { Classification, NameRule, Profile, Synonyms } from './profile.js';
import { matcher, tidy, wordsOf } from './words.js';

/** What counts where no rule of a list matches; the division is then the ticket's own name. */
export const DEFAULTS = { category: 'ticket', teamSize: 1, unnamed: '(no name)' } as const;

/** An event sells a few dozen kinds; the names of one that gives every ticket its own must not pile up. */
const REMEMBERED = 10_000;

/** Says what a ticket's name means; null and names of no words fall to the rules without conditions. Remembers the names that it has seen. */
export function classifier(profile: Pick<Profile, 'names'>): (name: string | null) => Classification {
  const { names } = profile;
  const canonical = canonicalWords(names.same);
  const category = chooser(names.category, canonical);
  const division = chooser(names.division, canonical);
  const day = chooser(names.day, canonical);
  const teamSize = chooser(names.teamSize, canonical);
  const member = chooser(names.member, canonical);
  return remembering((name) => {
    const words = canonical(name ?? '');
    const is = category(words, '') ?? DEFAULTS.category;
    return Object.freeze({
      category: is,
      division: division(words, is) ?? (tidy(name ?? '') || DEFAULTS.unnamed),
      day: day(words, is),
      teamSize: teamSize(words, is) ?? DEFAULTS.teamSize,
      teamRole: member(words, is) ?? 'main',
    });
  });
}

/** Says the category of an under shop by its name, null for none. */
export function shopCategory(profile: Pick<Profile, 'shops'>): (name: string | null) => string | null {
  const choose = chooser(profile.shops, wordsOf);
  return remembering((name) => choose(wordsOf(name ?? ''), ''));
}

/** Words of a text with every synonym replaced by the word that it stands for. */
export function canonicalWords(same: readonly Synonyms[]): (text: string) => string {
  const words = new Map(
    same.flatMap(({ word, synonyms }) =>
      synonyms.map((synonym): [string, string] => [wordsOf(synonym).trim(), wordsOf(word).trim()]),
    ),
  );
  if (words.size === 0) return wordsOf;
  const longestFirst = [...words.keys()].sort((a, b) => b.length - a.length);
  const synonyms = new RegExp(` (${longestFirst.join('|')})(?= )`, 'gu');
  return (text) => wordsOf(text).replace(synonyms, (found, word: string) => ` ${words.get(word) ?? found}`);
}

type Choose<T> = (words: string, category: string) => T | null;

function chooser<T>(rules: readonly NameRule<T>[], prepare: (phrase: string) => string): Choose<T> {
  const tests = rules.map((rule) => {
    const matches = matcher(rule, prepare);
    const { categories, is } = rule;
    const holds = (words: string, category: string) =>
      (categories.length === 0 || categories.includes(category)) && matches(words);
    return { holds, is };
  });
  return (words, category) => tests.find(({ holds }) => holds(words, category))?.is ?? null;
}

function remembering<T>(say: (name: string | null) => T): (name: string | null) => T {
  const said = new Map<string | null, T>();
  return (name) => {
    const known = said.get(name);
    if (known !== undefined) return known;
    if (said.size >= REMEMBERED) said.clear();
    const answer = say(name);
    said.set(name, answer);
    return answer;
  };
}
