import { readFile } from 'node:fs/promises';
import { FatalError } from '../errors.js';

/** Stands where the bytes of a file are no text in its encoding. */
export const UNREADABLE = '\uFFFD';

/**
 * The text of a file in UTF-8, or in UTF-16 that says so by a byte order mark, without the mark; what is not text becomes U+FFFD.
 * Throws a FatalError that names the file, and how to mend it, when it cannot be read.
 */
export async function readText(path: string, mend: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new FatalError(`${path} cannot be read: ${reasonOf(cause)}; ${mend}`, { cause });
  });
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return ('code' in cause && REASONS[String(cause.code)]) || cause.message;
}
