import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LogFile } from '../../src/logging/file.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-log-file-'));
  folders.push(directory);
  return directory;
}

const open = (directory: string, bounds: { maxBytes?: number; backups?: number } = {}) =>
  new LogFile({ directory, name: 'app', maxBytes: 100, backups: 2, ...bounds });
const none = () => '';
const sizes = (directory: string) =>
  Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((file) => [file, statSync(join(directory, file)).size]),
  );
const text = (directory: string, file: string) => readFileSync(join(directory, file), 'utf8');

describe('the log on disk', () => {
  it('begins a new file before the one in use would be too large, and drops the oldest', () => {
    const directory = folder();
    const log = open(directory);
    for (let line = 0; line < 11; line++) log.write(`${String(line).padStart(29)}\n`, none);
    log.close();
    expect(sizes(directory)).toEqual({ 'app.1.log': 90, 'app.2.log': 90, 'app.log': 60 });
    expect(text(directory, 'app.2.log').trim()).toMatch(/^3\n/);
    expect(text(directory, 'app.log').trim()).toMatch(/^9\n\s+10$/);
  });

  it('is gone on with by the next process', () => {
    const directory = folder();
    for (const line of ['a\n', 'b\n', 'c\n']) {
      const log = open(directory);
      log.write(line, none);
      log.close();
    }
    expect(text(directory, 'app.log')).toBe('a\nb\nc\n');
  });

  it('takes a line of exactly its size, and the short one for a larger line', () => {
    const directory = folder();
    const log = open(directory);
    log.write(`${'x'.repeat(99)}\n`, none);
    log.write(`${'y'.repeat(100)}\n`, () => 'short\n');
    log.write(`${'ü'.repeat(60)}\n`, () => `${'ü'.repeat(60)}\n`);
    log.close();
    expect(sizes(directory)).toEqual({ 'app.1.log': 100, 'app.log': 6 });
    expect(text(directory, 'app.log')).toBe('short\n');
  });

  it('counts bytes, not characters', () => {
    const directory = folder();
    const log = open(directory);
    for (let line = 0; line < 20; line++) log.write(`${'日本'.repeat(7)}\n`, none);
    log.close();
    for (const size of Object.values(sizes(directory))) expect(size).toBeLessThanOrEqual(100);
  });

  it('keeps no more than smaller bounds allow than last time', () => {
    const directory = folder();
    const before = open(directory, { backups: 9 });
    for (let line = 0; line < 40; line++) before.write(`${String(line).padStart(29)}\n`, none);
    before.close();
    expect(readdirSync(directory)).toHaveLength(10);
    open(directory, { backups: 2 }).close();
    expect(readdirSync(directory).sort()).toEqual(['app.1.log', 'app.2.log', 'app.log']);
    open(directory, { maxBytes: 50, backups: 2 }).close();
    const total = () => Object.values(sizes(directory)).reduce((sum, size) => sum + size, 0);
    expect(total()).toBeLessThanOrEqual(150);
    open(directory, { maxBytes: 10, backups: 1 }).close();
    expect(total()).toBe(0);
  });

  it('leaves files of others alone', () => {
    const directory = folder();
    const others = ['app.log.gz', 'app.old.log', 'app.0.log', 'other.7.log', 'app.1e3.log'];
    for (const file of others) writeFileSync(join(directory, file), 'x'.repeat(1000));
    const log = open(directory);
    for (let line = 0; line < 50; line++) log.write(`${'x'.repeat(29)}\n`, none);
    log.close();
    for (const file of others) expect(text(directory, file)).toHaveLength(1000);
  });

  it('goes on in the file that has the name after somebody moved or deleted the old one', () => {
    const directory = folder();
    const log = open(directory);
    log.write('one\n', none);
    renameSync(join(directory, 'app.log'), join(directory, 'moved.txt'));
    log.write('two\n', none);
    rmSync(join(directory, 'app.log'));
    log.write('three\n', none);
    log.close();
    expect(text(directory, 'moved.txt')).toBe('one\n');
    expect(text(directory, 'app.log')).toBe('three\n');
  });

  it('is not held up for ever by the lock of a process that was killed', () => {
    const directory = folder();
    const log = open(directory);
    const lock = join(directory, 'app.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 0, 0);
    const begin = performance.now();
    log.write('one\n', none);
    log.close();
    expect(performance.now() - begin).toBeLessThan(3000);
    expect(text(directory, 'app.log')).toBe('one\n');
    expect(existsSync(lock)).toBe(false);
  });

  it('notes an error instead of throwing it', () => {
    const directory = folder();
    const log = open(directory);
    rmSync(directory, { recursive: true });
    log.write('one\n', none);
    expect(log.error).toMatchObject({ code: 'ENOENT' });
    log.close();
  });

  it('never exceeds its bounds and loses no line but the oldest, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 300 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 80 }),
        (maxBytes, backups, lengths) => {
          const directory = mkdtempSync(join(tmpdir(), 'vivenu-log-file-'));
          const log = open(directory, { maxBytes, backups });
          const all = lengths.map((length, index) => `${index}:${'x'.repeat(length)}\n`);
          for (const line of all) log.write(line, none);
          log.close();
          const files = readdirSync(directory);
          expect(files.length).toBeLessThanOrEqual(backups + 1);
          for (const size of Object.values(sizes(directory))) expect(size).toBeLessThanOrEqual(maxBytes);
          const number = (file: string) => Number(/\.(\d+)\./.exec(file)?.[1] ?? 0);
          const kept = files.sort((a, b) => number(b) - number(a)).map((file) => text(directory, file));
          const fitting = all.filter((line) => line.length <= maxBytes).join('');
          expect(fitting.endsWith(kept.join(''))).toBe(true);
          rmSync(directory, { recursive: true });
        },
      ),
    );
  });
});
