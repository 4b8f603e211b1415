import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { UsageError } from '../../src/errors.js';
import {
  classifier,
  columnReader,
  loadProfile,
  shopCategory,
  type Profile,
} from '../../src/profile/profile.js';
import { wordsOf } from '../../src/profile/words.js';

const directory = mkdtempSync(join(tmpdir(), 'vivenu-profile-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function load(bytes: string | Uint8Array): Profile {
  writeFileSync(join(directory, 'mine.yaml'), bytes);
  return loadProfile('mine.yaml', directory);
}

const hyrox = loadProfile('hyrox');
const unicode = fc.string({ unit: 'binary', maxLength: 40 });
const WORDS =
  `HYROX MEN WOMEN MIXED PRO DOUBLES DOUBLE RELAY CORPORATE ADAPTIVE SPECTATOR FRIDAY SUNDAY 2 DAYS ATHLETE
  TEAM MEMBER PARKING FRIEND INCL SHIRT GERMANY Manchester Café 男子 ยิม`.split(/\s+/);
const ticketName = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })), {
  maxLength: 7,
});

describe('a classification', () => {
  const yields = (key: 'category' | 'division' | 'day') => hyrox.names[key].map(({ is }) => is);

  it('is one of those that the rules yield, for any name whatever', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          unicode,
          ticketName.map((words) => words.join(' ')),
        ),
        (name) => {
          const { category, division, day, teamSize, teamRole } = classifier(hyrox)(name);
          expect(yields('category')).toContain(category);
          expect(yields('division')).toContain(division);
          expect([null, ...yields('day')]).toContain(day);
          expect(teamSize).toBe(category === 'double' ? 2 : category === 'relay' ? 4 : 1);
          if (teamSize === 1) expect(teamRole).toBe('main');
          expect([null, 'partneraccess']).toContain(shopCategory(hyrox)(name));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not depend on case, spacing, punctuation or width', () => {
    const say = classifier(hyrox);
    const between = fc.constantFrom(
      ' ',
      '  ',
      '\t',
      '\u00a0',
      ' | ',
      '-',
      '_',
      ' / ',
      ' (',
      ') ',
      ': ',
      ', ',
      ' – ',
    );
    const wide = (text: string) =>
      text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
    const turns = [
      (text: string) => text,
      (text: string) => text.toLowerCase(),
      (text: string) => text.toUpperCase(),
      wide,
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...WORDS), { maxLength: 7 }),
        fc.infiniteStream(between),
        fc.constantFrom(...turns),
        (words, gaps, turn) => {
          const otherwise = words.reduce((text, word) => text + [...gaps.take(1)].join('') + turn(word), ' ');
          expect(say(otherwise)).toEqual(say(words.join(' ')));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not depend on the case of any text', () => {
    const say = classifier(hyrox);
    fc.assert(
      fc.property(unicode, (text) => {
        const name = `${text} DOUBLES MEN | FRIDAY`;
        expect(say(name.toUpperCase())).toEqual(say(name));
        expect(say(name.toLowerCase())).toEqual(say(name));
      }),
    );
  });

  it('of generic keeps names apart that differ by more than blanks', () => {
    const say = classifier(loadProfile('generic'));
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        const { division, ...rest } = say(name);
        expect(division).toBe(name.normalize('NFC').replace(/\s+/g, ' ').trim() || '(no name)');
        expect(rest).toEqual({ category: 'ticket', day: null, teamSize: 1, teamRole: 'main' });
      }),
    );
  });
});

describe('a reader', () => {
  const READERS = Object.values(hyrox.columns).map((rule) => ({ rule, read: columnReader(rule) }));
  const slugs = [...new Set(READERS.flatMap(({ rule }) => [...rule.fields, ...rule.by]))];
  const value = fc.oneof(
    fc.constantFrom("I'm a member", 'I’m not a member', 'Yes / Ja', 'Female 女', '1990-02-30', '29.02.2000'),
    unicode,
    fc.jsonValue(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  );

  it('never throws, whatever the record is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ extraFields: fc.jsonValue() })), (record) => {
        for (const { read } of READERS) expect(() => read(record)).not.toThrow();
      }),
    );
  });

  it('gives null or what PostgreSQL takes for its type', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...slugs), value), (extraFields) => {
        for (const { rule, read } of READERS) {
          const cell = read({ extraFields });
          if (cell === null) continue;
          if (rule.type === 'boolean') expect(['true', 'false']).toContain(cell);
          else if (rule.type === 'date') expect(new Date(cell).toISOString().slice(0, 10)).toBe(cell);
          else expect(cell.isWellFormed() && !cell.includes('\0') && cell.trim() !== '').toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads every date of the years 1 to 9999 as itself, in each order', () => {
    const read = columnReader(hyrox.columns.birthday!);
    const [min, max] = [new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59Z')];
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const iso = date.toISOString();
        const [year, month, day] = iso.slice(0, 10).split('-');
        for (const text of [iso, iso.slice(0, 10), `${day}.${month}.${year}`]) {
          expect(read({ extraFields: { birth_date: text } })).toBe(iso.slice(0, 10));
        }
      }),
    );
  });
});

