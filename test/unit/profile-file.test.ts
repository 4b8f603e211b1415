import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { getConfig } from '../../src/config/config.js';
import { UsageError } from '../../src/errors.js';
import { classifier, columnReader, loadProfile, type Profile } from '../../src/profile/profile.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(files: Record<string, string | Buffer>): string {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-profile-'));
  folders.push(directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

const load = (text: string, others: Record<string, string> = {}): Profile =>
  loadProfile('mine.yaml', folder({ 'mine.yaml': text, ...others }));

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof UsageError) return [...error.problems];
    throw error;
  }
  return [];
}

const problems = (text: string | Buffer, others: Record<string, string> = {}) =>
  problemsOf(() => loadProfile('mine.yaml', folder({ 'mine.yaml': text, ...others })));

const RACE = `category:
  - { is: race, any: [runner] }
  - is: rest
division:
  - { is: RUNNERS, category: race }
  - is: OTHERS
day:
  - { is: FRIDAY, any: [friday] }
`;

describe('a profile', () => {
  it('is read from a file, whose path is taken from the directory of the configuration', () => {
    const directory = folder({ 'rules/mine.yaml': RACE });
    const profile = loadProfile('rules/mine.yaml', directory);
    expect(profile).toMatchObject({ name: 'mine', file: join(directory, 'rules/mine.yaml') });
    expect(loadProfile(join(directory, 'rules/mine.yaml')).names).toEqual(profile.names);
    expect(classifier(profile)('Runner | FRIDAY')).toEqual({
      ...{ category: 'race', division: 'RUNNERS', day: 'FRIDAY', teamSize: 1, teamRole: 'main' },
    });
  });

  it('without rules is like generic', () => {
    const { names, shops, groups } = loadProfile('generic');
    expect(load('capacities: { ALL: { Block A: 10 } }')).toMatchObject({ names, shops, groups });
  });

  it('may be written with a BOM, CRLF, anchors and quotes', () => {
    const text = `\uFEFFcategory:\r\n  - is: "race"\r\n    any: &who [runner]\r\n  - { is: 'rest', none: *who, all: ["45", 46] }\r\n`;
    expect(load(text).names.category).toMatchObject([
      { is: 'race', any: ['runner'] },
      { is: 'rest', none: ['runner'], all: ['45', '46'] },
    ]);
  });

  it('takes one value where a list is expected', () => {
    expect(load('category: [{ is: race, any: runner, none: [walker] }]').names.category).toMatchObject([
      { any: ['runner'], none: ['walker'] },
    ]);
  });

  it('reads the first field with a value', () => {
    const { columns } = load('columns: { club: [club_2027, club], zip: zip_code }');
    const read = columnReader(columns.club!);
    expect(read({ extraFields: { club_2027: ' ', club: 'Turnverein' } })).toBe('Turnverein');
    expect(read({ extraFields: { club_2027: 'Box 44', club: 'Turnverein' } })).toBe('Box 44');
    expect(columns.zip).toMatchObject({ type: 'text', reader: 'text', fields: ['zip_code'] });
  });

  it('may teach yes-no other languages, and replace values of a text', () => {
    const { columns } = load(`columns:
  vegan: { field: vegan, read: yes-no, values: { yes: [ja, oui], no: [nein, non] } }
  size: { field: t_shirt_size, values: { XL: [extra large, X-Large], M: medium } }
  weight: { field: weight, read: number }
`);
    const cell = (column: string, value: unknown) =>
      columnReader(columns[column]!)({ extraFields: { vegan: value, t_shirt_size: value, weight: value } });
    expect(['Ja', 'nein', 'Oui !', 'yes', 'peut-être'].map((value) => cell('vegan', value))).toEqual([
      ...['true', 'false', 'true', 'true', null],
    ]);
    expect(['Extra Large', 'x-large', 'Medium', 'S'].map((value) => cell('size', value))).toEqual([
      ...['XL', 'XL', 'M', 'S'],
    ]);
    expect([cell('weight', '71.5'), cell('weight', 'heavy')]).toEqual(['71.5', null]);
  });

  it('counts a phrase of a script without blanks wherever it stands', () => {
    const say = classifier(load('category: [{ is: pair, any: [雙人, คู่] }, { is: rest }]'));
    expect(['男子雙人賽', 'ประเภทคู่ผสม', '男子', '單人'].map((name) => say(name).category)).toEqual([
      ...['pair', 'pair', 'rest', 'rest'],
    ]);
  });
});

