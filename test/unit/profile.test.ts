import { describe, expect, it, test } from 'vitest';
import { classifier, loadProfile, shopCategory, type Classification } from '../../src/profile/profile.js';
import { TICKET_TYPES } from '../../src/simulator/ticket-types.js';

const hyrox = loadProfile('hyrox');
const generic = loadProfile('generic');
const say = classifier(hyrox);
const brief = ({ category, division, day, teamSize, teamRole }: Classification) =>
  [category, division, day ?? '-', teamSize, teamRole].join(', ');

describe('hyrox says of a ticket', () => {
  it.each([
    ['HYROX MEN | SATURDAY', 'single, HYROX MEN, SATURDAY, 1, main'],
    ['HYROX WOMEN | THURSDAY', 'single, HYROX WOMEN, THURSDAY, 1, main'],
    ['HYROX PRO MEN | FRIDAY', 'single, HYROX PRO MEN, FRIDAY, 1, main'],
    ['RACE PRO WOMEN | FRIDAY', 'single, HYROX PRO WOMEN, FRIDAY, 1, main'],
    ['HYROX ADAPTIVE MEN', 'single, HYROX ADAPTIVE MEN, -, 1, main'],
    ['HYROX ADAPTIVE WOMEN | SUNDAY', 'single, HYROX ADAPTIVE WOMEN, SUNDAY, 1, main'],
    ['HYROX DOUBLES MEN | SUNDAY', 'double, HYROX DOUBLES MEN, SUNDAY, 2, main'],
    ['HYROX DOUBLES MEN | ATHLETE 2 | SUNDAY', 'double, HYROX DOUBLES MEN, SUNDAY, 2, member'],
    ['HYROX PRO DOUBLES WOMEN', 'double, HYROX PRO DOUBLES WOMEN, -, 2, main'],
    ['HYROX PRO DOUBLES MIXED', 'double, HYROX PRO DOUBLES MIXED, -, 2, main'],
    ['HYROX MIXED RELAY | SATURDAY', 'relay, HYROX MIXED RELAY, SATURDAY, 4, main'],
    ['HYROX RELAY MIXED | TEAM MEMBER | SATURDAY', 'relay, HYROX MIXED RELAY, SATURDAY, 4, member'],
    ['HYROX WOMEN RELAY', 'relay, HYROX WOMEN RELAY, -, 4, main'],
    ['HYROX CORPORATE RELAY', 'relay, HYROX CORPORATE RELAY, -, 4, main'],
    ['HYROX CORPORATE RELAY MIXED | TEAM MEMBER 3', 'relay, HYROX CORPORATE RELAY, -, 4, member'],
    ['SPECTATOR | SATURDAY', 'spectator, SPECTATOR, SATURDAY, 1, main'],
    ['SPECTATOR | 2 DAYS', 'spectator, SPECTATOR | 2 DAYS, MULTI_DAY, 1, main'],
    ['SPECTATOR 3-DAY PASS', 'spectator, SPECTATOR | 3 DAYS, MULTI_DAY, 1, main'],
    ['HYROX', 'extra, EXTRA, -, 1, main'],
  ])('%s: %s', (name, said) => expect(brief(say(name))).toBe(said));

  it('the division and day of every ticket type of the simulator', () => {
    for (const { name } of TICKET_TYPES) {
      const [, division = '', day = ''] = /^RACE (.*?) \| (?:.* \| )?(\w+)$/.exec(name) ?? [];
      const [category, as, teamSize] = /SPECTATOR/.test(division)
        ? ['spectator', 'SPECTATOR', 1]
        : /FRIEND/.test(division)
          ? ['extra', 'EXTRA', 1]
          : /RELAY/.test(division)
            ? ['relay', 'HYROX MIXED RELAY', 4]
            : [
                /DOUBLES/.test(division) ? 'double' : 'single',
                `HYROX ${division}`,
                /DOUBLES/.test(division) ? 2 : 1,
              ];
      const teamRole = /ATHLETE 2|TEAM MEMBER/.test(name) ? 'member' : 'main';
      expect(say(name), name).toEqual({ category, division: as, day, teamSize, teamRole });
    }
  });

  it.each(['ATHLETE 2', 'Athlete 3', 'ATHLETE 4', 'ATHLETE2', 'ATHLETE TWO', 'TEAM MEMBER', 'Team Member 4'])(
    '%s: a member',
    (who) => expect(say(`RELAY MIXED | ${who}`).teamRole).toBe('member'),
  );

  it.each(['ATHLETE 1', 'TEAM CAPTAIN', 'ATHLETE', ''])('%s: the main ticket', (who) =>
    expect(say(`RELAY MIXED | ${who}`).teamRole).toBe('main'),
  );
});

