import { spawn } from 'node:child_process';
import type { Ended } from './command-line.js';

interface Setting {
  readonly folder: string;
  readonly env?: NodeJS.Dict<string>;
}

/** Runs a program in a folder, with these variables and what the system needs to find programs and caches. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { folder, env = {} }: Setting,
): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, stdout, stderr };
}

/** Runs Node with these arguments. */
export const runNode = (args: readonly string[], setting: Setting): Promise<Ended> =>
  runProgram(process.execPath, args, setting);
