/**
 * The log on disk: `name.log` and its older parts `name.1.log`, `name.2.log` …, shared by any number of processes.
 * The bounds are kept to the byte. A line is one append, which the system does not mix with another; a file that is
 * nearly full is written and rotated under a lock, so that two processes neither overfill it nor rotate it twice.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface LogFileOptions {
  readonly directory: string;
  /** Without `.log`. */
  readonly name: string;
  /** No file is larger. */
  readonly maxBytes: number;
  /** Older files kept beside the one in use. */
  readonly backups: number;
}

/** Room for what other processes append between the look at the size and the write; nearer to the end the lock is taken. */
const MARGIN = 64 * 1024;
/** A lock is held for less than a millisecond: one that does not move for so long was left by a process that was killed. */
const STALE_AFTER_MS = 1000;
const LOOK_AGAIN_MS = 1;

/** Appends lines to the log of a folder. Nothing but the constructor throws: a full disk must not end a run. */
export class LogFile {
  /** The first reason why a line could not be written. */
  error: Error | undefined;
  readonly #options: LogFileOptions;
  readonly #path: string;
  readonly #lock: string;
  #open: { readonly fd: number; readonly ino: number } | undefined;

  /** Makes the folder and takes away what smaller bounds than last time no longer allow. Throws when the folder cannot be written to. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#path = join(options.directory, `${options.name}.log`);
    this.#lock = join(options.directory, `${options.name}.lock`);
    mkdirSync(options.directory, { recursive: true });
    this.#reopen();
    this.#locked(() => this.#trim());
  }

  /** Appends one line, which ends with a line feed; `short` stands in for one that is larger than a whole file. */
  write(line: string, short: () => string): void {
    try {
      const { maxBytes } = this.#options;
      let bytes = Buffer.from(line);
      if (bytes.length > maxBytes) bytes = Buffer.from(short());
      if (bytes.length > maxBytes) return;
      if (this.#size() + bytes.length + MARGIN <= maxBytes) this.#append(bytes);
      else this.#locked(() => this.#appendOrRotate(bytes));
    } catch (error) {
      this.error ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #appendOrRotate(bytes: Buffer): void {
    if (this.#size() + bytes.length > this.#options.maxBytes) this.#rotate();
    this.#append(bytes);
  }

  #append(bytes: Buffer): void {
    if (this.#open) writeSync(this.#open.fd, bytes);
  }

  /** Bytes in the file that has the name now, which another process may have put there. */
  #size(): number {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found && found.ino === this.#open?.ino) return found.size;
    return this.#reopen();
  }

  #reopen(): number {
    this.close();
    const fd = openSync(this.#path, 'a');
    const { ino, size } = fstatSync(fd);
    this.#open = { fd, ino };
    return size;
  }

  #rotate(): void {
    const { backups } = this.#options;
    // On Windows a file that is open in this process cannot be renamed.
    this.close();
    for (let number = backups - 1; number >= 1; number--)
      moveIfThere(this.#part(number), this.#part(number + 1));
    moveIfThere(this.#path, this.#part(1));
    this.#reopen();
  }

  #trim(): void {
    const { directory, name, backups, maxBytes } = this.#options;
    const numbers = readdirSync(directory).flatMap((file) => numberOf(file, name) ?? []);
    const files = [this.#path, ...numbers.sort((a, b) => a - b).map((number) => this.#part(number))];
    let total = 0;
    for (const file of files) {
      total += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (total > maxBytes * (backups + 1)) rmSync(file, { force: true });
    }
    for (const number of numbers) if (number > backups) rmSync(this.#part(number), { force: true });
  }

  #part(number: number): string {
    return join(this.#options.directory, `${this.#options.name}.${number}.log`);
  }

  #locked(work: () => void): void {
    this.#takeLock();
    try {
      work();
    } finally {
      rmSync(this.#lock, { force: true });
    }
  }

  /** Waits without letting anything else happen: a line is in the log when `write` returns. */
  #takeLock(): void {
    let seen = '';
    let since = 0;
    for (;;) {
      try {
        closeSync(openSync(this.#lock, 'wx'));
        return;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
      }
      const held = statSync(this.#lock, { throwIfNoEntry: false, bigint: true });
      const mark = held ? `${held.ino} ${held.mtimeNs}` : '';
      if (mark !== seen) [seen, since] = [mark, performance.now()];
      else if (performance.now() - since > STALE_AFTER_MS) rmSync(this.#lock, { force: true });
      pause(LOOK_AGAIN_MS);
    }
  }
}

const isCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code;

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function numberOf(file: string, name: string): number | null {
  if (!file.startsWith(`${name}.`) || !file.endsWith('.log')) return null;
  const middle = file.slice(name.length + 1, -'.log'.length);
  return /^[1-9]\d{0,5}$/.test(middle) ? Number(middle) : null;
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
