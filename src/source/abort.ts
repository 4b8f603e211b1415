/** One signal from several, without the listeners that AbortSignal.any leaves behind on Node 20. */
export function linkSignals(signals: readonly (AbortSignal | undefined)[]): {
  signal: AbortSignal;
  unlink: () => void;
} {
  const controller = new AbortController();
  const given = signals.filter((signal) => signal !== undefined);
  const abort = () => controller.abort(given.find((signal) => signal.aborted)?.reason);
  for (const signal of given) signal.addEventListener('abort', abort, { once: true });
  if (given.some((signal) => signal.aborted)) abort();
  const unlink = () => {
    for (const signal of given) signal.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, unlink };
}

/** The promise, or the signal's reason the moment it aborts, whatever the work behind the promise still does. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = () => {};
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
