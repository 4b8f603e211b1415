import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ServerDatabaseConfig } from '../config/config.js';
import type { Health } from './client.js';
import { asClient, clientConfig, prepareSession } from './connection.js';
import type { Watch } from './statement.js';
import { isLostConnection } from './transient.js';

const SECOND = 1000;
/** A connection idle for longer is asked before it is used: firewalls forget quiet connections. */
const PING_AFTER_MS = 30 * SECOND;
const PING_TIMEOUT_MS = 2 * SECOND;
const CLOSE_IDLE_AFTER_MS = 300 * SECOND;
/** A server process keeps what it has cached of every table it met, and a name may come to stand for another server. */
const RENEW_AFTER_S = 3600;

/** A connection of the pool, until it is released (with `true` when it must not be used again). */
export interface Acquired {
  readonly connection: pg.PoolClient;
  readonly release: (broken?: boolean) => void;
}

/** Connections that are kept open and checked before they are used. */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #lastUsed = new WeakMap<pg.PoolClient, number>();

  constructor(config: ServerDatabaseConfig) {
    // The pool's own time limit would also cut short the wait for a free connection, which load makes long.
    const { connectionTimeoutMillis, ...rest } = clientConfig(config);
    class Connection extends pg.Client {
      constructor(options?: pg.ClientConfig) {
        super({ ...options, password: config.password, connectionTimeoutMillis });
      }
    }
    this.#pool = new pg.Pool({
      ...rest,
      Client: Connection,
      max: config.poolSize,
      idleTimeoutMillis: CLOSE_IDLE_AFTER_MS,
      maxLifetimeSeconds: RENEW_AFTER_S,
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types do not say so
      onConnect: (client) => prepareSession(client, config),
    });
    // An idle connection died: the pool has thrown it away, and the next use opens another.
    this.#pool.on('error', ignore);
  }

  /** Waits for a connection that answers, for so many milliseconds; dead ones are thrown away on the way to it. Throws what `pg` throws. */
  async acquire(withinMs = Infinity): Promise<Acquired> {
    for (;;) {
      const connection = await this.#connect(withinMs);
      // The pool listens only while a connection is idle; unheard, an error would end the process.
      connection.on('error', ignore);
      const release = (broken = false): void => {
        connection.off('error', ignore);
        this.#lastUsed.set(connection, Date.now());
        connection.release(broken);
      };
      const idleMs = Date.now() - (this.#lastUsed.get(connection) ?? Date.now());
      if (idleMs <= PING_AFTER_MS || (await answers(connection))) return { connection, release };
      release(true);
    }
  }

  async #connect(withinMs: number): Promise<pg.PoolClient> {
    const connecting = this.#pool.connect();
    if (withinMs === Infinity) return await connecting;
    const late = new AbortController();
    const limit = sleep(withinMs, null, { signal: late.signal }).catch(() => null);
    const connection = await Promise.race([connecting, limit]);
    late.abort();
    if (connection !== null) return connection;
    // It goes back when it comes after all.
    void connecting.then((unused) => unused.release(), ignore);
    throw new Error(`no free connection within ${withinMs / SECOND} s (POSTGRES_POOL_SIZE)`);
  }

  counts(): Health['connections'] {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  /** Waits for connections in use and closes all. */
  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** Runs one statement on a connection and gives it back, or throws it away where it is lost. */
export async function runOn<R>(
  { connection, release }: Acquired,
  watch: Watch,
  text: string,
  values?: readonly unknown[],
): Promise<R[]> {
  try {
    const { rows } = await asClient(connection, watch).query<R>(text, values);
    release();
    return rows;
  } catch (error) {
    release(isLostConnection(error));
    throw error;
  }
}

async function answers(connection: pg.PoolClient): Promise<boolean> {
  const ping = { text: 'select 1', query_timeout: PING_TIMEOUT_MS };
  return await connection.query(ping).then(
    () => true,
    () => false,
  );
}

function ignore(): void {
  // Named, so that it can be taken off again.
}
