import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

const LOG = path.resolve(import.meta.dirname, '../../dist/logging/log.js');
const BACKUPS = 3;

/** A process that logs numbered lines into the folder as fast as it can. */
function logger(directory: string, maxFileSize: number, lines: number) {
  const source = `
    import { setupLogging } from ${JSON.stringify(LOG)};
    const config = { level: 'info', file: true, directory: ${JSON.stringify(directory)}, maxFileSize: ${maxFileSize}, backupCount: ${BACKUPS} };
    const log = setupLogging(config, { pretty: true });
    for (let line = 0; line < ${lines}; line++) {
      log.info({ line, text: 'x'.repeat(line % 200) }, 'written');
      if (line % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'inherit' });
  return { child, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

interface Line {
  pid: number;
  line: number;
}

/** The largest file and the most files that were seen while the processes ran. */
async function watch(directory: string, until: Promise<unknown>): Promise<{ bytes: number; files: number }> {
  const seen = { bytes: 0, files: 0 };
  const ended = new AbortController();
  void until.then(() => ended.abort());
  while (!ended.signal.aborted) {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.log'));
    seen.files = Math.max(seen.files, files.length);
    for (const file of files) {
      const { size } = await stat(path.join(directory, file)).catch(() => ({ size: 0 }));
      seen.bytes = Math.max(seen.bytes, size);
    }
    await sleep(2);
  }
  return seen;
}

async function keptLines(directory: string): Promise<Line[]> {
  const number = (file: string) => Number(/\.(\d+)\./.exec(file)?.[1] ?? 0);
  const files = (await readdir(directory)).filter((file) => file.endsWith('.log'));
  const texts = files
    .sort((a, b) => number(b) - number(a))
    .map((file) => readFile(path.join(directory, file), 'utf8'));
  return (await Promise.all(texts))
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('processes that log into one folder', () => {
  it.each([
    ['small files, each write under the lock', 5_000, 400],
    ['files so large that most writes take no lock', 200_000, 3000],
  ])('mix no lines and keep to the bounds together: %s', async (_, maxFileSize, lines) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-log-processes-'));
    try {
      const loggers = [1, 2, 3, 4].map(() => logger(directory, maxFileSize, lines));
      const ended = Promise.all(loggers.map((one) => one.ended));
      const seen = await watch(directory, ended);
      expect(await ended).toEqual([0, 0, 0, 0]);
      expect(seen.bytes).toBeLessThanOrEqual(maxFileSize);
      expect(seen.files).toBeLessThanOrEqual(BACKUPS + 1);
      const kept = await keptLines(directory);
      // Together they hold the newest lines without a gap.
      for (const pid of new Set(kept.map((line) => line.pid))) {
        const own = kept.filter((line) => line.pid === pid).map(({ line }) => line);
        expect(own).toEqual(Array.from({ length: own.length }, (_, index) => lines - own.length + index));
      }
      const files = (await readdir(directory)).sort();
      expect(files).toEqual(['vivenu-ingest.log', ...[1, 2, 3].map((n) => `vivenu-ingest.${n}.log`)].sort());
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('go on when one of them is killed at any moment', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-log-processes-'));
    try {
      const killed = [1, 2].map(() => logger(directory, 5_000, 1_000_000));
      await expect
        .poll(async () => (await readdir(directory)).length, { timeout: 20_000 })
        .toBeGreaterThan(3);
      for (const { child } of killed) child.kill('SIGKILL');
      for (const { ended } of killed) await ended;
      const survivor = logger(directory, 5_000, 100);
      expect(await survivor.ended).toBe(0);
      const kept = await keptLines(directory);
      expect(
        kept
          .filter(({ pid }) => pid === survivor.child.pid)
          .map(({ line }) => line)
          .at(-1),
      ).toBe(99);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
