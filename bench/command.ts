/** The real command as a child process, and what it costs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../src/sync/report.js';
import { cpuOfEndedChildren, peakMemory } from './cpu.js';
import type { Database, Server } from './server.js';
import type { Vivenu } from './vivenu.js';

/** Seconds of CPU and of the clock. */
export interface Cost {
  readonly node: number;
  readonly postgres: number;
  readonly wall: number;
}

export interface Ran extends Cost {
  readonly report: Report;
  /** The most memory that Node held, MB. */
  readonly peakMb: number;
}

export const cpu = ({ node, postgres }: Cost) => node + postgres;

export interface Setting {
  /** File of the command. */
  readonly cli: string;
  /** Empty folder to run in, so that no `.env` and no earlier state counts. */
  readonly folder: string;
  readonly server: Server;
  readonly database: Database;
  readonly vivenu: Vivenu;
}

/** Runs `vivenu-ingest run` with flags until it ends. Throws when it is not complete and proven. */
export async function runCommand(setting: Setting, flags: readonly string[] = []): Promise<Ran> {
  const { server } = setting;
  await server.checkpoint();
  const before = { node: await cpuOfEndedChildren(), postgres: await server.cpu() };
  const start = performance.now();
  const { output, peakMb } = await runChild(setting, flags);
  const wall = (performance.now() - start) / 1000;
  // Nothing but this child has ended since.
  const node = (await cpuOfEndedChildren()) - before.node;
  const postgres = (await server.cpu()) - before.postgres;
  const report = JSON.parse(output) as Report;
  if (report.status !== 'complete') throw new Error(`the run is ${report.status}: ${output}`);
  return { node, postgres, wall, report, peakMb };
}

async function runChild({ cli, folder, database, vivenu }: Setting, flags: readonly string[]) {
  const { PATH = '', NODE_OPTIONS } = process.env;
  const env = {
    ...{ PATH, HOME: folder, DATABASE_URL: database.url },
    ...(NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }),
    ...vivenu.environment,
  };
  const child = spawn(process.execPath, [cli, 'run', '--json', ...flags], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const output = text(child.stdout);
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    peak = Math.max(peak, (await peakMemory(child.pid!)) ?? 0);
    await Promise.race([sleep(20), ended]);
  }
  return { output: await output, peakMb: peak / 1e6 };
}
