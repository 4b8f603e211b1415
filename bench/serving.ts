/** `vivenu-ingest serve` and its other commands as real processes, for the measurements. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from '../test/faults/command.js';

const DEADLINE_MS = 120_000;

/** The command, which is found at one address however often it is started. */
export class Serving implements AsyncDisposable {
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  #command: Command;

  private constructor(command: Command, url: string, env: Readonly<Record<string, string>>) {
    this.#command = command;
    this.url = url;
    this.#env = { ...env, SERVE_PORT: new URL(url).port };
  }

  static async start(env: Readonly<Record<string, string>>): Promise<Serving> {
    const command = await Command.start(['serve'], env);
    return new Serving(command, await urlOf(command), env);
  }

  get pid(): number {
    return this.#command.pid;
  }

  async killed(): Promise<void> {
    await this.#command[Symbol.asyncDispose]();
    this.#command = await Command.start(['serve'], this.#env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command[Symbol.asyncDispose]();
  }
}

/** Pauses between two looks, milliseconds. */
export const POLL = { soon: 20, later: 200 };

/** Asks until there is an answer. Throws what `otherwise` says when there is none in time. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  { every, otherwise }: { every: number; otherwise: () => string },
): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(every);
  }
  throw new Error(otherwise());
}

/** Runs the command to its end, and returns what it printed. Throws when it ends with anything but 0. */
export async function succeed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  await using command = await Command.start(args, env);
  const { code, out, err } = await command.ended;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${out}${err}`);
  return out;
}

const urlOf = (serve: Command): Promise<string> =>
  until(() => Promise.resolve(/http:\S+/.exec(serve.out)?.[0]), {
    every: POLL.soon,
    otherwise: () => `serve did not start: ${serve.err}`,
  });
