import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { World } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

/** A real process of the program. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly pid: number;
  /** All that it has printed. */
  readonly text: () => string;
  /** The same of its errors and warnings. */
  readonly errors: () => string;
  /** Ends it with a signal, and tells its exit code. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** The environment of a process that works on this world. */
export function environmentOf({ config, database }: World): NodeJS.ProcessEnv {
  const regions = config.events.flatMap(({ region, token, baseUrl, webhookKey }) =>
    Object.entries({
      ...{ token, event_id: '*', base_url: baseUrl },
      ...(webhookKey === null ? {} : { webhook_key: webhookKey }),
    }).map(([name, value]) => [`EVENT_CONFIGS__${region}__${name}`, value]),
  );
  return {
    PATH: process.env['PATH'],
    ENABLE_FILE_LOGGING: 'false',
    LOG_LEVEL: 'ERROR',
    DATABASE_URL: database.url,
    SERVE_PORT: '0',
    HTTP_REQUESTS_PER_HOUR: '1000000',
    ...(Object.fromEntries(regions) as Record<string, string>),
  };
}

/** Starts a command and waits for its first line. */
export async function start(
  here: World,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Child> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: tmpdir(),
    env: { ...environmentOf(here), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  while (!text.includes('\n')) {
    expect(child.exitCode, `${args.join(' ')} ended before it said anything: ${errors}`).toBeNull();
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  return {
    process: child,
    pid: child.pid ?? 0,
    text: () => text,
    errors: () => errors,
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL');
    },
  };
}

/** Runs a command to its end. */
export async function command(
  here: World,
  args: readonly string[],
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: tmpdir(),
    env: environmentOf(here),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}
