import { describe, expect, it, test } from 'vitest';
import {
  columnNameProblem,
  columnReader,
  loadProfile,
  RESERVED,
  STANDARD_COLUMNS,
  withFields,
} from '../../src/profile/profile.js';
import { tickets } from '../../src/streams/tickets.js';

const hyrox = loadProfile('hyrox');

/** A column of a ticket with these extra fields. */
const cell = (column: string, extraFields: unknown, profile = hyrox) =>
  columnReader(profile.columns[column]!)({ _id: 'a', extraFields });

const CLUBS = 'hyrox_training_clubs';
const gym = (membership: string, name: unknown) =>
  cell('gym_affiliate', {
    [CLUBS]: membership,
    gym_club_community: name,
    local_territory_training_club: name,
    hyrox_training_club_other_territory_name: name,
  });

describe('hyrox reads', () => {
  it.each([
    ['Female / Weiblich', 'Female'],
    ['Male / Männlich', 'Male'],
    ['Weiblich / Female', 'Female'],
    ['Female 女', 'Female'],
    ['Male男', 'Male'],
    ['남성 (Male)', 'Male'],
    ['woman', 'Female'],
    ['MEN', 'Male'],
    ['Weiblich', 'Female'],
    ['Non-binary / Divers', 'Non-binary'],
    ['Prefer not to say', null],
    ['N/A', null],
    ['   ', null],
  ])('gender %s as %s', (value, gender) => expect(cell('gender', { gender: value })).toBe(gender));

  it.each([
    ['1990-05-12', '1990-05-12'],
    ['1990-05-12T00:00:00.000Z', '1990-05-12'],
    ['1990-05-12T23:59:59+08:00', '1990-05-12'],
    ['1990-05-12 10:00', '1990-05-12'],
    ['12.05.1990', '1990-05-12'],
    ['1.5.1990', '1990-05-01'],
    ['2000-02-29', '2000-02-29'],
    ['0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['2023-02-30', null],
    ['2023-02-29', null],
    ['31.04.1990', null],
    ['1990-13-01', null],
    ['1990-00-10', null],
    ['0000-01-01', null],
    ['05/12/1990', null],
    ['12-05-1990', null],
    ['12.05.90', null],
    ['1990-5-1', null],
    ['May 12, 1990', null],
    ['1990-05-12T25:00', null],
    ['641952000000', null],
    ['', null],
  ])('birth date %s as %s', (value, date) => expect(cell('birthday', { birth_date: value })).toBe(date));

  it.each([
    ['Yes / Ja', 'true'],
    ['No / Nein', 'false'],
    ['Ja / Yes', 'true'],
    ['yes', 'true'],
    ['NO', 'false'],
    ['Yes是', 'true'],
    [true, 'true'],
    [false, 'false'],
    ['Not yet', null],
    ['Maybe', null],
    ['I have no idea', null],
    ['Ja', null],
    [1, null],
    ['', null],
  ])('a returning athlete who says %s as %s', (value, returning) => {
    expect(cell('is_returning_athlete', { returning_athlete: value })).toBe(returning);
    expect(cell('is_returning_athlete_to_city', { returning_athlete_city: value })).toBe(returning);
  });

  it('the gym from the field that the membership names', () => {
    const fields = {
      gym_club_community: 'Community',
      local_territory_training_club: 'Local',
      hyrox_training_club_other_territory_name: 'Other territory',
      region_training: 'Region',
      local_territory_training: 'Territory',
    };
    const both = (membership: unknown) => [
      cell('gym_affiliate', { ...fields, [CLUBS]: membership }),
      cell('gym_affiliate_location', { ...fields, [CLUBS]: membership }),
    ];
    expect(both("I'm a member of another club")).toEqual(['Other territory', 'Region']);
    expect(both("I'm a member of a local club / Ich bin Mitglied")).toEqual(['Local', 'Territory']);
    expect(both("I'm not a member of any club")).toEqual(['Community', null]);
    expect(both('Something else')).toEqual([null, null]);
    expect(both(undefined)).toEqual([null, null]);
  });

  it('nationality, region and membership as they are written', () => {
    expect(cell('nationality', { nationality: ' DE ' })).toBe('DE');
    expect(cell('region_of_residence', { region_of_residence: 'Süß  winkel' })).toBe('Süß winkel');
    expect(cell('is_gym_affiliate', { [CLUBS]: 'I’m a member of a local club' })).toBe(
      'I’m a member of a local club',
    );
  });
});

describe('mended: in hyrox', () => {
  test.each(['I’m', "I'm", 'Iʼm', 'I`m', 'I am', 'I´m'])(
    'a membership is known by any apostrophe: %s',
    (iAm) => {
      expect(gym(`${iAm} a member of a local club`, 'Box 44')).toBe('Box 44');
    },
  );

  test.each([
    ['Café Zürich', 'Café Zürich'],
    ['Cafe\u0301 Zu\u0308rich', 'Café Zürich'],
    ['北灣健身', '北灣健身'],
    ['강남 크로스핏', '강남 크로스핏'],
    ['ยิมกรุงเทพ', 'ยิมกรุงเทพ'],
    ['हरित जिम', 'हरित जिम'],
    ['نادي النور', 'نادي النور'],
    ['Klub Żelazo', 'Klub Żelazo'],
    ['  Coast  &  Crew ', 'Coast Crew'],
    ["Gold's Gym!", 'Golds Gym'],
    ['F45 (Central)', 'F45 Central'],
  ])('a gym name survives in any script: %s', (name, kept) => expect(gym("I'm a member", name)).toBe(kept));

  test.each([
    'na',
    'N/A',
    'n.a.',
    'N / A',
    'none',
    'None.',
    'NO',
    'nil',
    'Other',
    '-',
    'x',
    'X.',
    '?',
    '',
    '  ',
    '體',
  ])('a gym called %s is none', (name) => expect(gym("I'm a member", name)).toBeNull());

  test.each(['No Limits', 'Other Side Gym', 'Nonesuch', 'NAS'])('a gym called %s is one', (name) =>
    expect(gym("I'm a member", name)).toBe(name),
  );

  const ODD = [null, undefined, '', ' \u200b\u00a0', 7, [], ['Yes'], {}, { a: 1 }];
  test('one odd value gives null in its column and never costs the ticket', () => {
    for (const [column, rule] of Object.entries(hyrox.columns)) {
      const read = columnReader(rule);
      for (const odd of [null, undefined, 5, 'text', true, [], [1]]) {
        expect(read({ extraFields: odd }), column).toBeNull();
        expect(read(odd), column).toBeNull();
      }
      for (const slug of [...rule.fields, ...rule.by]) {
        for (const odd of ODD) {
          const value = read({ extraFields: { [slug]: odd } });
          // A number is some text, but no word, date or yes.
          expect(value, `${column} of ${JSON.stringify(odd)}`).toBe(
            odd === 7 && rule.reader === 'text' && rule.by.length === 0 ? '7' : null,
          );
        }
      }
    }
  });

  test('a field that is called like a property of every object is not there', () => {
    const profile = withFields(loadProfile('generic'), { odd: 'constructor', odder: '__proto__' });
    expect(cell('odd', {}, profile)).toBeNull();
    expect(cell('odder', {}, profile)).toBeNull();
    expect(cell('odder', JSON.parse('{"__proto__":"here"}'), profile)).toBe('here');
  });

  test('a value that PostgreSQL could not hold is cleaned', () => {
    expect(cell('nationality', { nationality: 'D\0E' })).toBe('DE');
    expect(cell('nationality', { nationality: 'x\ud83c' })).toBe('x\ufffd');
  });
});

describe('a number', () => {
  const number = withFields(loadProfile('generic'), { n: 'n' }).columns.n!;
  const read = columnReader({ ...number, type: 'numeric', reader: 'number' });
  it.each([
    [12, '12'],
    [-0.5, '-0.5'],
    ['12.50', '12.50'],
    [' 7 ', '7'],
    ['1,234', null],
    ['1.2.3', null],
    ['12 km', null],
    ['NaN', null],
    [Number.POSITIVE_INFINITY, null],
    [true, null],
    ['', null],
  ])('%o is read as %s', (value, as) => expect(read({ extraFields: { n: value } })).toBe(as));
});

describe('EVENT_CONFIGS__<region>__field_<column>', () => {
  it('replaces the field of a column, keeps its reader, and leaves the profile alone', () => {
    const mine = withFields(hyrox, { birthday: 'dob', gym_affiliate: 'gym' });
    expect(cell('birthday', { dob: '12.05.1990', birth_date: '2000-01-01' }, mine)).toBe('1990-05-12');
    expect(cell('gym_affiliate', { gym: 'Café Zürich' }, mine)).toBe('Café Zürich');
    expect(cell('gym_affiliate', { gym: 'n/a' }, mine)).toBeNull();
    expect(hyrox.columns.birthday?.fields).toEqual(['birth_date']);
    expect(Object.isFrozen(mine.columns.gym_affiliate?.fields)).toBe(true);
  });

  it('adds a text column, and a standard one with the reader that its type asks for', () => {
    const mine = withFields(loadProfile('generic'), {
      zip: 'zip_code',
      birthday: 'dob',
      is_returning_athlete: 'back',
    });
    expect(Object.values(mine.columns).map(({ type }) => type)).toEqual(['text', 'date', 'boolean']);
    expect(cell('zip', { zip_code: 10115 }, mine)).toBe('10115');
    expect(cell('is_returning_athlete', { back: 'Yes' }, mine)).toBe('true');
  });
});

describe('a name of a column', () => {
  it('may be none that a ticket has already', () => {
    for (const name of Object.keys(tickets.columns)) {
      if (!Object.hasOwn(STANDARD_COLUMNS, name)) expect(columnNameProblem(name), name).toContain('already');
    }
    for (const name of ['raw', 'run_id', 'category', 'age', 'xmin']) expect(RESERVED.has(name)).toBe(true);
    for (const name of Object.keys(STANDARD_COLUMNS)) expect(columnNameProblem(name)).toBeNull();
  });

  it.each(['', 'Größe', 'a-b', '1st', 'UPPER', 'x'.repeat(64), '__proto__', 'a b'])('is not %o', (name) =>
    expect(columnNameProblem(name)).toContain('not a name'),
  );
});
