/** Where a report goes: stdout, or a file that is there whole or not at all. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../errors.js';

/** Takes a report piece by piece; without `keep` nothing of a file stays. */
export interface Output extends AsyncDisposable {
  write(piece: string | Uint8Array): Promise<void>;
  /** Ends it; a file takes its place, also that of an older one. */
  keep(): Promise<void>;
  /** Whether a file of that name was there. */
  readonly replaced: boolean;
}

/** stdout, at the pace of its reader, so that memory does not grow with the answer. */
export function standardOutput(signal: AbortSignal): Output {
  return {
    async write(piece) {
      signal.throwIfAborted();
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain', { signal });
    },
    keep: () => Promise.resolve(),
    replaced: false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A file that is written beside its place and renamed at the end. Throws a UsageError where none can be written. */
export async function fileOutput(name: string): Promise<Output> {
  const file = await realpath(name).catch(() => path.resolve(name));
  const before = await stat(file).catch(() => null);
  if (before?.isDirectory()) throw new UsageError([`--output ${name}: this is a folder; name a file`]);
  // A pipe or a device is written to; it must not be replaced.
  const inPlace = before !== null && !before.isFile();
  const place = inPlace ? file : `${file}.${randomBytes(4).toString('hex')}.part`;
  const handle = await open(
    place,
    inPlace ? 'w' : 'wx',
    before?.isFile() ? before.mode & 0o777 : 0o666,
  ).catch((error: unknown) => {
    throw cannotWrite(name, error);
  });
  let unfinished = true;
  return {
    write: async (piece) => {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
    },
    keep: async () => {
      unfinished = false;
      await handle.close();
      if (!inPlace) await rename(place, file);
    },
    replaced: before !== null && !inPlace,
    [Symbol.asyncDispose]: async () => {
      if (unfinished) await handle.close();
      if (unfinished && !inPlace) await rm(place, { force: true });
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'you may not write there',
  EROFS: 'nothing can be written there',
};

function cannotWrite(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = REASONS[code];
  return reason === undefined ? error : new UsageError([`--output ${name}: ${reason}`]);
}
