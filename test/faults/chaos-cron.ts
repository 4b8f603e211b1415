/** The command, run again and again as an impatient cron would, sometimes twice at once, sometimes killed. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draw } from '../../src/simulator/random.js';
import { Command } from './command.js';

const SECOND = 1000;

export interface CronOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly draw: Draw;
  /** No run is begun after it. */
  readonly until: AbortSignal;
}

/** One run that has ended; times in seconds since the chaos began. */
export interface RunFacts {
  readonly begin: number;
  readonly end: number;
  readonly code: number;
  readonly killed: 'SIGKILL' | 'SIGTERM' | null;
  readonly full: boolean;
  /** Most memory of the process, MB. */
  readonly peakMb: number;
  readonly said: string;
}

/** What is done to a run; the rest of the draws do nothing. */
const SHARES = { SIGKILL: 0.15, SIGTERM: 0.1, twice: 0.15 };
/** Every so many runs everything is read again. */
const FULL_EVERY = 12;
const SAMPLE_MS = 100;

/** Runs until told to stop; every run is told when it has ended. */
export class Cron {
  readonly runs: RunFacts[] = [];
  /** Memory of the runs under way, MB by process id. */
  readonly memory = new Map<number, number>();
  readonly #began = performance.now();
  readonly #options: CronOptions;
  #made = 0;

  constructor(options: CronOptions) {
    this.#options = options;
  }

  /** Seconds since the chaos began. */
  seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  async carryOn(): Promise<void> {
    const { draw, until } = this.#options;
    while (!until.aborted) {
      const twice = draw() < SHARES.twice;
      const runs = [this.#run(this.#fate())];
      if (twice) runs.push(this.#run(null));
      await Promise.all(runs);
      await sleep((1 + 2 * draw()) * SECOND, undefined, { signal: until }).catch(() => undefined);
    }
  }

  /** One run that nobody disturbs. */
  async once(...options: readonly string[]): Promise<RunFacts> {
    return await this.#run(null, options);
  }

  #fate(): RunFacts['killed'] {
    const chance = this.#options.draw();
    if (chance < SHARES.SIGKILL) return 'SIGKILL';
    return chance < SHARES.SIGKILL + SHARES.SIGTERM ? 'SIGTERM' : null;
  }

  async #run(fate: RunFacts['killed'], given?: readonly string[]): Promise<RunFacts> {
    const options = given ?? (++this.#made % FULL_EVERY === 0 ? ['--full'] : []);
    const begin = this.seconds();
    await using command = await Command.start(['run', ...options], this.#options.env);
    const watched = this.#watch(command);
    if (fate !== null) void this.#kill(command, fate, (0.3 + 3 * this.#options.draw()) * SECOND);
    const { code, out, err } = await command.ended;
    const killed = (code === 137 && fate === 'SIGKILL') || (code === 143 && fate === 'SIGTERM') ? fate : null;
    const said = `${err.trim().slice(-700)} … ${out.trim().slice(-700)}`;
    const full = options.includes('--full');
    const facts = { begin, end: this.seconds(), code, killed, full, peakMb: await watched, said };
    this.runs.push(facts);
    return facts;
  }

  async #kill(command: Command, signal: NodeJS.Signals, afterMs: number): Promise<void> {
    await sleep(afterMs);
    if (!command.over) command.signal(signal);
  }

  /** Looks at the memory of a process until it ends; gives the most that was seen, MB. */
  async #watch(command: Command): Promise<number> {
    let most = 0;
    while (!command.over) {
      const megabytes = await memoryOf(command.pid);
      if (megabytes !== null) this.memory.set(command.pid, megabytes);
      most = Math.max(most, megabytes ?? 0);
      await sleep(SAMPLE_MS);
    }
    this.memory.delete(command.pid);
    return most;
  }
}

/** Resident memory of a process, MB; null when it has ended, or where /proc does not tell. */
export async function memoryOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1000;
}
