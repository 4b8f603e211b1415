import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import {
  classifier,
  columnReader,
  loadProfile,
  shopCategory,
  STANDARD_COLUMNS,
} from '../../src/profile/profile.js';

const page = readFileSync(new URL('../../docs/profiles.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^( *)```yaml\n(.*?)^ *```$/gms)].map(([, indent = '', text = '']) =>
  text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);

const directory = mkdtempSync(join(tmpdir(), 'vivenu-profile-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const load = (text = '') => {
  writeFileSync(join(directory, 'mine.yaml'), text);
  return loadProfile('mine.yaml', directory);
};

describe('docs/profiles.md', () => {
  it('begins with a profile that extends hyrox', () => {
    const profile = load(blocks[0]);
    const say = classifier(profile);
    expect(say('BALCONY | FRIDAY')).toMatchObject({ category: 'spectator', day: 'FRIDAY' });
    expect(say('HYROX MEN | FRIDAY').division).toBe('HYROX MEN');
    expect(profile.capacities).toHaveLength(3);
    expect(Object.keys(profile.columns)).toContain('shirt');
  });

  it('holds a whole profile that does what it says', () => {
    const profile = load(blocks[1]);
    const say = classifier(profile);
    const brief = (name: string) => Object.values(say(name)).join(', ');
    expect(brief('Half-Marathon | SATURDAY')).toBe('race, HALF MARATHON, SATURDAY, 1, main');
    expect(brief('10K Run – Sunday')).toBe('race, 10K, SUNDAY, 1, main');
    expect(brief('Kids Run')).toBe('kids, KIDS, , 1, main');
    expect(brief('Relay Runner 2')).toBe('relay, RELAY, , 3, member');
    expect(brief('Photo 10k | 2-day')).toBe('extra, EXTRA, BOTH, 1, main');
    expect(brief('10k Saturday & Sunday')).toBe('race, 10K, BOTH, 1, main');
    expect(shopCategory(profile)('Turn-Verein Süd')).toBe('club');
    const cell = (column: string, extraFields: unknown) =>
      columnReader(profile.columns[column]!)({ extraFields });
    expect(cell('gender', { gender: 'Male / Männlich' })).toBe('Male');
    expect(cell('birthday', { date_of_birth: '2001-02-28' })).toBe('2001-02-28');
    expect(cell('club', { membership: 'I’m a member', club_name: 'Café Zürich' })).toBe('Café Zürich');
    expect(cell('vegan', { diet: 'Ja!' })).toBe('true');
    expect(cell('expected_minutes', { target_time: '71.5' })).toBe('71.5');
    expect(profile.groups.find(({ is_headline }) => is_headline)?.ticket_group).toBe('Runners');
  });

  it('says of words what holds', () => {
    const names = (rule: string) => classifier(load(`category: [{ is: yes, any: [${rule}] }, { is: no }]`));
    expect(names('men')('PRO MEN | FRIDAY').category).toBe('yes');
    for (const name of ['Germany', 'Women', "Men's 10K"]) expect(names('men')(name).category).toBe('no');
    for (const name of ["men's", 'MEN’S', 'mens']) expect(names('mens')(name).category).toBe('yes');
    expect(names('athlete 2')('ATHLETE2').category).toBe('yes');
    expect(names('men')('MEN男子').category).toBe('yes');
  });

  it('shows mistakes as they are told', () => {
    const [, shown = ''] = /```text\n(.*?)```/s.exec(page) ?? [];
    const [first, second] = shown.trim().split('\n');
    const told = (text: string) => {
      try {
        load(text);
      } catch (error) {
        if (error instanceof UsageError)
          return error.problems.map((problem) => problem.replace(/^mine\.yaml:\d+: /, ''));
        throw error;
      }
      return [];
    };
    const message = (line = '') => line.replace(/^profiles\/mine\.yaml:\d+: /, '');
    expect(told('category:\n  - { is: a, any: [x] }\n  - { is: b, anny: [x] }')).toContain(message(first));
    expect(
      told('division: [{ is: RUNNERS }]\nday: [{ is: FRIDAY }]\ncapacities: { FRIDAY: { RUNERS: 1 } }'),
    ).toEqual([message(second)]);
  });

  it('names every section, key, reader and standard column', () => {
    const sections = [
      'extends',
      'same',
      'category',
      'division',
      'day',
      'team_size',
      'member',
      'shops',
      'columns',
    ];
    for (const name of [...sections, 'ages', 'groups', 'headline', 'capacities'])
      expect(page).toContain(`${name}:`);
    const keys = [
      'any',
      'all',
      'none',
      'several',
      'field',
      'read',
      'by',
      'cases',
      'values',
      'drop',
      'shortest',
      'plain',
    ];
    const readers = ['text', 'first-word', 'yes-no', 'date', 'number'];
    for (const name of [...keys, ...readers, ...Object.keys(STANDARD_COLUMNS)])
      expect(page).toContain(`\`${name}\``);
  });
});
