import pg from 'pg';
import type { ServerDatabaseConfig } from '../config.js';
import type { Health } from './client.js';
import { clientConfig, prepareSession } from './connection.js';

const SECOND = 1000;
/** A connection idle for longer is asked before it is used: firewalls forget quiet connections. */
const PING_AFTER_MS = 30 * SECOND;
const PING_TIMEOUT_MS = 2 * SECOND;
const CLOSE_IDLE_AFTER_MS = 300 * SECOND;

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
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types do not say so
      onConnect: prepareSession,
    });
    // An idle connection died: the pool has thrown it away, and the next use opens another.
    this.#pool.on('error', ignore);
  }

  /** Waits for a connection that answers; dead ones are thrown away on the way to it. Throws what `pg` throws. */
  async acquire(): Promise<Acquired> {
    for (;;) {
      const connection = await this.#pool.connect();
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

  counts(): Health['connections'] {
    return { open: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  /** Waits for connections in use and closes all. */
  async end(): Promise<void> {
    await this.#pool.end();
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
