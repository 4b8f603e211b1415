import { execFile } from 'node:child_process';
import path from 'node:path';
import type { Binaries } from './binaries.js';
import type { Place } from './place.js';

/** How a program of PostgreSQL ended. */
export interface Outcome {
  readonly ok: boolean;
  /** What it printed, both streams. */
  readonly output: string;
}

/** Where and as whom a program runs. */
export interface Setting {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly signal?: AbortSignal | undefined;
  /** Inside a user namespace (Linux) in which this user is called nobody. */
  readonly asNobody?: boolean;
}

const NOBODY = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];
// Not ours: it holds the tokens, and a server that lives on for days would show them in /proc.
const WINDOWS_ENVIRONMENT = { SystemRoot: 'C:\\Windows', PATH: 'C:\\Windows\\System32' };
const POSIX_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Runs `initdb` or `pg_ctl` as the server's user; throws only when it cannot be run at all, or is aborted. */
export async function runProgram(
  name: 'initdb' | 'pg_ctl',
  args: readonly string[],
  on: Setting,
): Promise<Outcome> {
  const options = {
    // Our own working folder may be closed to that user.
    cwd: on.place.home,
    env: process.platform === 'win32' ? WINDOWS_ENVIRONMENT : POSIX_ENVIRONMENT,
    windowsHide: true,
    ...on.place.identity,
    ...(on.signal ? { signal: on.signal } : {}),
  };
  return await new Promise((resolve, reject) => {
    const command = [...(on.asNobody ? NOBODY : []), path.join(on.binaries.bin, name), ...args];
    execFile(command[0] ?? name, command.slice(1), options, (error, stdout, stderr) => {
      if (error && typeof error.code === 'string')
        reject(on.signal?.aborted ? abortReason(on.signal) : error);
      else resolve({ ok: error === null, output: `${stdout}${stderr}`.trim() });
    });
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
