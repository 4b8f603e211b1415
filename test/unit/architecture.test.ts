import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');

/** What everything but the simulator stands on. */
const FOUNDATION = ['profile', 'config', 'logging', 'metrics'];

/** Folders that a folder may import from, besides itself, the foundation and the root files. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  profile: [],
  config: ['profile'],
  logging: ['config'],
  metrics: [],
  streams: FOUNDATION,
  source: [...FOUNDATION, 'streams'],
  transform: [...FOUNDATION, 'streams'],
  load: [...FOUNDATION, 'streams'],
  adopt: [...FOUNDATION, 'streams', 'load'],
  reports: [...FOUNDATION, 'streams', 'source', 'transform', 'load', 'adopt'],
  sync: [...FOUNDATION, 'streams', 'source', 'transform', 'load', 'reports'],
  work: [...FOUNDATION, 'streams', 'source', 'transform', 'load', 'reports', 'sync'],
  server: [...FOUNDATION, 'streams', 'source', 'transform', 'load', 'reports', 'sync', 'work'],
  library: [...FOUNDATION, 'streams', 'source', 'transform', 'load', 'reports', 'sync'],
  commands: [
    ...[...FOUNDATION, 'streams', 'source', 'transform', 'load', 'adopt', 'reports', 'sync'],
    ...['work', 'server', 'simulator'],
  ],
  simulator: [],
};

/** Root files that gather everything. */
const ENTRY_POINTS = ['cli.ts', 'index.ts'];

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const sourceOf = (file: string) => readFileSync(path.join(SRC, file), 'utf8');
const folderOf = (file: string) => (file.includes(path.sep) ? (file.split(path.sep)[0] ?? '') : '');

/** Files of src that a source imports or re-exports from, statically or not. */
function importsOf(file: string, source: string): string[] {
  const found = source.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g);
  return [...found].map(([, to]) => path.relative(SRC, path.resolve(SRC, path.dirname(file), to ?? '')));
}

/** What is wrong with one import, or null. */
function breach(file: string, to: string): string | null {
  const from = folderOf(file);
  const target = folderOf(to);
  if (to.startsWith('..') || target === '') return null;
  if (from === '' && ENTRY_POINTS.includes(file)) return null;
  if (from === target || MAY_IMPORT[from]?.includes(target)) return null;
  return `${file} imports ${to}`;
}

const PAGE = path.resolve(import.meta.dirname, '../../dashboard/src');

describe('dashboard', () => {
  it('knows of the rest the types of the API alone', () => {
    const all = readdirSync(PAGE, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.tsx?$/.test(file),
    );
    expect(all.length).toBeGreaterThan(20);
    const outside = all.flatMap((file) =>
      [
        ...readFileSync(path.join(PAGE, file), 'utf8').matchAll(
          /^(import|export)( type)?[^;]*? from '(\.[^']+)';/gm,
        ),
      ]
        .filter(([, , , to]) =>
          path.relative(PAGE, path.resolve(PAGE, path.dirname(file), to ?? '')).startsWith('..'),
        )
        .filter(([, , type, to]) => type === undefined || !to?.endsWith('/src/server/api/types.js'))
        .map(([, , , to]) => `${file} imports ${to ?? ''}`),
    );
    expect(outside).toEqual([]);
  });
});

describe('src', () => {
  it('keeps the layers: nothing imports what stands above or beside it', () => {
    const breaches = files.flatMap((file) =>
      importsOf(file, sourceOf(file)).flatMap((to) => breach(file, to) ?? []),
    );
    expect(breaches).toEqual([]);
  });

  it('has no folder without a layer', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
  });

  it('reads process.env in config files only', () => {
    const readers = files.filter((file) => /\bprocess\s*(\.\s*env\b|\[)/.test(sourceOf(file)));
    const named = files.filter((file) =>
      /import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'(node:)?process'/.test(sourceOf(file)),
    );
    expect([...readers, ...named].filter((file) => !/^config[/\\]/.test(file))).toEqual([]);
  });

  it('has no file over 250 lines', () => {
    const lines = (file: string) => sourceOf(file).trimEnd().split('\n').length;
    expect(files.filter((file) => lines(file) > 250)).toEqual([]);
  });
});

describe('the check of the layers', () => {
  it.each([
    ['source/a.ts', `import { x } from '../load/b.js';`],
    ['transform/a.ts', `import type { x } from '../source/b.js';`],
    ['load/a.ts', `import {\n  x,\n  y,\n} from '../transform/b.js';`],
    ['streams/a.ts', `export { x } from '../source/b.js';`],
    ['sync/a.ts', `const x = await import('../work/b.js');`],
    ['work/a.ts', `import '../server/b.js';`],
    ['reports/a.ts', `import { x } from '../sync/b.js';`],
    ['simulator/a.ts', `import { x } from '../streams/b.js';`],
    ['load/embedded/a.ts', `import { x } from '../../sync/b.js';`],
    ['errors.ts', `import { x } from './streams/b.js';`],
    ['server/a.ts', `import { x } from '../commands/b.js';`],
    ['unknown/a.ts', `import { x } from '../streams/b.js';`],
  ])('finds the breach in %s: %s', (file, source) => {
    expect(importsOf(file, source).map((to) => breach(file, to))).toEqual([expect.stringContaining(file)]);
  });

  it.each([
    ['sync/a.ts', `import { x } from '../load/b.js';`],
    ['load/embedded/a.ts', `import { x } from '../../errors.js';`],
    ['cli.ts', `import { x } from './commands/b.js';`],
    ['index.ts', `export { x } from './source/b.js';`],
    ['simulator/a.ts', `import { x } from '../errors.js';`],
  ])('lets %s: %s', (file, source) => {
    expect(importsOf(file, source).map((to) => breach(file, to))).toEqual([null]);
  });
});