describe('a profile that extends another', () => {
  it('adds capacities to hyrox', () => {
    const profile = load(
      'extends: hyrox\ncapacities:\n  ALL: { HYROX MEN: 500 }\n  FRIDAY: { SPECTATOR: 90 }\n',
    );
    expect(profile.capacities).toEqual([
      { division: 'HYROX MEN', day: 'ALL', capacity: 500 },
      { division: 'SPECTATOR', day: 'FRIDAY', capacity: 90 },
    ]);
    expect(profile.names).toEqual(loadProfile('hyrox').names);
  });

  it('replaces a whole list of rules, or puts its own before the inherited ones', () => {
    const lounge = load('extends: hyrox\ncategory:\n  - { is: spectator, any: [lounge] }\n  - inherited\n');
    expect(classifier(lounge)('VIP LOUNGE')).toMatchObject({ category: 'spectator', division: 'SPECTATOR' });
    expect(classifier(lounge)('HYROX MEN').category).toBe('single');
    const days = load('extends: hyrox\nday:\n  - { is: HEATS, any: [heat] }\n');
    expect(classifier(days)('HYROX MEN | FRIDAY').day).toBeNull();
  });

  it('replaces single columns, ages of a category, and the groups', () => {
    const profile = load(`extends: hyrox
columns: { nationality: country_of_birth, club: club }
ages: { relay: [16-99] }
groups: { Starters: [single, double, relay], Everything: all }
headline: Starters
`);
    const base = loadProfile('hyrox');
    expect(Object.keys(profile.columns)).toEqual([...Object.keys(base.columns), 'club']);
    expect(profile.columns.nationality?.fields).toEqual(['country_of_birth']);
    expect(profile.ages.filter(({ category }) => category === 'relay')).toEqual([
      { category: 'relay', label: '16-99', from: 16, to: 99 },
    ]);
    expect(profile.ages.filter(({ category }) => category === 'single')).toHaveLength(11);
    expect(profile.groups.map(({ is_headline }) => is_headline)).toEqual([true, false]);
    expect(profile.groups[1]?.categories).toBeNull();
  });

  it('takes a path from its own folder, over any number of files', () => {
    const directory = folder({
      'a.yaml': 'extends: deep/b.yaml\ncapacities: { FRIDAY: { HYROX MEN: 2 } }',
      'deep/b.yaml': 'extends: c.yaml\ncapacities: { ALL: { HYROX MEN: 1 }, FRIDAY: { HYROX MEN: 1 } }',
      'deep/c.yaml': 'extends: hyrox',
    });
    expect(loadProfile('a.yaml', directory).capacities.map(({ capacity }) => capacity)).toEqual([1, 2]);
  });

  it('may not extend itself, nor what is not there', () => {
    expect(problems('extends: mine.yaml')).toEqual([
      'mine.yaml:1: extends "mine.yaml": extends itself, by way of mine.yaml; leave one extends out',
    ]);
    expect(problems('extends: b.yaml', { 'b.yaml': '\nextends: ./mine.yaml' })).toEqual([
      expect.stringMatching(/^b\.yaml:2: extends "\.\/mine\.yaml": extends itself/),
    ]);
    expect(problems('extends: b.yaml')).toEqual([
      expect.stringMatching(/^b\.yaml: there is no file .*b\.yaml$/),
    ]);
    expect(problems('extends: hyrx')).toEqual([
      'mine.yaml:1: extends "hyrx": no such profile; expected generic, hyrox or a path to a .yaml file; did you mean hyrox?',
    ]);
  });

  it('is told where an inherited part no longer fits', () => {
    const own = 'category: [{ is: race }]\ndivision: [{ is: RACE }]\n';
    expect(problems(`extends: hyrox\n${own}`)).toEqual([
      expect.stringMatching(
        /^mine\.yaml:1: extends hyrox: groups\.All_singles: no rule yields the category single;/,
      ),
      ...Array.from({ length: 6 }, (): unknown =>
        expect.stringMatching(/^mine\.yaml:1: extends hyrox: groups\./),
      ),
    ]);
    expect(problems(`extends: hyrox\n${own}groups: { Total: all }`)).toEqual([
      'mine.yaml:1: extends hyrox: headline: no group is called Total_athletes; did you mean Total?',
    ]);
    expect(problems(`extends: hyrox\n${own}groups: { Total: all }\nheadline: Total`)).toEqual([]);
  });

  it('says so where inherited rules are never reached', () => {
    expect(problems('extends: hyrox\nteam_size:\n  - is: 1\n  - inherited\n')).toEqual([
      'mine.yaml:4: team_size[1]: never reached, since team_size[0] matches every name; put it before that or leave it out',
    ]);
    expect(problems('category:\n  - inherited\n')).toEqual([
      'mine.yaml:2: category[0] "inherited": nothing is inherited; say extends: hyrox, or leave it out',
    ]);
  });
});

