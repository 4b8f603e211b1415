import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../src/commands/program.js';
import { VARIABLES } from '../../src/config/config.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
/** Tables as they are written, without the padding that the formatter adds. */
const readme = read('README.md').replaceAll(/ {2,}/g, ' ');
const own = readme + read('docs/simulator.md');

/** `rejects list` and the like, with the command itself. */
function leaves(command: Command, path = ''): [name: string, command: Command][] {
  return command.commands.flatMap((sub) => {
    const name = `${path}${sub.name()}`;
    return sub.commands.length > 0 ? leaves(sub, `${name} `) : [[name, sub] as [string, Command]];
  });
}

const rowOf = (name: string) =>
  readme.split('\n').find((line) => line.startsWith(`| \`vivenu-ingest ${name}`)) ?? '';

describe('README', () => {
  it.each(leaves(program()))('has %s with every option', (name, command) => {
    const described = name === 'simulate' ? own : rowOf(name);
    expect(described, `a row for ${name}`).not.toBe('');
    for (const { long } of command.options) expect(described, `${name} ${long ?? ''}`).toContain(long ?? '');
  });

  it('names no command and no option that does not exist', () => {
    const known = leaves(program());
    for (const [, name = ''] of readme.matchAll(/^\| `vivenu-ingest ([a-z]+(?: [a-z]+)?)/gm)) {
      const command = known.find(([path]) => path === name)?.[1];
      expect(command, name).toBeDefined();
      const options = command?.options.map(({ long }) => long);
      for (const [option] of rowOf(name).matchAll(/--[a-z-]+/g))
        expect(options, `${name} ${option}`).toContain(option);
    }
  });

  it('has every variable with its default and meaning, and no other', () => {
    for (const { name, default: value, meaning } of VARIABLES) {
      const shown = value ?? '–';
      expect(readme).toContain(`| \`${name}\` | ${shown} | ${meaning} |`);
    }
    const rows = [...readme.matchAll(/^\| `([A-Z][A-Za-z_<>]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(VARIABLES.map(({ name }) => name));
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, name = ''] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toHaveProperty([name]);
  });

  it.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])(
    '%s links only to files that exist',
    (name) => {
      for (const [, link = ''] of read(name).matchAll(/\]\((?!http)([^)#]+)/g))
        expect(() => read(link), link).not.toThrow();
    },
  );

  it('architecture names only files that exist', () => {
    for (const [, path = ''] of read('ARCHITECTURE.md').matchAll(
      /`((?:src|sql|test|bench)\/[\w./-]+\.(?:ts|sql|mjs))`/g,
    ))
      expect(() => read(path), path).not.toThrow();
  });
});
