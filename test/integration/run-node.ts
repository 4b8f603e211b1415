import { spawn } from 'node:child_process';
import type { Ended } from './command-line.js';

/** Runs Node with these arguments in a folder, with these variables and PATH alone. */
export async function runNode(
  args: readonly string[],
  { folder, env = {} }: { folder: string; env?: NodeJS.Dict<string> },
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}
