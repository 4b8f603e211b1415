import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FatalError } from '../../errors.js';
import type { Binaries } from './binaries.js';
import { makeDraft, removeDeadDrafts } from './drafts.js';
import { giveTo } from './identity.js';
import type { Place } from './place.js';
import { runProgram, type Outcome, type Setting } from './run-program.js';

export const USER = 'vivenu';

/**
 * Makes the data folder when there is none, and returns the password of its owner. It is made under another name and
 * then renamed, so one that exists is whole, and of two processes at once one wins.
 * Throws a FatalError for a data folder of another major version.
 */
export async function openCluster(place: Place, binaries: Binaries, signal?: AbortSignal): Promise<string> {
  const cluster = path.join(place.home, 'cluster');
  if (!(await stat(cluster).catch(() => undefined))) await makeCluster(place, binaries, signal);
  await removeDeadDrafts(place.home);
  await checkVersion(place.data, binaries.major);
  const file = path.join(cluster, 'password');
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FatalError(
      `The password of the embedded database cannot be read from ${file}. Run as the user who made it.`,
      { cause },
    );
  });
}

async function makeCluster(place: Place, binaries: Binaries, signal?: AbortSignal): Promise<void> {
  const draft = await makeDraft(place.home, place.identity ? 0o711 : 0o700);
  const data = path.join(draft, 'data');
  const first = path.join(draft, 'first-password');
  const password = randomBytes(24).toString('base64url');
  try {
    await writeFile(path.join(draft, 'password'), password, { mode: 0o600 });
    // initdb reads the password as the server's user, who must not own the file that we trust later.
    await writeFile(first, password, { mode: 0o600 });
    await giveTo(place.identity, first);
    await mkdir(data, { mode: 0o700 });
    await giveTo(place.identity, data);
    const made = await initdb(initdbArguments(data, first), { place, binaries, signal });
    if (!made.ok)
      throw new FatalError(`PostgreSQL could not make its data folder in ${place.home}: ${made.output}`);
    await rm(first);
    await rename(draft, path.join(place.home, 'cluster'));
  } catch (error) {
    // An initdb that is being aborted still writes there; the next start removes what stays.
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    // Another process was faster: its folder is as good.
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    if (!(await stat(place.data).catch(() => undefined))) throw error;
  }
}

/** initdb insists on a name for its user, which containers and CI often leave out; a user namespace lends it nobody's. */
async function initdb(args: readonly string[], on: Setting): Promise<Outcome> {
  const made = await runProgram('initdb', args, on);
  if (!made.output.includes('could not look up effective user ID')) return made;
  const again = await runProgram('initdb', args, { ...on, asNobody: true }).catch(() => made);
  on.signal?.throwIfAborted();
  if (again.ok) return again;
  return {
    ok: false,
    output: `${made.output}. Give this user an entry in /etc/passwd, or set DATABASE_URL.`,
  };
}

/**
 * The built-in locale C.UTF-8 sorts by code point the same on every machine, so that a change of the system's library
 * cannot break an index; it compares fastest; and `upper` and `lower` still know every script, which plain C does not.
 */
function initdbArguments(data: string, passwordFile: string): string[] {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${USER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  return [`--pgdata=${data}`, ...access, ...locale, '--no-instructions'];
}

async function checkVersion(data: string, major: number): Promise<void> {
  const file = path.join(data, 'PG_VERSION');
  const version = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FatalError(
      `${data} is not a whole data folder of PostgreSQL (PG_VERSION cannot be read). Move ${path.dirname(data)} away to begin with an empty one.`,
      { cause },
    );
  });
  if (version.trim() === String(major)) return;
  throw new FatalError(
    `${data} was made by PostgreSQL ${version.trim()}; this vivenu-ingest brings ${major}, which cannot read it. ` +
      `Move ${path.dirname(data)} away and load again from vivenu, or carry it over with pg_dump of version ${version.trim()}.`,
  );
}
