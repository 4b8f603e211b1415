/** How long the disk takes to keep 8 KB, asked again and again beside what is measured: where it stalls, every commit does. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK = Buffer.alloc(8192);
const PLACES = 1000;
const PAUSE_MS = 10;

/** Milliseconds of each `fdatasync`, sorted, until the signal; in the folder of temporary files. */
export async function probeDisk(until: AbortSignal): Promise<number[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-disk-'));
  const file = await open(path.join(folder, 'probe'), 'w');
  const took: number[] = [];
  while (!until.aborted) {
    const began = performance.now();
    await file.write(BLOCK, 0, BLOCK.length, (took.length % PLACES) * BLOCK.length);
    await file.datasync();
    took.push(performance.now() - began);
    await sleep(PAUSE_MS);
  }
  await file.close();
  await rm(folder, { recursive: true, force: true });
  return took.sort((a, b) => a - b);
}
