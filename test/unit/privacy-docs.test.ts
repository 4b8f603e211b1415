import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OUT_OF_REACH } from '../../src/commands/erase-text.js';
import { loadProfile } from '../../src/profile/profile.js';
import { coupons } from '../../src/streams/coupons.js';
import type { Remains } from '../../src/streams/erased.js';
import { shapeOf } from '../../src/streams/shape.js';
import { tickets } from '../../src/streams/tickets.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const exists = (name: string) => existsSync(new URL(`../../${name}`, import.meta.url));
const page = read('docs/privacy.md');
const security = read('docs/security.md');

/** Paths of all that is left, a list of keys as `addOns (…)`. */
const pathsOf = (remains: Remains, before = ''): string[] =>
  [...remains].flatMap(([key, part]) => {
    if (part === 'value') return [`${before}${key}`];
    if (!Array.isArray(part)) return pathsOf(part as Remains, `${before}${key}.`);
    return [part.length === 0 ? `${before}${key}` : `${before}${key} (${part.join(', ')})`];
  });

const options = { storeBarcodes: true, excludeFields: [], profile: loadProfile('hyrox') };

describe('docs/privacy.md', () => {
  it.each([tickets, coupons])('lists exactly what is left of $name', (stream) => {
    const [, list = ''] =
      new RegExp(`<!-- remains of ${stream.name} -->(.*?)<!-- end -->`, 's').exec(page) ?? [];
    const named = list
      .replaceAll('`', '')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .split(/, (?![^(]*\))/);
    expect(named.toSorted()).toEqual(pathsOf(shapeOf(stream, options).remains).toSorted());
  });

  it('lists what the command says that it cannot reach', () => {
    const [, list = ''] = /### Where it may still be\n\n(.*?)\n\n/s.exec(page) ?? [];
    expect(list.split('\n').map((line) => line.replace(/^- /, ''))).toEqual(OUT_OF_REACH);
  });
});

describe.each([
  ['docs/privacy.md', page],
  ['docs/security.md', security],
])('%s', (_, text) => {
  it('names only files that exist', () => {
    const named = [...text.matchAll(/`((?:src|sql|test|deploy|docs)\/[\w./-]+)`/g)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !exists(name))).toEqual([]);
    for (const [, link = ''] of text.matchAll(/\]\((?!http)([^)#]+)/g))
      expect(exists(`docs/${link}`), link).toBe(true);
  });
});

describe('docs/security.md', () => {
  const threats = security.split(/^### /m).slice(1);

  it.each(threats.map((text) => [text.split('\n')[0] ?? '', text.replaceAll(/\s+/g, ' ')]))(
    'has for “%s” a guard in a file, and tests that exist',
    (_, text) => {
      expect(text).toMatch(/`(src|sql)\/[\w./-]+`|`package(-lock)?\.json`/);
      const tests = [...text.matchAll(/`(test\/[\w./-]+\.test\.ts)`: ((?:“[^”]+”(?:, )?)+)/g)];
      expect(tests.length).toBeGreaterThan(0);
      for (const [, file = '', names = ''] of tests)
        for (const [, name = ''] of names.replaceAll('`', '').matchAll(/“([^”]+)”/g))
          expect(namesIn(read(file)), `${file}: ${name}`).toContain(name);
    },
  );
});

/** Names of a file's tests as they are written. */
const namesIn = (source: string): string[] =>
  [...source.matchAll(/(?:\b(?:it|test)|\))\(\s*'((?:[^'\\]|\\.)*)'/g)].map(([, name = '']) => name);
