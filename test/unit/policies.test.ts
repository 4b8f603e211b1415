import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';
import * as policies from '../../src/source/policies.js';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/reliability.md'), 'utf8');

/** Rows of the tables of policies: name, default, variable. */
const rowsOf = (text: string) =>
  text.split('\n').flatMap((line) => {
    const [, name, initial, variable] = /^\| `([\w.]+)` +\| ([^|]+?) +\| (?:`(\w+)`)? +\|/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, initial, variable }];
  });

test('the table of policies tells every one, with its default', () => {
  const [vivenu = ''] = page.split('\n## PostgreSQL');
  const told = Object.fromEntries(rowsOf(vivenu).map(({ name, initial }) => [name, initial]));
  const { DEFAULTS, ...groups } = policies;
  const known = [
    ...Object.entries(DEFAULTS),
    ...Object.entries(groups).flatMap(([group, values]) =>
      Object.entries(values).map(([name, value]) => [`${group}.${name}`, value] as const),
    ),
  ];
  expect(told).toEqual(
    Object.fromEntries(known.map(([name, value]) => [name, [value].flat().map(String).join(', ')])),
  );
});

test('the variables that it names exist, and have the same defaults', () => {
  const named = rowsOf(page).filter(({ variable }) => variable !== undefined);
  expect(named.length).toBe(10);
  for (const { name, initial, variable } of named) {
    const setting = VARIABLES.find((one) => one.name === variable);
    expect(Number(setting?.default) * (name.endsWith('Ms') ? 1000 : 1), variable).toBe(Number(initial));
  }
});