describe('a mistake is told with file, line, value and mend:', () => {
  test.each<[what: string, yaml: string, ...told: string[]]>([
    ['an unknown section', 'categry: []', '1: categry: not a key here; did you mean category?'],
    [
      'an unknown section far from all',
      'x: 1',
      /^mine.yaml:1: x: not a key here; expected extends, same,/.source,
    ],
    [
      'an unknown key of a rule',
      'category:\n  - { is: a, anny: [x] }',
      '2: category[0].anny: not a key here; did you mean any?',
    ],
    [
      'a category that asks for a category',
      'category:\n  - { is: a, category: b }',
      '2: category[0].category: not a key here; expected is, any, all, none, several',
    ],
    [
      'a key that is there twice',
      'groups: { A: all }\nheadline: A\nheadline: A',
      '3: headline: is there twice; keep one',
    ],
    ['a wrong type', 'category: race', '1: category "race": expected a list'],
    ['a mapping for a list', 'category:\n  is: race', '1: category: expected a list'],
    ['a list for a mapping', 'columns:\n  - a', '1: columns: expected a mapping'],
    [
      'a word for a rule',
      'category:\n  - race',
      '2: category[0] "race": expected a rule such as { is: single, any: [men, women] }, or the word inherited',
    ],
    ['an empty list of rules', 'division: []', '1: division: an empty list; fill it or leave it out'],
    ['an empty section', 'division:', '1: division null: expected a list'],
    [
      'an empty condition',
      'division:\n  - { is: A, any: [] }',
      '2: division[0].any: an empty list; fill it or leave it out',
    ],
    [
      'a rule without is',
      'division:\n  - any: [a]',
      '2: division[0]: a rule without is; say what a match means',
    ],
    ['an empty meaning', "division:\n  - is: ''", '2: division[0].is "": empty; fill it or leave it out'],
    [
      'null where text is meant',
      'columns:\n  club: { field: club, drop: [none, null] }',
      '2: columns.club.drop[1] null: expected text; put quotes around null, ~ and the like',
    ],
    [
      'a team of none',
      'team_size:\n  - is: 0',
      '2: team_size[0].is 0: expected a whole number from 1 to 100',
    ],
    [
      'a team of words',
      'team_size:\n  - is: two',
      '2: team_size[0].is "two": expected a whole number from 1 to 100',
    ],
    [
      'a member with is',
      'member:\n  - { is: true, any: [x] }',
      '2: member[0].is: not a key here; expected any, all, none, several, category',
    ],
    [
      'a phrase of no word',
      'day:\n  - { is: FRIDAY, any: ["|"] }',
      '2: day[0].any[0] "|": holds no letter and no digit, so that it matches nothing',
    ],
    [
      'several of one',
      'day:\n  - { is: BOTH, several: [friday] }',
      '2: day[0].several: expected two or more; a single one belongs under all',
    ],
    [
      'a rule after one that always matches',
      'category:\n  - is: a\n  - { is: b, any: [x] }\n  - { is: c, any: [y] }',
      '3: category[1]: never reached, since category[0] matches every name; put it before that or leave it out',
      '4: category[2]: never reached, since category[0] matches every name; put it before that or leave it out',
    ],
    [
      'a rule that asks what another asked',
      'category:\n  - { is: a, any: [x] }\n  - { is: b, any: x }',
      '3: category[1]: never reached, since category[0] asks the same; put it before that or leave it out',
    ],
    [
      'rules that forbid what they ask for',
      'same: { elite: pro }\ncategory:\n  - { is: a, any: [pro men, elite women], none: elite }\n  - { is: b, all: [x, pro2], none: [y, pro] }\n  - { is: c, several: [d, e f], none: [f] }\n  - { is: d, any: [g, h i], none: [i] }',
      '3: category[0]: never matches, since none holds elite, which it asks for; leave one out',
      '4: category[1]: never matches, since none holds pro, which it asks for; leave one out',
      '5: category[2]: never matches, since none holds f, which it asks for; leave one out',
    ],
    [
      'a category called all',
      'category: [{ is: all }]',
      '1: category[0]: all means every category; choose another name',
    ],
    ['a day called ALL', 'day: [{ is: All }]', '1: day[0]: All means the whole event; choose another name'],
    [
      'a category that no rule yields',
      `${RACE}team_size:\n  - { is: 2, category: rase }`,
      '10: team_size[0]: no rule yields the category rase; did you mean race?',
    ],
    [
      'synonyms that do not fit',
      'same:\n  men: [man, women]\n  women: [woman, man]',
      '2: same.men: women is a word with a line of its own; leave it out here',
      '3: same.women: man stands for men already; keep one',
    ],
    [
      'a group of an unknown category',
      `${RACE}groups:\n  All: [race, rset]\nheadline: All`,
      '10: groups.All: no rule yields the category rset; did you mean rest?',
    ],
    [
      'a missing headline',
      'groups:\n  A: all\n  B: all',
      '2: groups: none of them is the headline; add headline: B, or another of A, B',
    ],
    [
      'a headline without a group',
      'groups: { Total: all }\nheadline: total',
      '2: headline: no group is called total; did you mean Total?',
    ],
    ['a headline without groups', 'headline: Total', '1: headline: no group is called Total; add groups'],
    [
      'ages of an unknown category',
      `${RACE}ages:\n  sprint: [0-99]`,
      '10: ages.sprint: no rule yields the category sprint; expected race, rest',
    ],
    [
      'a range that is none',
      `${RACE}ages:\n  race: [U24, 25+]`,
      '10: ages.race[0] "U24": expected a range such as 25-29, 70+ or U24: 0-24',
    ],
    [
      'a range from old to young',
      `${RACE}ages:\n  race: [29-25]`,
      '10: ages.race[0] "29-25": expected a range such as 25-29, 70+ or U24: 0-24',
    ],
    [
      'a range of three keys',
      `${RACE}ages:\n  race: [{ label: U24, from: 0, to: 24 }]`,
      '10: ages.race[0]: expected a range such as 25-29, 70+ or U24: 0-24',
    ],
    [
      'ranges that overlap',
      `${RACE}ages:\n  race:\n    - 0-24\n    - 24-30\n`,
      '12: ages.race[1]: 24-30 after 0-24: ranges overlap or are out of order; begin at 25',
    ],
    [
      'ranges out of order',
      `${RACE}ages:\n  race: [30-39, 20-29]`,
      '10: ages.race[1]: 20-29 after 30-39: ranges overlap or are out of order; begin at 40',
    ],
    [
      'a gap between ranges',
      `${RACE}ages:\n  race: [U20: 0-19, 30+]`,
      '10: ages.race[1]: 30+ after U20: nobody of 20 to 29 is counted; close the gap',
    ],
    [
      'a range after the open one',
      `${RACE}ages:\n  race: [40+, 50-59]`,
      '10: ages.race[1]: 50-59 after 40+: nobody is left above 40+; put the open range last',
    ],
    [
      'a range called Total',
      `${RACE}ages:\n  race: [Total: 0-99]`,
      '10: ages.race[0]: Total is a line of its own; choose another name',
    ],
    [
      'places of a division that no rule yields',
      `${RACE}capacities:\n  ALL:\n    RUNERS: 5`,
      '11: capacities.ALL.RUNERS: no rule yields the division RUNERS; did you mean RUNNERS?',
    ],
    [
      'places of a day that no rule yields',
      `${RACE}capacities:\n  Friday: { RUNNERS: 5 }`,
      '10: capacities.Friday.RUNNERS: no rule yields the day Friday; did you mean FRIDAY?',
    ],
    [
      'places that are no number',
      `${RACE}capacities:\n  ALL: { RUNNERS: many, OTHERS: 0 }`,
      '10: capacities.ALL.RUNNERS "many": expected a whole number from 1 to 100000000',
      '10: capacities.ALL.OTHERS 0: expected a whole number from 1 to 100000000',
    ],
    [
      'a column of every ticket',
      'columns:\n  status: state',
      '2: columns.status: a column that every ticket has already; choose another name',
    ],
    [
      'a column with a capital',
      'columns:\n  Club: club',
      '2: columns.Club: not a name of a column; write small letters, digits and _, not beginning with a digit, at most 63',
    ],
    [
      'an unknown reader',
      'columns:\n  club: { field: c, read: frist-word }',
      '2: columns.club.read "frist-word": not a reader; did you mean first-word?',
    ],
    [
      'a standard column of another type',
      'columns:\n  birthday: { field: dob, read: text }',
      '2: columns.birthday.read "text": birthday is read by date; leave read out or choose another name',
    ],
    [
      'a column from nowhere',
      'columns:\n  club: { read: text }',
      '2: columns.club: expected either field, or by and cases: where does the value come from?',
    ],
    [
      'a column from two places',
      'columns:\n  club: { field: a, by: b, cases: [{ any: [x], field: c }] }',
      '2: columns.club: expected either field, or by and cases: where does the value come from?',
    ],
    [
      'a case without field',
      'columns:\n  club:\n    by: b\n    cases:\n      - any: [x]',
      '5: columns.club.cases[0]: a case without field; say which field it reads',
    ],
    [
      'a case after one that always holds',
      'columns:\n  club: { by: b, cases: [{ field: a }, { any: [x], field: c }] }',
      '2: columns.club.cases[1]: never reached, since columns.club.cases[0] matches every name; put it before that or leave it out',
    ],
    [
      'text options of a date',
      'columns:\n  dob: { field: a, read: date, plain: true, values: { a: [b] } }',
      '2: columns.dob.plain: only for text; date does without',
      '2: columns.dob.values: only for text; date does without',
    ],
    [
      'values of yes-no besides yes and no',
      'columns:\n  vegan: { field: a, read: yes-no, values: { ja: [ja] } }',
      '2: columns.vegan.values.ja: not a key here; expected yes, no',
    ],
    [
      'a word for two values',
      'columns:\n  size: { field: a, values: { M: [medium], L: [Medium] } }',
      '2: columns.size.values.L[0] "Medium": stands for M already; keep one',
    ],
    [
      'plain that is no flag',
      'columns:\n  club: { field: a, plain: sure }',
      '2: columns.club.plain "sure": expected true or false',
    ],
    [
      'a character that cannot be stored',
      'category:\n  - { is: "a\\0b" }',
      '2: category[0].is "a\\u0000b": holds a character that cannot be stored',
    ],
    [
      'text without end',
      `category:\n  - { is: ${'x'.repeat(201)} }`,
      `2: category[0].is "${'x'.repeat(79)}: longer than 200 characters`,
    ],
    ['the key of another file', '__proto__: 1', /^mine.yaml:1: __proto__: not a key here;/.source],
    ['a key that is no text', '? [a]\n: 1', '1: ?: expected a key of plain text'],
    ['an unknown tag', 'category: !rules []', '1: Unresolved tag: !rules'],
    [
      'a missing anchor',
      'category: *rules',
      '1: *rules: stands for nothing; put &rules before a value above it',
    ],
    [
      'two documents',
      'headline: A\n---\nheadline: B',
      /^mine.yaml:2: Source contains multiple documents/.source,
    ],
    ['broken YAML', 'category:\n  - { is: a\nday: b', /^mine.yaml:3: /.source],
    ['an empty file', '', /^mine.yaml:1: \(the file\): expected a mapping of extends, same, category/.source],
    [
      'a file of one word',
      'hyrox',
      /^mine.yaml:1: \(the file\) "hyrox": expected a mapping of extends/.source,
    ],
  ])('%s', (_, yaml, ...told) => {
    const found = problems(yaml);
    const expected = told.map((one): unknown =>
      one.startsWith('^') ? expect.stringMatching(new RegExp(one)) : `mine.yaml:${one}`,
    );
    if (told[0]?.startsWith('^')) expect(found[0]).toEqual(expected[0]);
    else expect(found).toEqual(expected);
  });

  test('all of them at once', () => {
    const found = problems(`extends: hyrox
categry: []
division:
  - { is: A, any: [] }
columns:
  status: x
ages: { single: [30+, 20-29] }
capacities:
  SOMEDAY: { HYROX MEN: 5 }
headline: Totl
`);
    expect(found.map((one) => /^mine\.yaml:\d+: \S+/.exec(one)?.[0])).toEqual([
      'mine.yaml:2: categry:',
      'mine.yaml:4: division[0].any:',
      'mine.yaml:6: columns.status:',
      'mine.yaml:7: ages.single[1]:',
      'mine.yaml:10: headline:',
      'mine.yaml:9: capacities.SOMEDAY.HYROX',
    ]);
  });
});

