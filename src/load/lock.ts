import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { ServerDatabaseConfig } from '../config.js';
import type { Lock } from './client.js';
import { connectAlone } from './connection.js';

const HEARTBEAT_MS = 15_000;

/** Number of a key in PostgreSQL's space of advisory locks, which all programs of a database share. */
export function lockNumber(key: string | bigint): bigint {
  if (typeof key === 'bigint') return BigInt.asIntN(64, key);
  return createHash('sha256').update(`vivenu-ingest/${key}`).digest().readBigInt64BE();
}

/**
 * Takes all locks on a connection of their own, or none and returns null. One connection a call, because a
 * session may take its own locks again: on a shared one, two holders in this process would not exclude each other.
 */
export async function tryLock(
  config: ServerDatabaseConfig,
  keys: readonly (string | bigint)[],
): Promise<Lock | null> {
  const connection = await connectAlone(config);
  try {
    if (await takeAll(connection, keys)) return new SessionLock(connection, keys);
  } catch (error) {
    await connection.end().catch(() => undefined);
    throw error;
  }
  await connection.end();
  return null;
}

/** In ascending order and stopping at the first that is taken, so that of two that overlap one gets through. */
async function takeAll(connection: pg.Client, keys: readonly (string | bigint)[]): Promise<boolean> {
  const numbers = [...new Set(keys.map(lockNumber))].sort((a, b) => (a < b ? -1 : 1));
  for (const number of numbers) {
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      number,
    ]);
    if (!rows[0]?.taken) return false;
  }
  return true;
}

class SessionLock implements Lock {
  readonly keys: readonly (string | bigint)[];
  readonly #connection: pg.Client;
  readonly #lost = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #released = false;

  constructor(connection: pg.Client, keys: readonly (string | bigint)[]) {
    this.keys = keys;
    this.#connection = connection;
    connection.on('error', (error) => this.#lose(error));
    connection.on('end', () => this.#lose(new Error('connection ended')));
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#heartbeat);
    // Explicit, because the server lets go of a closed session a moment later.
    if (!this.lost.aborted)
      await this.#connection.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await this.#connection.end().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** A network that swallows packets closes nothing; only an answer that does not come tells. */
  async #beat(): Promise<void> {
    const late = sleep(HEARTBEAT_MS, 'late' as const, { ref: false });
    const answer = this.#connection.query('select 1').then(
      () => 'alive' as const,
      () => 'late' as const,
    );
    if ((await Promise.race([answer, late])) === 'late') this.#lose(new Error('no answer'));
  }

  #lose(cause: Error): void {
    if (this.#released || this.lost.aborted) return;
    clearInterval(this.#heartbeat);
    this.#lost.abort(new Error('the connection that held the locks is gone', { cause }));
  }
}