const word = fc
  .stringMatching(/^[a-zA-ZäöüéÀ-Ö가-힣一-龥][a-zA-Z0-9äöü ]{0,9}[a-z]$/)
  .map((text) => text.replace(/ +/g, ' '));
const unique = <T>(from: fc.Arbitrary<T>, minLength: number) =>
  fc.uniqueArray(from, { minLength, maxLength: 4, selector: (value) => String(value).toLowerCase() });

/** A profile that holds together, as a user would write it. */
const written = fc
  .record({
    categories: unique(word, 2),
    divisions: unique(word, 2),
    days: unique(word, 1),
    phrases: unique(word, 3),
  })
  .filter(
    ({ categories, days }) =>
      !categories.some((name) => /^(all|whole)$/i.test(name)) && !days.some((day) => /^all$/i.test(day)),
  )
  .filter(({ phrases: [asked = '', ...others] }) =>
    others.every((other) => !wordsOf(asked).includes(wordsOf(other))),
  )
  .chain(({ categories, divisions, days, phrases }) => {
    const conditions = (i: number) => ({ any: [`${i} ${phrases[0]}`], none: phrases.slice(1) });
    const rules = (list: string[]) => list.map((is, i) => ({ is, ...conditions(i) }));
    return fc.record({
      category: fc.constant([...rules(categories.slice(1)), { is: categories[0]! }]),
      division: fc.constant(
        divisions.map((is, i) => ({ is, category: categories[i % categories.length]!, ...conditions(i) })),
      ),
      day: fc.constant(rules(days)),
      team_size: fc.integer({ min: 1, max: 100 }).map((is) => [{ is, category: categories[0]! }]),
      groups: fc.constant({ [categories[0]!]: categories, Whole: 'all' }),
      headline: fc.constant(categories[0]!),
      ages: fc
        .integer({ min: 1, max: 90 })
        .map((to) => ({ [categories[1]!]: [{ young: `0-${to}` }, `${to + 1}+`] })),
      capacities: fc
        .integer({ min: 1, max: 1e6 })
        .map((places) => ({ ALL: { [divisions[0]!]: places }, [days[0]!]: { [divisions[1]!]: places } })),
      columns: fc
        .constantFrom('text', 'first-word', 'yes-no', 'date', 'number')
        .map((read) => ({ mine: { field: phrases, read }, gender: phrases[0]! })),
    });
  });

describe('a profile', () => {
  it('that holds together is read as it was written', () => {
    fc.assert(
      fc.property(written, fc.boolean(), (source, flow) => {
        const profile = load(stringify(source, flow ? { collectionStyle: 'flow' } : {}));
        const { names } = profile;
        expect(names.category.map(({ is, any, none }) => ({ is, any, none }))).toEqual(
          source.category.map((rule) => ({ any: [], none: [], ...rule })),
        );
        expect(
          names.division.map(({ is, categories, any }) => ({ is, category: categories[0], any })),
        ).toEqual(source.division.map(({ is, category, any }) => ({ is, category, any })));
        expect(names.day.map(({ is }) => is)).toEqual(source.day.map(({ is }) => is));
        expect(names.teamSize.map(({ is }) => is)).toEqual(source.team_size.map(({ is }) => is));
        expect(profile.groups).toHaveLength(2);
        expect(
          profile.groups.filter(({ is_headline }) => is_headline).map(({ ticket_group }) => ticket_group),
        ).toEqual([source.headline]);
        expect(profile.ages.map(({ from, to }) => [from, to])[1]?.[1]).toBeNull();
        expect(profile.capacities).toHaveLength(2);
        expect(profile.columns.mine?.reader).toBe(source.columns.mine.read);
        for (const rule of source.category) {
          const name = `| ${'any' in rule ? rule.any[0]!.toUpperCase() : ''} |`;
          expect(classifier(profile)(name).category).toBe(rule.is);
        }
      }),
    );
  });

  it('with any bytes changed is read, or refused with a UsageError that names the file', () => {
    const right = readFileSync(new URL('../../profiles/hyrox.yaml', import.meta.url));
    const change = fc.record({
      at: fc.nat(right.length - 1),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc
          .constantFrom(
            '\n',
            ' ',
            ': ',
            '- ',
            '[',
            ']',
            '{',
            '}',
            '*a',
            '&a ',
            '!!x ',
            '"',
            '#',
            'null',
            '---\n',
            '\t',
          )
          .map((text) => Buffer.from(text)),
      ),
      length: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes = right;
        for (const { at, bytes: put, length } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)]);
        }
        try {
          expect(Object.isFrozen(load(bytes))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          const { problems } = error as UsageError;
          expect(problems.length).toBeGreaterThan(0);
          for (const problem of problems) expect(problem).toMatch(/^mine\.yaml:( |\d+: )/);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('of any text is read, or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          unicode,
          fc.jsonValue().map((value) => stringify(value)),
        ),
        (text) => {
          try {
            load(text);
          } catch (error) {
            expect(error).toBeInstanceOf(UsageError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
