/** A TypeScript file as a process of its own, which speaks with its parent in messages. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPESCRIPT = pathToFileURL(path.resolve(import.meta.dirname, '../test/faults/typescript.mjs')).href;

/** Starts a file of this folder with room for a large vivenu. */
export const startChild = (file: string): ChildProcess =>
  fork(path.resolve(import.meta.dirname, file), [], {
    execArgv: ['--max-old-space-size=8192', '--import', TYPESCRIPT],
  });

/** Sends a message and waits for the answer, one question at a time. Throws when the child ends instead. */
export async function askChild<T>(child: ChildProcess, question: object): Promise<T> {
  const over = new AbortController();
  const answer = once(child, 'message', over);
  const gone = once(child, 'exit', over).then(() => {
    throw new Error('the child is gone');
  });
  child.send(question);
  try {
    const [said] = (await Promise.race([answer, gone])) as [T];
    return said;
  } finally {
    for (const one of [answer, gone]) one.catch(() => undefined);
    over.abort();
  }
}

/** Kills it and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
