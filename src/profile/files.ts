/** Where a profile's file is, and its text. */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suggestion } from './yaml.js';

const SHIPPED = ['generic', 'hyrox'];
const DIRECTORY = fileURLToPath(new URL('../../profiles/', import.meta.url));
/** A profile is a few KB. */
const MOST_BYTES = 256 * 1024;

/** A file of a profile, and what to call it. */
export interface ProfileFile {
  readonly name: string;
  /** As the user wrote it. */
  readonly label: string;
  readonly path: string;
  readonly shipped: boolean;
}

/** What is wrong with the name of a profile, or null for a shipped one and for every path. */
export function profileNameProblem(nameOrPath: string): string | null {
  if (SHIPPED.includes(nameOrPath) || /[\\/]|\.ya?ml$/i.test(nameOrPath)) return null;
  const near = suggestion(nameOrPath, SHIPPED);
  const mend = near.startsWith('did') ? `; ${near}` : '';
  return `no such profile; expected ${SHIPPED.join(', ')} or a path to a .yaml file${mend}`;
}

/** The file of a profile that is named right; a path is taken from the file that extends it, or from the directory. */
export function profileFile(nameOrPath: string, from: ProfileFile | string): ProfileFile {
  if (SHIPPED.includes(nameOrPath)) {
    const label = `profiles/${nameOrPath}.yaml`;
    return { name: nameOrPath, label, path: join(DIRECTORY, `${nameOrPath}.yaml`), shipped: true };
  }
  const name = basename(nameOrPath).replace(/\.ya?ml$/i, '');
  const [folder, shown] = typeof from === 'string' ? [from, ''] : [dirname(from.path), dirname(from.label)];
  const label = isAbsolute(nameOrPath) ? nameOrPath : join(shown, nameOrPath);
  return { name, label, path: resolve(folder, nameOrPath), shipped: false };
}

/** The text of a profile's file, or null with the reason added to the problems. */
export function profileText({ label, path }: ProfileFile, problems: string[]): string | null {
  const wrong = (what: string) => {
    problems.push(`${label}: ${what}`);
    return null;
  };
  try {
    const found = statSync(path);
    if (!found.isFile())
      return wrong(`${path} is ${found.isDirectory() ? 'a folder' : 'no file'}; name a .yaml file`);
    if (found.size > MOST_BYTES) return wrong(`larger than ${MOST_BYTES / 1024} KB; a profile is a few KB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return wrong('not UTF-8; save it as UTF-8');
    return wrong(error.code === 'ENOENT' ? `there is no file ${path}` : `cannot be read: ${error.message}`);
  }
}
