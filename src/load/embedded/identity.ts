import { chown, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Stats } from 'node:fs';

/** The user that PostgreSQL runs as, when it is not the user of this process. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: Identity = { uid: 65534, gid: 65534 };

/** Whether this process is root, as which PostgreSQL refuses to run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Who the server runs as: the owner of the data when root uses an ordinary user's, else nobody; undefined means ourselves. */
export async function identityFor(dataDirectory: string): Promise<Identity | undefined> {
  if (!isRoot()) return undefined;
  const owner = await stat(dataDirectory).catch(() => undefined);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY;
}

/** Gives a file to the server's user; does nothing when that is ourselves. */
export async function giveTo(identity: Identity | undefined, file: string): Promise<void> {
  if (identity) await chown(file, identity.uid, identity.gid);
}

/** The folder on the way to `target` that this user may not enter, or undefined when the way is free. */
export async function barrier(target: string, identity: Identity | undefined): Promise<string | undefined> {
  if (!identity) return undefined;
  let folder = await nearestExisting(target);
  for (;;) {
    if (!mayEnter(await stat(folder), identity)) return folder;
    if (folder === path.dirname(folder)) return undefined;
    folder = path.dirname(folder);
  }
}

async function nearestExisting(target: string): Promise<string> {
  const real = await realpath(target).catch(() => undefined);
  return real ?? (await nearestExisting(path.dirname(target)));
}

function mayEnter(folder: Stats, { uid, gid }: Identity): boolean {
  if (folder.uid === uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}
