/** The vivenu of the chaos as its parent sees it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Question, State, VivenuOptions } from './chaos-vivenu.js';

/** Asks it by messages, past HTTP and its faults. */
export class VivenuPeer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  static async start(options: VivenuOptions): Promise<VivenuPeer> {
    const child = fork(path.join(import.meta.dirname, 'chaos-vivenu.ts'), [JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new VivenuPeer(child, url);
  }

  state(): Promise<State> {
    return this.#ask('state') as Promise<State>;
  }

  /** Ends motion and faults. */
  async quiet(): Promise<void> {
    await this.#ask('quiet');
  }

  async truth(): Promise<Map<string, string>> {
    return new Map((await this.#ask('truth')) as [string, string][]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  #ask(question: Question): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, question });
    });
  }
}
