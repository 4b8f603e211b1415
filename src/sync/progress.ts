import type { Database } from '../load/client.js';
import { noteProgress, type ReadProgress } from '../load/progress.js';
import type { Observer, SyncEvent } from '../observer.js';

const EVERY_MS = 2000;

/** An observer that keeps count of what a run is reading, and writes it down every 2 s until it is disposed of. */
export interface Progress extends AsyncDisposable {
  readonly observe: Observer;
}

interface Read {
  readonly keyId: string;
  readonly says: string | null;
  readonly progress: Omit<ReadProgress, 'says'>;
}

/** Begins to write down how far a run is, where there is a place for it; one that cannot be written is left out, and the next comes soon. */
export function keepProgress(db: Pick<Database, 'query'> | null, runId: string): Progress {
  const reads = new Map<string, Read>();
  let written = '[]';
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    const now = [...reads.values()].map(({ progress, says }) => ({ ...progress, says }));
    const text = JSON.stringify(now);
    if (db === null || text === written) return;
    written = text;
    await noteProgress(db, runId, now).catch(() => undefined);
  };
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, EVERY_MS).unref();
  return {
    observe: (event) => follow(reads, event),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await writing;
    },
  };
}

function follow(reads: Map<string, Read>, event: SyncEvent): void {
  if (event.type === 'retry' || event.type === 'wait') {
    const until = Date.now() + (event.type === 'retry' ? event.delayMs : event.ms);
    const says = `${event.type === 'retry' ? 'tries again' : 'waits'} until ${clock(until)}: ${event.reason}`;
    for (const [key, read] of reads)
      if (event.stream === undefined || read.progress.stream === event.stream)
        reads.set(key, { ...read, says });
    return;
  }
  if (event.type !== 'stream.begin' && event.type !== 'page' && event.type !== 'stream.end') return;
  if (event.type === 'stream.begin') {
    reads.set(keyOf(event), begun(event));
    return;
  }
  // A page is of one region, also where several are read together.
  const [key, read] = [...reads].find(([, { keyId, progress }]) => isOf(event, keyId, progress)) ?? [];
  if (key === undefined || read === undefined) return;
  if (event.type === 'stream.end') reads.delete(key);
  else
    reads.set(key, {
      ...read,
      says: null,
      progress: { ...read.progress, done: read.progress.done + event.rows },
    });
}

type OfStream = Extract<SyncEvent, { type: 'stream.begin' | 'stream.end' | 'page' }>;

const keyOf = ({ keyId, stream, regions }: OfStream) => [keyId, stream, ...regions].join(' ');

const isOf = ({ stream, regions, ...event }: OfStream, keyId: string, read: Read['progress']) =>
  event.keyId === keyId && read.stream === stream && regions.every((region) => read.regions.includes(region));

function begun(event: Extract<SyncEvent, { type: 'stream.begin' }>): Read {
  const at = new Date().toISOString();
  const { keyId, regions, stream, mode, total } = event;
  return { keyId, says: null, progress: { regions, stream, mode, began_at: at, done: 0, expected: total } };
}

const clock = (at: number) => `${new Date(at).toISOString().slice(11, 19)} UTC`;