describe('a file that is no profile', () => {
  it('is not there, a folder, too large, or not UTF-8', () => {
    const directory = folder({
      'a.yaml': Buffer.from('headline: Caf\xe9', 'latin1'),
      'b.yaml': '#'.repeat(300_000),
    });
    mkdirSync(join(directory, 'c.yaml'));
    const told = (name: string) => problemsOf(() => loadProfile(name, directory));
    expect(told('none.yaml')).toEqual([`none.yaml: there is no file ${join(directory, 'none.yaml')}`]);
    expect(told('c.yaml')).toEqual([`c.yaml: ${join(directory, 'c.yaml')} is a folder; name a .yaml file`]);
    expect(told('a.yaml')).toEqual(['a.yaml: not UTF-8; save it as UTF-8']);
    expect(told('b.yaml')).toEqual(['b.yaml: larger than 256 KB; a profile is a few KB']);
    expect(told('a\0.yaml')).toEqual([expect.stringContaining('cannot be read')]);
    expect(told('a.yaml/b.yaml')).toEqual([expect.stringContaining('a.yaml/b.yaml')]);
  });

  it('has aliases or levels without end', () => {
    const many = Array.from({ length: 150 }, () => '  - *rule').join('\n');
    expect(problems(`category:\n  - &rule { is: a, any: [x] }\n${many}`)).toContainEqual(
      expect.stringMatching(/more than 100 aliases; write the values out/),
    );
    expect(problems('category: &a [*a]')).toHaveLength(1);
    const deep = ['[', '- ', '{a: ', '? '].map((open) => open.repeat(60_000));
    const indented = Array.from({ length: 600 }, (__, level) => `${' '.repeat(level)}a:`).join('\n');
    for (const text of [...deep, indented]) {
      expect(problems(text)).toEqual(['mine.yaml: nested too deeply to be a profile']);
    }
  });

  it.each([
    ['hyrx', '; did you mean hyrox?'],
    ['HYROX', '; did you mean hyrox?'],
    ['generik', '; did you mean generic?'],
    ['marathon', ''],
    ['', ''],
  ])('is called %o', (name, mend) => {
    expect(problemsOf(() => loadProfile(name))).toEqual([
      `profile "${name}": no such profile; expected generic, hyrox or a path to a .yaml file${mend}`,
    ]);
  });
});

