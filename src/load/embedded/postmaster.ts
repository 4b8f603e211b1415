import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

/** What `postmaster.pid` says: written by PostgreSQL itself, and left behind when it is killed. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly text: string;
}

const LINE_OF_PORT = 3;

/** The server that claims this data folder, which may be long dead; null when none does. */
export async function readPostmaster(data: string): Promise<Postmaster | null> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[LINE_OF_PORT]), text };
}

/** Whether any process has this number now. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether this process is the server of this data folder, and not a later one that got its number. */
export async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // No portable way to ask Windows; there, PostgreSQL's own check has to do.
  if (process.platform === 'win32') return true;
  const command = await commandOf(pid);
  return command.includes('postgres') && command.includes(data);
}

/** Linux shows command lines to everybody, also inside containers, where the working folder is hidden from root. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const printed = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return printed.stdout;
}

/** Takes a stale claim away; one that was renewed meanwhile is put back. */
export async function setAside(data: string, stale: Postmaster): Promise<void> {
  const file = path.join(data, 'postmaster.pid');
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== stale.text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
