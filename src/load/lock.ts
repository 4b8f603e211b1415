import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { ServerDatabaseConfig } from '../config/config.js';
import type { Lock } from './client.js';
import { connectAlone } from './connection.js';
import type { Reach } from './reach.js';
import { isLostConnection } from './transient.js';

const HEARTBEAT_MS = 15_000;
/** A session that was ended lets go of its locks a moment later. */
const LET_GO_MS = 2000;
const LOOK_AGAIN_MS = 50;
const MAX_ATTEMPTS = 8;

/** Number of a key in PostgreSQL's space of advisory locks, which all programs of a database share. */
export function lockNumber(key: string | bigint): bigint {
  if (typeof key === 'bigint') return BigInt.asIntN(64, key);
  return createHash('sha256').update(`vivenu-ingest/${key}`).digest().readBigInt64BE();
}

/** Where locks are taken, and how a server that is away is waited for. */
interface Server {
  readonly config: ServerDatabaseConfig;
  readonly reach: Reach;
}

/**
 * Takes all locks on a connection of their own, or none and returns null. One connection a call, because a
 * session may take its own locks again: on a shared one, two holders in this process would not exclude each other.
 */
export async function tryLock(
  server: Server,
  keys: readonly (string | bigint)[],
): Promise<SessionLock | null> {
  const session = await openSession(server);
  if (await orEnd(session.connection, () => takeAll(session, keys)))
    return new SessionLock(server, session, keys);
  await session.connection.end();
  return null;
}

/** A connection, and what tells it from any other that the server ever had. */
interface Session {
  readonly connection: pg.Client;
  readonly pid: number;
  readonly startedAt: string;
}

async function openSession({ config, reach }: Server): Promise<Session> {
  const connection = await reach.through(() => connectAlone(config));
  return await orEnd(connection, async () => {
    const { rows } = await connection.query<Omit<Session, 'connection'>>(
      `select pid, backend_start::text as "startedAt" from pg_stat_activity where pid = pg_backend_pid()`,
    );
    const [own] = rows;
    return { connection, pid: own?.pid ?? 0, startedAt: own?.startedAt ?? 'infinity' };
  });
}

async function orEnd<T>(connection: pg.Client, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await connection.end().catch(() => undefined);
    throw error;
  }
}

/** In ascending order and stopping at the first that is taken, so that of two that overlap one gets through. */
async function takeAll({ connection }: Session, keys: readonly (string | bigint)[]): Promise<boolean> {
  const numbers = [...new Set(keys.map(lockNumber))].sort((a, b) => (a < b ? -1 : 1));
  for (const number of numbers) {
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      number,
    ]);
    if (!rows[0]?.taken) return false;
  }
  return true;
}

/** Locks that are taken again when their connection breaks, because the server restarts or the network does. */
export class SessionLock implements Lock {
  readonly keys: readonly (string | bigint)[];
  readonly #server: Server;
  readonly #lost = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #session: Session;
  #held: Promise<void> = Promise.resolve();
  #taking = false;
  #released = false;

  constructor(server: Server, session: Session, keys: readonly (string | bigint)[]) {
    this.keys = keys;
    this.#server = server;
    this.#session = session;
    this.#listen(session);
    this.#heartbeat = setInterval(() => void this.#beat(this.#session), HEARTBEAT_MS).unref();
  }

  get released(): boolean {
    return this.#released;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when the locks are held, or are lost for good. */
  get held(): Promise<void> {
    return this.#held;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#heartbeat);
    const { connection } = this.#session;
    // Explicit, because the server lets go of a closed session a moment later.
    if (!this.lost.aborted) await connection.query('select pg_advisory_unlock_all()').catch(() => undefined);
    await connection.end().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  #listen(session: Session): void {
    session.connection.on('error', (error) => this.#broken(session, error));
    session.connection.on('end', () => this.#broken(session, new Error('connection ended')));
  }

  /** A network that swallows packets closes nothing; only an answer that does not come tells. */
  async #beat(session: Session): Promise<void> {
    const late = sleep(HEARTBEAT_MS, 'late' as const, { ref: false });
    const answer = session.connection.query('select 1').then(
      () => 'alive' as const,
      () => 'late' as const,
    );
    if ((await Promise.race([answer, late])) === 'late') this.#broken(session, new Error('no answer'));
  }

  #broken(session: Session, cause: Error): void {
    if (this.#released || this.lost.aborted || session !== this.#session || this.#taking) return;
    this.#taking = true;
    this.#held = this.#takeAgain(session)
      .catch((error: unknown) => {
        clearInterval(this.#heartbeat);
        this.#lost.abort(new Error('the connection that held the locks is gone', { cause: error ?? cause }));
      })
      .finally(() => (this.#taking = false));
  }

  /** Throws when another process was faster, or the server stays away. */
  async #takeAgain(before: Session): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const session = await openSession(this.#server);
      try {
        await orEnd(session.connection, () => this.#takeOver(session, before));
        return;
      } catch (error) {
        if (!isLostConnection(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  async #takeOver(session: Session, before: Session): Promise<void> {
    // The server may not know yet that the connection is broken.
    const deadline = performance.now() + ((await endSession(session, before)) ? LET_GO_MS : 0);
    while (!(await takeAll(session, this.keys))) {
      await session.connection.query('select pg_advisory_unlock_all()');
      if (performance.now() > deadline) throw new Error('another process has taken the locks');
      await sleep(LOOK_AGAIN_MS);
    }
    void before.connection.end().catch(() => undefined);
    this.#session = session;
    this.#listen(session);
    if (this.#released) await session.connection.end();
  }
}

async function endSession({ connection }: Session, { pid, startedAt }: Session): Promise<boolean> {
  const { rows } = await connection.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz`,
    [pid, startedAt],
  );
  return rows.length > 0;
}
