/** How a command ends early: `stop` lets what is under way be finished, `abort` gives it up. */
export interface Interruption extends Disposable {
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, as shells expect; null while not interrupted. */
  exitCode(): number | null;
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
/** What is under way has this long to be finished. */
const GRACE_MS = 3000;
/** Then requests are given up. A database that does not answer either is left: it undoes what it was not told to commit. */
const LEAVE_MS = 4000;

/** Takes SIGINT and SIGTERM: the first one stops in good order and ends the process within 5 s in any case, a second one leaves at once. */
export function interruption(say: (text: string) => void): Interruption {
  const stop = new AbortController();
  const abort = new AbortController();
  let code: number | null = null;
  let leaving: NodeJS.Timeout | undefined;
  const on = (signal: keyof typeof EXIT_CODES) => {
    if (code !== null) process.exit(EXIT_CODES[signal]);
    code = EXIT_CODES[signal];
    say(
      'Stopping: what is under way is finished and kept; the next run goes on from here. Once more leaves at once.',
    );
    stop.abort();
    setTimeout(() => abort.abort(), GRACE_MS).unref();
    leaving = setTimeout(() => leave(say, EXIT_CODES[signal]), LEAVE_MS).unref();
  };
  const signals = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  for (const signal of signals) process.on(signal, on);
  return {
    stop: stop.signal,
    abort: abort.signal,
    exitCode: () => code,
    [Symbol.dispose]: () => {
      clearTimeout(leaving);
      for (const signal of signals) process.off(signal, on);
    },
  };
}

function leave(say: (text: string) => void, code: number): never {
  say('Leaving: the database does not answer. What was committed is kept; the next run goes on from there.');
  process.exit(code);
}
