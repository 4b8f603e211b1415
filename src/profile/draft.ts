/** A profile as its file writes it, joined with the one that it extends. */
import type { Capacity, NameRule, Synonyms } from './profile.js';
import { columns, type NamedColumn } from './column-rules.js';
import * as rule from './rules.js';
import { ages, capacities, groups, same, type CategoryAges, type NamedGroup } from './sections.js';
import { report, text, type Spot } from './yaml.js';

type Placed<T> = rule.Placed<T>;
type PlacedRules<T> = readonly Placed<NameRule<T>>[];

/** A profile before it is checked as a whole. */
export interface Draft {
  readonly same: readonly Placed<Synonyms>[];
  readonly category: PlacedRules<string>;
  readonly division: PlacedRules<string>;
  readonly day: PlacedRules<string>;
  readonly teamSize: PlacedRules<number>;
  readonly member: PlacedRules<'member'>;
  readonly shops: PlacedRules<string>;
  readonly columns: readonly Placed<NamedColumn>[];
  readonly ages: readonly Placed<CategoryAges>[];
  readonly groups: readonly Placed<NamedGroup>[];
  readonly headline: Placed<string> | null;
  readonly capacities: readonly Placed<Capacity>[];
}

/** A profile that says nothing. */
export const EMPTY: Draft = {
  ...{ same: [], category: [], division: [], day: [], teamSize: [], member: [], shops: [] },
  ...{ columns: [], ages: [], groups: [], headline: null, capacities: [] },
};

/** The sections of a file by their keys. */
export type Sections = ReadonlyMap<string, Spot>;

export const SECTIONS: readonly string[] = [
  ...['extends', 'same', 'category', 'division', 'day', 'team_size', 'member'],
  ...['shops', 'columns', 'ages', 'groups', 'headline', 'capacities'],
];

/** Reads the sections of a file; what it leaves out is the base's. Mistakes are reported. */
export function draftOf(sections: Sections, base: Draft | null): Draft {
  const rules = <T>(key: string, kind: rule.RuleKind<T>, inherited: PlacedRules<T> | undefined) =>
    ruleList(sections.get(key), kind, inherited);
  const entries = <T>(key: string, read: (spot: Spot) => Placed<T>[]) => {
    const spot = sections.get(key);
    return spot === undefined ? [] : read(spot);
  };
  const headline = sections.get('headline');
  const ownGroups = entries('groups', groups);
  return {
    same: joined(base?.same, entries('same', same), ({ word }) => word),
    category: rules('category', rule.CATEGORY, base?.category),
    division: rules('division', rule.NAMED, base?.division),
    day: rules('day', rule.NAMED, base?.day),
    teamSize: rules('team_size', rule.TEAM_SIZE, base?.teamSize),
    member: rules('member', rule.MEMBER, base?.member),
    shops: rules('shops', rule.CATEGORY, base?.shops),
    columns: joined(base?.columns, entries('columns', columns), ({ name }) => name),
    ages: joined(base?.ages, entries('ages', ages), ({ category }) => category),
    groups: sections.has('groups') ? ownGroups : (base?.groups ?? []),
    headline:
      headline === undefined ? (base?.headline ?? null) : rule.placed(headline, () => text(headline) ?? ''),
    capacities: joined(base?.capacities, entries('capacities', capacities), ({ day, division }) =>
      JSON.stringify([day, division]),
    ),
  };
}

/** The draft as one that extends it sees it: its mistakes are told where `extends` stands. */
export function inherited(draft: Draft, by: Spot, name: string): Draft {
  const over = <T>(list: readonly Placed<T>[]): Placed<T>[] =>
    list.map((one) => ({
      ...one,
      inherited: true,
      spot: { ...by, node: null, path: `extends ${name}: ${one.spot.path.replace(/^extends .*?: /, '')}` },
    }));
  return {
    same: over(draft.same),
    category: over(draft.category),
    division: over(draft.division),
    day: over(draft.day),
    teamSize: over(draft.teamSize),
    member: over(draft.member),
    shops: over(draft.shops),
    columns: over(draft.columns),
    ages: over(draft.ages),
    groups: over(draft.groups),
    headline: draft.headline === null ? null : (over([draft.headline])[0] ?? null),
    capacities: over(draft.capacities),
  };
}

function ruleList<T>(
  spot: Spot | undefined,
  kind: rule.RuleKind<T>,
  base: PlacedRules<T> | undefined,
): PlacedRules<T> {
  if (spot === undefined) return base ?? [];
  return rule.rules(spot, kind).flatMap((one): PlacedRules<T> => {
    if (!('takeOver' in one)) return [one];
    if (base === undefined) report(one.takeOver, 'nothing is inherited; say extends: hyrox, or leave it out');
    return (base ?? []).map((taken) => ({ ...taken, spot: one.takeOver }));
  });
}

/** Entries of the base, those of the same key replaced, then the others. */
function joined<T>(
  base: readonly Placed<T>[] | undefined,
  own: readonly Placed<T>[],
  keyOf: (value: T) => string,
): Placed<T>[] {
  const byKey = new Map(own.map((one) => [keyOf(one.value), one]));
  const kept = (base ?? []).map((one) => {
    const replaced = byKey.get(keyOf(one.value));
    byKey.delete(keyOf(one.value));
    return replaced ?? one;
  });
  return [...kept, ...byKey.values()];
}
