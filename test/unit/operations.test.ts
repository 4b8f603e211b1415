import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { program } from '../../src/commands/program.js';
import { VARIABLES } from '../../src/config/config.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');
const page = read('docs/operations.md');
const PAGES = ['docs/operations.md', 'docs/scaling.md', 'deploy/compose.yaml', 'deploy/compose.workers.yaml'];

/** `rejects list` and the like, with the command itself. */
function leaves(command: Command, before = ''): [name: string, command: Command][] {
  return command.commands.flatMap((sub) => {
    const name = `${before}${sub.name()}`;
    return sub.commands.length > 0 ? leaves(sub, `${name} `) : [[name, sub] as [string, Command]];
  });
}

const KNOWN = new Map(leaves(program()));

/** What stands behind `vivenu-ingest` wherever it is followed by a word that could be a command. */
const called = (text: string) =>
  [
    ...text.matchAll(
      /(?<![/\w-])(?<!-[ug] )(?<!cd )vivenu-ingest ((?:[a-z]+)(?: [a-z]+)?)((?: --[a-z-]+(?: [a-z][\w-]*)*)*)/g,
    ),
  ].map(([, words = '', options = '']) => ({
    words: words.split(' '),
    options: options.match(/--[a-z-]+/g) ?? [],
  }));

describe('docs/operations.md', () => {
  it('calls only commands and options that exist', () => {
    const calls = [...page.matchAll(/`[^`]+`|```[^]*?```/g)].flatMap(([code]) => called(code));
    const commands = calls.filter(({ words: [first = ''] }) => first !== 'sh');
    expect(commands.length).toBeGreaterThan(15);
    for (const { words, options } of commands) {
      const command = KNOWN.get(words.join(' ')) ?? KNOWN.get(words[0] ?? '');
      expect(command, words.join(' ')).toBeDefined();
      const known = command?.options.map(({ long }) => long);
      for (const option of options) expect(known, `${words.join(' ')} ${option}`).toContain(option);
    }
  });

  it('lets cron send a mail when a run failed, and none when it went well or another one was at work', () => {
    const lines = [...page.matchAll(/^(?:\S+ +){5}cd \/etc\/vivenu-ingest && (\{.*\})$/gm)].map(
      ([, line = '']) => line,
    );
    expect(lines).toHaveLength(2);
    // A shell that does not have the program is given a function of a name that it allows.
    const said = (line: string, code: number) => {
      const stub = `ingest() { echo a report; echo a line >&2; return ${code}; }; `;
      return spawnSync('sh', ['-c', stub + line.replace('vivenu-ingest run', 'ingest run')], {
        encoding: 'utf8',
      });
    };
    for (const line of lines) {
      expect(said(line, 0)).toMatchObject({ stdout: '', stderr: '' });
      expect(said(line, 1)).toMatchObject({ stdout: 'exit code 1\na report\na line\n', stderr: '' });
    }
    expect(said(lines[0] ?? '', 3)).toMatchObject({ stdout: '', stderr: '' });
  });

  it('has every exit code of a run', () => {
    const codes = [...page.matchAll(/^\| (\d+(?:\/\d+)?) +\|/gm)].map(([, code]) => code);
    expect(codes).toEqual(['0', '1', '2', '3', '130/143']);
  });

  it('says of every alert what to do, and of no other', () => {
    const { groups } = parse(read('deploy/alerts.yaml')) as {
      groups: { rules: { alert: string }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const rows = [...page.matchAll(/^\| `(VivenuIngest\w+)`/gm)].map(([, name]) => name);
    expect(rows).toEqual(alerts);
  });

  it('counts the logs as they are set', () => {
    const initial = (name: string) => Number(VARIABLES.find((one) => one.name === name)?.default);
    const most = (initial('LOG_BACKUP_COUNT') + 1) * initial('LOG_MAX_FILE_SIZE');
    expect(page).toContain(`${Math.round(most / 1e6)} MB as it comes`);
  });
});

describe.each(PAGES)('%s', (name) => {
  const text = read(name);

  it('names only variables that exist', () => {
    const own = ['NEW_DATABASE_URL'];
    const known = new Set([...VARIABLES.map((one) => one.name), ...own]);
    const named = [...text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([variable]) => variable);
    expect(named.filter((variable) => !known.has(variable) && !variable.startsWith('EVENT_CONFIGS'))).toEqual(
      [],
    );
  });

  it('links only to files that exist, and names only scripts that do', () => {
    for (const [, link = ''] of text.matchAll(/\]\((?!http)([^)#]+)/g))
      expect(existsSync(path.join(ROOT, path.dirname(name), link)), link).toBe(true);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g))
      expect(scripts).toHaveProperty([script]);
    for (const [, file = ''] of text.matchAll(/`?\b((?:src|test|sql|deploy|bench)\/[\w./-]+\.\w+)\b/g))
      expect(existsSync(path.join(ROOT, file)), file).toBe(true);
  });
});
