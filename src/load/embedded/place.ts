import { randomBytes } from 'node:crypto';
import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FatalError } from '../../errors.js';
import { barrier, identityFor, isRoot, type Identity } from './identity.js';

/** Where the embedded server lives, and as whom. */
export interface Place {
  /** Folder of everything: `cluster/data`, `cluster/password`, `server.log`, copied binaries. */
  readonly home: string;
  readonly data: string;
  readonly log: string;
  readonly identity: Identity | undefined;
  /** One sentence for the user when the data is not below the folder that was asked for. */
  readonly notice: string | undefined;
}

const MARKER = 'ABOUT.txt';
const LOCATION = 'location';
const ABOUT =
  'The PostgreSQL server of vivenu-ingest. Delete this folder only while the server is stopped.\n';
const SYSTEM_FOLDER = '/var/lib';

/**
 * Finds or makes the home of the server below `directory`. As root, when the server's user cannot get there, a folder
 * elsewhere takes its place and `directory` remembers which. Throws a FatalError for a folder that is not ours.
 */
export async function findPlace(directory: string): Promise<Place> {
  const root = path.resolve(directory);
  await refuseDatabase(root);
  await mkdir(root, { recursive: true, mode: isRoot() ? 0o755 : 0o700 }).catch((cause: unknown) => {
    throw new FatalError(
      `${root} cannot be made: start in a folder that you may write to, or set DATABASE_URL.`,
      { cause },
    );
  });
  const inside = path.join(await realpath(root), 'postgres');
  await claim(inside);
  if (!isRoot()) return placeAt(inside, undefined, undefined);

  const identity = await identityFor(path.join(inside, 'cluster', 'data'));
  const elsewhere = (await readLocation(inside)) ?? (await moveAway(root, inside, identity));
  if (elsewhere === undefined) return placeAt(inside, identity, undefined);
  const notice = `The database lives in ${elsewhere}, because PostgreSQL does not run as root and no other user can enter ${root}.`;
  return placeAt(elsewhere, await identityFor(path.join(elsewhere, 'cluster', 'data')), notice);
}

function placeAt(home: string, identity: Identity | undefined, notice: string | undefined): Place {
  return {
    home,
    data: path.join(home, 'cluster', 'data'),
    log: path.join(home, 'server.log'),
    identity,
    notice,
  };
}

async function refuseDatabase(root: string): Promise<void> {
  const version = await readFile(path.join(root, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return;
  throw new FatalError(
    `${root} is a data folder of another PostgreSQL (version ${version.trim()}). Name a folder of its own for vivenu-ingest, or set DATABASE_URL to use that server.`,
  );
}

/** Makes the folder ours, or makes sure that it is: marked, a real folder, and of this user. */
async function claim(folder: string): Promise<void> {
  await mkdir(folder, { mode: isRoot() ? 0o711 : 0o700 }).catch(ignoreExisting);
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new FatalError(`${folder} is not a folder. Move it away.`);
  if (!isRoot() && process.getuid && found.uid !== process.getuid()) {
    throw new FatalError(
      `${folder} belongs to user ${found.uid}, this is user ${process.getuid()}. Run as that user, or start in another folder.`,
    );
  }
  const entries = await readdir(folder);
  if (entries.includes(MARKER)) return;
  if (entries.length > 0) {
    throw new FatalError(
      `${folder} is not empty and was not made by vivenu-ingest (${entries.slice(0, 3).join(', ')}). Move it away, or start in another folder.`,
    );
  }
  await writeFile(path.join(folder, MARKER), ABOUT);
}

async function readLocation(inside: string): Promise<string | undefined> {
  const file = path.join(inside, LOCATION);
  const home = await readFile(file, 'utf8').catch(() => undefined);
  if (home === undefined) return undefined;
  const found = await lstat(home).catch(() => undefined);
  if (!found) {
    throw new FatalError(
      `The database was in ${home}, which is gone. Delete ${file} to begin with an empty one and load it again.`,
    );
  }
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new FatalError(
      `${home}, where the database should be, is not a folder of this user. Delete ${file} to begin with an empty one.`,
    );
  }
  return home;
}

/** Undefined when the server's user can get to `inside`; else a new folder that it can get to. */
async function moveAway(
  root: string,
  inside: string,
  identity: Identity | undefined,
): Promise<string | undefined> {
  let closed = await barrier(inside, identity);
  // These two are ours to open; the folders above are not.
  for (const own of [inside, path.dirname(inside)]) {
    if (closed !== own) continue;
    await chmod(own, (await stat(own)).mode | 0o011);
    closed = await barrier(inside, identity);
  }
  if (closed === undefined) return undefined;
  if (await stat(path.join(inside, 'cluster')).catch(() => undefined)) {
    throw new FatalError(
      `PostgreSQL runs as user ${identity?.uid} and can no longer enter ${closed}. Allow it: chmod o+x ${closed}`,
    );
  }
  const home = await newHome(root, identity);
  await writeFile(path.join(home, MARKER), `${ABOUT}It belongs to ${root}.\n`);
  return await remember(inside, home);
}

async function newHome(root: string, identity: Identity | undefined): Promise<string> {
  const temporary = await realpath(tmpdir());
  // Data of a clone in a temporary folder should not outlive it for ever in /var/lib.
  const bases = root.startsWith(temporary + path.sep)
    ? [temporary, SYSTEM_FOLDER]
    : [SYSTEM_FOLDER, temporary];
  for (const base of [...bases, '/var/tmp', '/tmp']) {
    if ((await barrier(base, identity)) !== undefined) continue;
    const home = await mkdtemp(path.join(base, 'vivenu-ingest-')).catch(() => undefined);
    if (home === undefined) continue;
    await chmod(home, 0o711);
    return home;
  }
  throw new FatalError(
    `PostgreSQL does not run as root, and user ${identity?.uid} can enter neither ${root} nor ${bases.join(' nor ')}. Run as an ordinary user, or set DATABASE_URL.`,
  );
}

/** Writes down the new home; when another process was faster, its choice holds. */
async function remember(inside: string, home: string): Promise<string> {
  const file = path.join(inside, LOCATION);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, home, { mode: 0o644 });
  try {
    await link(draft, file);
    return home;
  } catch {
    await rm(home, { recursive: true, force: true });
    return (await readFile(file, 'utf8')).trim();
  } finally {
    await rm(draft, { force: true });
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
