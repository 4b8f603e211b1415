/** The built command as cron starts it: a process of its own in an empty folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

export interface Ended {
  /** As a shell tells it: 128 and the signal's number for a process that was killed. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Milliseconds by `performance.now()`. */
  readonly at: number;
}

/** One run of it. */
export class Command implements AsyncDisposable {
  readonly startedAt = performance.now();
  readonly ended: Promise<Ended>;
  out = '';
  err = '';
  over = false;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = once(child, 'close').then((closed) => {
      this.over = true;
      const [code, signal] = closed as [number | null, NodeJS.Signals | null];
      const number = 128 + (signal === null ? 0 : constants.signals[signal]);
      return { code: code ?? number, out: this.out, err: this.err, at: performance.now() };
    });
  }

  /** Starts it with these variables and no others of ours. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Command> {
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-command-'));
    const whole = { PATH: process.env['PATH'], ENABLE_FILE_LOGGING: 'false', LOG_LEVEL: 'ERROR', ...env };
    return new Command(spawn(process.execPath, [CLI, ...args], { cwd: folder, env: whole }), folder);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
