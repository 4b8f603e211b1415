/** The figures of a run as a file for the textfile collector of node_exporter. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { METRICS, type Definition } from './definitions.js';

/**
 * Replaces the file in one step, so that a reader sees the old figures or the new ones. Counters go on from the file that is there,
 * and what this run could not tell stays. Throws what the file system says.
 */
export async function writeMetricsFile(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const before = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  // The collector reads every file that ends with .prom.
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, continueFigures(before, text));
    // The collector is another user.
    await chmod(draft, 0o644);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

interface Block {
  /** The lines of HELP and TYPE. */
  readonly head: readonly string[];
  /** Value by series. */
  readonly series: ReadonlyMap<string, string>;
}

/** The figures of `now`, with the counters of `before` added, and with what only `before` tells where that is to be kept. */
export function continueFigures(before: string, now: string): string {
  const older = blocksOf(before);
  const lines = [...blocksOf(now)].flatMap(([name, { head, series }]) => {
    const past = older.get(name)?.series ?? new Map<string, string>();
    return [...head, ...[...continued(name, past, series)].map(([key, value]) => `${key} ${value}`)];
  });
  return `${lines.join('\n')}\n`;
}

function continued(name: string, past: Block['series'], now: Block['series']): Block['series'] {
  const definition: Definition | undefined = (METRICS as Readonly<Record<string, Definition>>)[name];
  if (definition === undefined || definition.type === 'gauge')
    return now.size === 0 && definition?.only === 'kept' ? past : now;
  const sums = new Map(past);
  for (const [key, value] of now) {
    const sum = Number(value) + Number(past.get(key) ?? 0);
    sums.set(key, Number.isFinite(sum) ? String(sum) : value);
  }
  return sums;
}

function blocksOf(text: string): Map<string, Block> {
  const blocks = new Map<string, { head: string[]; series: Map<string, string> }>();
  let current: { head: string[]; series: Map<string, string> } | undefined;
  for (const line of text.split('\n')) {
    const name = /^# (?:HELP|TYPE) (\S+)/.exec(line)?.[1];
    if (name !== undefined) {
      current = blocks.get(name) ?? { head: [], series: new Map() };
      current.head.push(line);
      blocks.set(name, current);
    } else if (line !== '' && !line.startsWith('#')) {
      const blank = line.lastIndexOf(' ');
      current?.series.set(line.slice(0, blank), line.slice(blank + 1));
    }
  }
  return blocks;
}