describe('the configuration', () => {
  const region = (name: string, profile: string, more: Record<string, string> = {}) => ({
    [`EVENT_CONFIGS__${name}__token`]: 'key_a',
    [`EVENT_CONFIGS__${name}__event_id`]: '*',
    [`EVENT_CONFIGS__${name}__profile`]: profile,
    ...more,
  });

  it('loads the profile of a region from its own directory', () => {
    const directory = folder({ 'mine.yaml': 'extends: hyrox' });
    const env = { ...region('a', 'mine.yaml'), ...region('b', 'hyrox') };
    const [a, b] = getConfig({ env, envFile: null, directory }).events;
    expect(a?.profile.file).toBe(join(directory, 'mine.yaml'));
    expect(b?.profile).toEqual({ ...a?.profile, name: 'hyrox', file: null });
  });

  it('tells the mistakes of a profile once, beside all others', () => {
    const directory = folder({ 'mine.yaml': 'extends: hyrox\nheadline: Totl' });
    const env = {
      ...region('a', 'mine.yaml'),
      ...region('b', 'mine.yaml'),
      ...region('c', 'hyrx'),
      ...{ EVENT_CONFIGS__c__field_status: 'x', BATCH_SIZE: '0' },
    };
    expect(problemsOf(() => getConfig({ env, envFile: null, directory }))).toEqual([
      'BATCH_SIZE="0": expected a whole number from 1 to 1000',
      expect.stringMatching(/^mine\.yaml:2: headline: no group is called Totl;/),
      'EVENT_CONFIGS__c__field_status="x": status is a column that every ticket has already; choose another name',
      'EVENT_CONFIGS__c__profile="hyrx": no such profile; expected generic, hyrox or a path to a .yaml file; did you mean hyrox?',
    ]);
  });
});
