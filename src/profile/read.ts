/** From the file of a profile to its plain data. */
import type { Group, NameRules, Profile } from './profile.js';
import { checkDraft } from './check.js';
import { draftOf, EMPTY, inherited, SECTIONS, type Draft } from './draft.js';
import { profileFile, profileNameProblem, profileText, type ProfileFile } from './files.js';
import type { Placed } from './rules.js';
import { mapping, parseYaml, report, text, type Spot } from './yaml.js';

/** Reads and checks a profile whose name is right; mistakes are added to the problems, null where nothing can be made of it. */
export function readProfile(nameOrPath: string, directory: string, problems: string[]): Profile | null {
  const file = profileFile(nameOrPath, directory);
  const draft = readDraft(file, problems, []);
  if (draft === null) return null;
  const names = namesOf(draft);
  checkDraft(draft, names);
  const values = <T>(list: readonly Placed<T>[]) => list.map(({ value }) => value);
  return {
    name: file.name,
    file: file.shipped ? null : file.path,
    names,
    shops: values(draft.shops),
    columns: Object.fromEntries(values(draft.columns).map(({ name, rule }) => [name, rule])),
    ages: values(draft.ages).flatMap(({ ranges }) => ranges),
    groups: groupsOf(draft),
    capacities: values(draft.capacities),
  };
}

/** Reads a file and those that it extends; null where one of them cannot be read. */
function readDraft(file: ProfileFile, problems: string[], extendedBy: readonly ProfileFile[]): Draft | null {
  const written = profileText(file, problems);
  const spot = written === null ? null : parseYaml(written, file.label, problems);
  if (spot === null) return null;
  const sections = mapping(spot, SECTIONS);
  const from = sections.get('extends');
  if (from === undefined) return draftOf(sections, null);
  const base = extended(from, file, extendedBy);
  const draft = draftOf(sections, base ?? EMPTY);
  return base === null ? null : draft;
}

function extended(spot: Spot, file: ProfileFile, extendedBy: readonly ProfileFile[]): Draft | null {
  const name = text(spot);
  if (name === null) return null;
  const wrong = profileNameProblem(name);
  const chain = [...extendedBy, file];
  const base = wrong === null ? profileFile(name, file) : null;
  const circle = chain.some(({ path }) => path === base?.path);
  if (base === null || circle) {
    report(
      spot,
      wrong ??
        `extends itself, by way of ${chain.map(({ label }) => label).join(', ')}; leave one extends out`,
    );
    return null;
  }
  const draft = readDraft(base, spot.file.problems, chain);
  return draft === null ? null : inherited(draft, spot, name);
}

function namesOf(draft: Draft): NameRules {
  const values = <T>(list: readonly Placed<T>[]) => list.map(({ value }) => value);
  return {
    same: values(draft.same),
    category: values(draft.category),
    division: values(draft.division),
    day: values(draft.day),
    teamSize: values(draft.teamSize),
    member: values(draft.member),
  };
}

/** Without groups of its own a profile has one of everything. */
function groupsOf({ groups, headline }: Draft): Group[] {
  if (groups.length === 0) return [{ ticket_group: 'Total', categories: null, is_headline: true }];
  return groups.map(({ value }) => ({
    ticket_group: value.group,
    categories: value.categories,
    is_headline: value.group === headline?.value,
  }));
}
