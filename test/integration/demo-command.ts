import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
  /** Resolves when stdout and stderr together hold the text. */
  readonly says: (text: string | RegExp) => Promise<string>;
}

/** A temporary folder that every user may enter and, where `open`, write to. */
export async function workFolder(open = false): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-command-'));
  await chmod(folder, open ? 0o777 : 0o755);
  return folder;
}

export const removeFolder = async (folder: string) => {
  // As root the database may lie elsewhere; the folder remembers where.
  const elsewhere = await readFile(path.join(folder, '.vivenu-ingest/postgres/location'), 'utf8').catch(
    () => null,
  );
  for (const each of [folder, ...(elsewhere === null ? [] : [elsewhere])])
    await rm(each, { recursive: true, force: true, maxRetries: 5 });
};

interface Setting {
  readonly folder: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** Another user, where this one is root. */
  readonly uid?: number;
}

/** Starts the built command in a folder with a bare environment. */
export function start(args: readonly string[], { folder, env = {}, input, uid }: Setting): Running {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.end(input);
  const done = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  const says = async (text: string | RegExp) => {
    const found = () => (typeof text === 'string' ? (out + err).includes(text) : text.test(out + err));
    while (!found()) {
      if (child.exitCode !== null) throw new Error(`ended without saying ${String(text)}: ${out}${err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return out + err;
  };
  return { child, done, says };
}

export const call = async (args: readonly string[], setting: Setting): Promise<Outcome> =>
  await start(args, setting).done;

/** Whether the embedded server of a folder runs. */
export async function serverRuns(folder: string): Promise<boolean> {
  const inside = path.join(folder, '.vivenu-ingest/postgres');
  const home = await readFile(path.join(inside, 'location'), 'utf8').catch(() => inside);
  return await readFile(path.join(home, 'cluster/data/postmaster.pid')).then(
    () => true,
    () => false,
  );
}
