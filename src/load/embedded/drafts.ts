import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from './postmaster.js';

/** Makes a folder to work in, which is renamed when it is whole; its name tells whose it is. */
export async function makeDraft(home: string, mode: number): Promise<string> {
  const draft = path.join(home, `draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(draft);
  await chmod(draft, mode);
  return draft;
}

/** Removes the drafts of processes that were killed. */
export async function removeDeadDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const pid = Number(/^draft-(\d+)-/.exec(name)?.[1]);
    if (pid && !isAlive(pid)) await rm(path.join(home, name), { recursive: true, force: true });
  }
}
