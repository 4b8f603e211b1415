import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/config.js';
import { expectCommand } from './known-command.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const KNOWN = new Set(VARIABLES.map(({ name }) => name));
describe('the Dockerfile', () => {
  const text = read('deploy/Dockerfile');
  const file = DockerfileParser.parse(text);
  const instructions = file.getInstructions();
  const named = (keyword: string) => instructions.filter((one) => one.getKeyword() === keyword);

  it('has nothing that the linter objects to', () => {
    expect(validate(text)).toEqual([]);
  });

  it('builds every stage on the same Node, of a version that is named', () => {
    const images = file.getFROMs().map((from) => from.getImage());
    expect(new Set(images)).toEqual(new Set(['node:${NODE}']));
    expect(named('ARG').map((arg) => arg.getArgumentsContent())).toEqual([
      expect.stringMatching(/^NODE=\d+-(alpine|slim)$/),
    ]);
  });

  it('ends as an ordinary user, after the last file was put in place', () => {
    const keywords = instructions.map((one) => one.getKeyword());
    const user = named('USER').at(-1)?.getArgumentsContent() ?? 'root';
    expect(user).not.toMatch(/^(root|0)\b/);
    for (const keyword of ['COPY', 'RUN'])
      expect(keywords.lastIndexOf(keyword)).toBeLessThan(keywords.lastIndexOf('USER'));
  });

  it('starts the program without a shell, so that signals reach it, and looks after its health', () => {
    for (const keyword of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK']) {
      const content = named(keyword).at(-1)?.getArgumentsContent() ?? '';
      expect(() => JSON.parse(content.slice(content.indexOf('['))) as string[], keyword).not.toThrow();
    }
    expectCommand(JSON.parse(named('CMD').at(-1)?.getArgumentsContent() ?? '[]') as string[]);
  });

  it('sets variables that exist, and none that is secret', () => {
    const set = file.getENVs().flatMap((env) => env.getProperties().map((one) => one.getName()));
    for (const name of set.filter((one) => one !== 'NODE_ENV')) {
      expect(KNOWN, name).toContain(name);
      expect(VARIABLES.find((one) => one.name === name)?.secret, name).toBe(false);
    }
  });

  it('installs exactly what the lock file says, runs no script of a package and adds nothing from elsewhere', () => {
    for (const run of named('RUN').map((one) => one.getArgumentsContent() ?? '')) {
      expect(run).not.toMatch(/\bnpm (i|install|add)\b|curl|wget|sudo|\bapk\b|\bapt/);
      if (run.includes('npm ci')) expect(run).toContain('--ignore-scripts');
    }
    expect(named('ADD')).toEqual([]);
  });

  it('names in .dockerignore what it copies, and lets nothing else in', () => {
    const lines = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const [first, ...allowed] = lines;
    expect(first).toBe('*');
    const copied = file
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .map((argument) => argument.getValue())
          .slice(0, -1),
      );
    expect(new Set(copied.map((name) => `!${name.split('/')[0] ?? ''}`))).toEqual(new Set(allowed));
    for (const name of copied) expect(existsSync(path.join(ROOT, name)), name).toBe(true);
  });
});

const UNITS = readdirSync(path.join(ROOT, 'deploy/systemd'));
const unit = (name: string) => read(`deploy/systemd/${name}`);
const values = (text: string, key: string) =>
  [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
/** It judges files without a system that runs since version 250. */
const hasSystemd =
  Number(
    /^systemd (\d+)/.exec(spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout)?.[1],
  ) >= 250;

describe('the systemd units', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'vivenu-units-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The units with a program that exists on this machine. */
  function placed(): string[] {
    return UNITS.map((name) => {
      const file = path.join(folder, name);
      writeFileSync(file, unit(name).replace(/^ExecStart=vivenu-ingest/m, 'ExecStart=/bin/true'));
      return file;
    });
  }

  it.runIf(hasSystemd)('are found right by systemd (needs systemd-analyze)', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...placed()], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.runIf(hasSystemd)('expose little: systemd rates them 2 of 10 or better (needs systemd-analyze)', () => {
    const services = placed().filter((file) => file.endsWith('.service'));
    for (const file of services) {
      const { status, stdout } = spawnSync(
        'systemd-analyze',
        ['security', '--offline=yes', '--no-pager', '--threshold=20', file],
        { encoding: 'utf8' },
      );
      expect(status, stdout).toBe(0);
    }
  });

  it('start commands that exist, of which one alone does the work where there are workers', () => {
    const operations = read('docs/operations.md');
    const [dropIn = ''] = /^ExecStart=vivenu-ingest .+$/m.exec(operations) ?? [];
    expect(dropIn).toBe('ExecStart=vivenu-ingest serve --workers');
    const lines = UNITS.flatMap((name) => values(unit(name), 'ExecStart'));
    expect(lines).toEqual(['vivenu-ingest worker', 'vivenu-ingest serve']);
    for (const line of [...lines, ...values(dropIn, 'ExecStart')]) expectCommand(line.split(' ').slice(1));
  });

  it('set variables that exist, and no secret', () => {
    for (const name of UNITS)
      for (const assignment of values(unit(name), 'Environment')) {
        const variable = VARIABLES.find((one) => one.name === assignment.split('=')[0]);
        expect(variable?.secret, assignment).toBe(false);
      }
  });

  it('guard all services alike', () => {
    const guards = UNITS.filter((name) => name.endsWith('.service')).map((name) =>
      unit(name).slice(unit(name).indexOf('NoNewPrivileges=')),
    );
    expect(new Set(guards).size).toBe(1);
  });
});