describe('mended: in hyrox', () => {
  test.each([
    ['SPECTATOR MULTI-DAY PASS'],
    ['SPECTATOR MULTI_DAY'],
    ['Multiday Spectator'],
    ['SPECTATOR | 2 DAYS'],
    ['SPECTATOR | TWO DAYS'],
    ['SPECTATOR | 3DAYS'],
    ['SPECTATOR 4-day'],
    ['SPECTATOR | SATURDAY & SUNDAY'],
    ['SPECTATOR FRI/SAT/SUN'],
    ['SPECTATOR FRIDAY–SUNDAY'],
    ['SPECTATOR | WEEKEND'],
    ['SPECTATOR | BOTH DAYS'],
  ])('a multi-day pass is MULTI_DAY, not Saturday: %s', (name) => expect(say(name).day).toBe('MULTI_DAY'));

  test.each(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'])(
    '%s counts as a day, as do its short forms',
    (day) => {
      for (const name of [day, day.toLowerCase(), day.slice(0, 3)]) {
        expect(say(`HYROX MEN | ${name}`).day).toBe(day);
        expect(say(`HYROX MEN ${name} 10:30`).day).toBe(day);
      }
    },
  );

  test.each([
    'HYROX MEN',
    'HYROX DOUBLES MIXED',
    'HYROX MEN | DAY 1',
    'HYROX MEN SUNDAYS',
    'SATURDAYNIGHT MEN',
  ])('a name that says no day has none: %s', (name) => expect(say(name).day).toBeNull());

  test('the second athlete of the first day is no pass for two days', () => {
    expect(brief(say('HYROX DOUBLES MEN | ATHLETE 2 | DAY 1'))).toBe(
      'double, HYROX DOUBLES MEN, -, 2, member',
    );
  });

  test('one weekday counts more than the name of the weekend', () => {
    expect(say('RACE WEEKEND MEN | SATURDAY').day).toBe('SATURDAY');
  });

  test.each([
    'DOUBLES MIXED',
    'MIXED DOUBLES',
    'DOUBLES MIXED | GERMANY',
    'DOUBLES MIXED Manchester',
    'MIXED DOUBLES | MANILA',
    'Doubles Mixed (men & women)',
  ])('MIXED is looked for before MEN: %s', (name) => expect(say(name).division).toBe('HYROX DOUBLES MIXED'));

  test.each(['GERMANY', 'Manchester', 'Manila', 'WOMENSWEAR', 'Omen', 'Amendment', 'Mentor'])(
    'only whole words count: %s is nobody',
    (word) => {
      expect(say(`HYROX ${word}`).category).toBe('extra');
      expect(say(`HYROX WOMEN | ${word}`).division).toBe('HYROX WOMEN');
      expect(say(`HYROX DOUBLES | ${word}`).division).toBe('HYROX DOUBLES');
    },
  );

  test.each(['DOUBLES SPECTATOR', 'Spectator Doubles | SUNDAY', 'RELAY SPECTATOR', 'MEN SPECTATORS'])(
    'a spectator of any race is a spectator: %s',
    (name) => expect(say(name)).toMatchObject({ category: 'spectator', division: 'SPECTATOR', teamSize: 1 }),
  );

  test.each([
    'FRIEND OF THE RACE',
    'Friends & Family',
    'SPORTOGRAF Photo Flat DOUBLES',
    'PHOTO PACKAGE MEN',
    'TRANSFER FEE DOUBLES',
    'COMPLIMENTARY MEN',
    'PARKING',
    'PARKING | SATURDAY',
    'SPECTATOR PARKING',
    'MERCHANDISE BUNDLE',
    "MEN'S T-SHIRT",
    'FINISHER SHIRT WOMEN',
    'HOODIE WOMEN',
    'BAG DROP',
    'Locker Men',
    'VIP LOUNGE',
    'SINGLE DAY PASS',
    'AFTER PARTY',
    'Something new',
    '주차권',
    '',
    '|',
  ])('what is no race is extra, not an athlete: %s', (name) =>
    expect(say(name)).toMatchObject({ category: 'extra', division: 'EXTRA', teamSize: 1, teamRole: 'main' }),
  );

  test('what is included in a race does not make it an extra', () => {
    expect(say('HYROX MEN incl. Finisher Shirt').category).toBe('single');
    expect(say('HYROX DOUBLES MIXED (including photo package)').category).toBe('double');
  });

  test('a ticket without a name is extra', () => {
    expect(brief(say(null))).toBe('extra, EXTRA, -, 1, main');
  });
});

