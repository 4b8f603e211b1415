/** What must fit together in a profile: names that one part uses and another yields. */
import type { NameRules } from './profile.js';
import type { Draft } from './draft.js';
import { canonicalWords, classifier, DEFAULTS } from './names.js';
import { isUnconditional, reportUnreached, type Placed } from './rules.js';
import { EVERY_CATEGORY } from './sections.js';
import { report, suggestion, type Spot } from './yaml.js';
import { wordsOf } from './words.js';

/** Stands for the whole event where a day is meant. */
const WHOLE_EVENT = 'ALL';

/** Reports whatever does not fit together; lists in which mistakes were found already give no cause for more. */
export function checkDraft(draft: Draft, names: NameRules): void {
  reportSynonyms(draft);
  const canonical = canonicalWords(names.same);
  for (const list of [draft.category, draft.division, draft.day, draft.teamSize, draft.member]) {
    reportUnreached(list, canonical);
  }
  reportUnreached(draft.shops);
  for (const { value, spot } of draft.category) {
    if (value.is === EVERY_CATEGORY)
      report(spot, `${EVERY_CATEGORY} means every category; choose another name`);
  }
  for (const { value, spot } of draft.day) {
    if (value.is.toUpperCase() === WHOLE_EVENT)
      report(spot, `${value.is} means the whole event; choose another name`);
  }
  reportCategories(draft);
  reportGroups(draft);
  reportCapacities(draft, names);
}

/** A word may stand for one other, and not for a word that others stand for. */
function reportSynonyms({ same }: Draft): void {
  const words = new Set(same.map(({ value }) => wordsOf(value.word).trim()));
  const seen = new Map<string, string>();
  for (const { value, spot } of same) {
    if (wordsOf(value.word).trim() === '') report(spot, 'holds no letter and no digit');
    for (const synonym of value.synonyms) {
      const bare = wordsOf(synonym).trim();
      const other = seen.get(bare);
      if (words.has(bare))
        report({ ...spot, node: null }, `${synonym} is a word with a line of its own; leave it out here`);
      if (other !== undefined)
        report({ ...spot, node: null }, `${synonym} stands for ${other} already; keep one`);
      seen.set(bare, value.word);
    }
  }
}

/** Categories that the rules yield, or null where mistakes in them leave that open. */
function categoriesOf({ category }: Draft): string[] | null {
  if (!category.every(({ sound }) => sound)) return null;
  const open = category.some(({ value }) => isUnconditional(value));
  return unique([...category.map(({ value }) => value.is), ...(open ? [] : [DEFAULTS.category])]);
}

const unique = (list: readonly string[]) => [...new Set(list)];

/** Inherited rules and ages may speak of categories that were replaced; that does no harm. */
function reportCategories(draft: Draft): void {
  const known = categoriesOf(draft);
  if (known === null) return;
  const unknown = (category: string, spot: Spot, inherited: boolean) => {
    if (!inherited && !known.includes(category)) {
      report(
        { ...spot, node: null },
        `no rule yields the category ${category}; ${suggestion(category, known)}`,
      );
    }
  };
  for (const list of [draft.division, draft.day, draft.teamSize, draft.member]) {
    for (const { value, spot, inherited } of list) {
      for (const category of value.categories) unknown(category, spot, inherited);
    }
  }
  for (const { value, spot, inherited } of draft.ages) unknown(value.category, spot, inherited);
}

function reportGroups(draft: Draft): void {
  const { groups, headline } = draft;
  const known = categoriesOf(draft);
  for (const { value, spot } of groups) {
    for (const category of known === null ? [] : (value.categories ?? [])) {
      if (known?.includes(category) === true) continue;
      report(
        { ...spot, node: null },
        `no rule yields the category ${category}; ${suggestion(category, known ?? [])}`,
      );
    }
  }
  const names = groups.map(({ value }) => value.group);
  const [firstGroup] = groups;
  if (headline === null) {
    if (firstGroup === undefined) return;
    const mend = `add headline: ${names.at(-1) ?? ''}, or another of ${names.join(', ')}`;
    report({ ...firstGroup.spot, path: 'groups', node: null }, `none of them is the headline; ${mend}`);
  } else if (headline.sound && !names.includes(headline.value)) {
    const mend = names.length === 0 ? 'add groups' : suggestion(headline.value, names);
    report({ ...headline.spot, node: null }, `no group is called ${headline.value}; ${mend}`);
  }
}

/** A capacity for a division or a day that no rule yields would never be compared with anything. */
function reportCapacities(draft: Draft, names: NameRules): void {
  const { day, division, capacities } = draft;
  const days = unique([WHOLE_EVENT, ...day.map(({ value }) => value.is)]);
  const divisions = unique(division.map(({ value }) => value.is));
  const own = !division.some(({ value }) => isUnconditional(value));
  const classify = capacities.length === 0 ? null : classifier({ names });
  const sound = (list: readonly Placed<unknown>[]) => list.every((rule) => rule.sound);
  for (const { value, spot } of capacities) {
    if (sound(day) && !days.includes(value.day)) {
      report({ ...spot, node: null }, `no rule yields the day ${value.day}; ${suggestion(value.day, days)}`);
    }
    const itself = own && classify?.(value.division).division === value.division;
    if (sound(division) && !divisions.includes(value.division) && !itself) {
      report(
        { ...spot, node: null },
        `no rule yields the division ${value.division}; ${suggestion(value.division, divisions)}`,
      );
    }
  }
}