describe('a name is read by its words', () => {
  test.each([
    'hyrox   doubles men|friday',
    'HYROX\u00a0DOUBLES\tMEN\nFRIDAY',
    'ＨＹＲＯＸ ＤＯＵＢＬＥＳ ＭＥＮ ＦＲＩＤＡＹ',
    'HYROX-DOUBLES_MEN/FRIDAY',
    "HYROX Double MEN'S (Friday)",
    'HYROX DOUBLES Men’s Friday',
    'HYROX DOUBLES MEN2026 FRIDAY',
    'HYROX DOUBLES MEN男子 FRIDAY金曜日',
    'HYROX DOUBLES MEN남자 FRIDAY',
    'friday · men · doubles · hyrox',
    'DOUBLES MAN FRİDAY',
  ])('whatever its case, width and punctuation: %s', (name) =>
    expect(brief(say(name))).toBe('double, HYROX DOUBLES MEN, FRIDAY, 2, main'),
  );
});

describe('an under shop', () => {
  test.each([
    ['PARTNERSHIP ACCESS - Partner 1', 'partneraccess'],
    ['Partnership-Access', 'partneraccess'],
    ['PARTNERSHIP_ACCESS Café Zürich', 'partneraccess'],
    ['PARTNERSHIPACCESS', 'partneraccess'],
    ['DEPRECATED PARTNERSHIP ACCESS', null],
    ['GYM ACCESS', null],
    ['Secret Shop 4', null],
    ['', null],
    [null, null],
  ])('%s is of %s', (name, category) => expect(shopCategory(hyrox)(name)).toBe(category));

  test('is of none where the profile says nothing', () => {
    expect(shopCategory(generic)('PARTNERSHIP ACCESS')).toBeNull();
  });
});

describe('hyrox', () => {
  test('counts athletes as the headline', () => {
    expect(hyrox.groups).toEqual([
      { ticket_group: 'All_singles', categories: ['single'], is_headline: false },
      { ticket_group: 'All_doubles', categories: ['double'], is_headline: false },
      { ticket_group: 'All_relays', categories: ['relay'], is_headline: false },
      { ticket_group: 'spectators', categories: ['spectator'], is_headline: false },
      { ticket_group: 'Total_athletes', categories: ['single', 'double', 'relay'], is_headline: true },
    ]);
  });

  test('has the age ranges of singles, doubles and relays', () => {
    const labels = (category: string) =>
      hyrox.ages
        .filter((age) => age.category === category)
        .map(({ label, from, to }) => `${label} ${from}-${to}`);
    expect(labels('single')).toEqual([
      'U24 0-24',
      ...[25, 30, 35, 40, 45, 50, 55, 60, 65].map((from) => `${from}-${from + 4} ${from}-${from + 4}`),
      '70+ 70-null',
    ]);
    expect(labels('double')).toEqual([
      'U29 0-29',
      ...[30, 40, 50, 60].map((from) => `${from}-${from + 9} ${from}-${from + 9}`),
      '70+ 70-null',
    ]);
    expect(labels('relay')).toEqual(['U40 0-39', '40+ 40-null']);
  });

  test('is frozen at every depth', () => {
    expect(Object.isFrozen(hyrox.names.category[0]?.any)).toBe(true);
    expect(Object.isFrozen(say('HYROX MEN'))).toBe(true);
  });
});

describe('generic', () => {
  const any = classifier(generic);

  test('assumes nothing: a ticket, its own name as division, no day', () => {
    const name = 'Stehplatz Süd | SATURDAY';
    expect(any(name)).toEqual({
      category: 'ticket',
      division: name,
      day: null,
      teamSize: 1,
      teamRole: 'main',
    });
  });

  test('keeps the division in one piece: blanks that cannot be told apart make no second one', () => {
    expect(any(' Block  A\u00a01 ').division).toBe('Block A 1');
    expect(any('').division).toBe('(no name)');
    expect(any(null).division).toBe('(no name)');
  });

  test('has one group of everything and no columns', () => {
    expect(generic).toMatchObject({ name: 'generic', file: null, columns: {}, ages: [], capacities: [] });
    expect(generic.groups).toEqual([{ ticket_group: 'Total', categories: null, is_headline: true }]);
  });
});
