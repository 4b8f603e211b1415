import type { DatabaseConfig, ServerDatabaseConfig } from '../config.js';
import { FatalError } from '../errors.js';
import type { Client, Database, Health, Lock, OpenTransaction } from './client.js';
import { asClient, BEGIN, connectAlone, errorFacts, explainConnect } from './connection.js';
import { startEmbedded, type EmbeddedServer } from './embedded/start.js';
import { tryLock } from './lock.js';
import { ConnectionPool, type Acquired } from './pool.js';
import { Rehearsal } from './rehearsal.js';
import { runOnce } from './transaction.js';
import { isLostConnection, retryStarting, retryStatement, retryTransaction, settle } from './transient.js';

export { quoteIdentifier } from './client.js';
export type { Client, Database, Health, Lock, OpenTransaction } from './client.js';
export type { EmbeddedServer } from './embedded/start.js';
export { TransactionManager } from './transaction.js';

const OLDEST_SERVER = 15;

/** The database: a pool of connections, transactions that are repeated when they can be, session locks. */
export class DatabaseManager implements Database {
  /** The server that this process attached to, where the configuration names none of the user's. */
  readonly embedded: EmbeddedServer | undefined;
  readonly config: ServerDatabaseConfig;
  readonly #pool: ConnectionPool;
  #closed = false;

  private constructor(config: ServerDatabaseConfig, embedded: EmbeddedServer | undefined) {
    this.config = config;
    this.embedded = embedded;
    this.#pool = new ConnectionPool(config);
  }

  /** Starts or joins the embedded server if none is configured, and checks the connection; throws a FatalError with the mend. */
  static async connect(
    config: DatabaseConfig,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<DatabaseManager> {
    if (config.kind === 'server') return await DatabaseManager.#checked(config, undefined);
    const server = await startEmbedded({ directory: config.directory, ...options });
    try {
      return await DatabaseManager.#checked(serverConfig(server, config.poolSize), server);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  static async #checked(
    config: ServerDatabaseConfig,
    server: EmbeddedServer | undefined,
  ): Promise<DatabaseManager> {
    await checkServer(config);
    return new DatabaseManager(config, server);
  }

  /** Runs one statement in a transaction of its own, at most 120 s; repeated only when the server surely undid it. */
  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    return await this.#settled(() =>
      retryStatement.execute(async () => {
        const acquired = await retryTransaction.execute(() => this.#pool.acquire());
        return await runOn<R>(acquired, text, values);
      }),
    );
  }

  /**
   * Runs `fn` between begin and commit, at most 30 min a statement, and all of it again (8 times at most) after a
   * serialization failure, a deadlock or a lost connection: `fn` must bear being run twice, even after a commit
   * whose answer was lost. Throws a RetryableError when the retries are used up.
   */
  async transaction<T>(fn: (client: Client) => Promise<T>): Promise<T> {
    return await this.#settled(() => retryTransaction.execute(() => runOnce(this, fn)));
  }

  /** Opens a transaction that the caller ends; use `transaction` or `TransactionManager` rather than this. */
  async begin(): Promise<OpenTransaction> {
    const { connection, release } = await this.#pool.acquire();
    const client = asClient(connection);
    try {
      await client.command(BEGIN);
    } catch (error) {
      release(true);
      throw error;
    }
    return {
      query: client.query,
      commit: async () => {
        const done = await client.command('commit').catch((error: unknown) => {
          release(true);
          throw error;
        });
        release();
        // PostgreSQL answers a commit after a failed statement with a quiet ROLLBACK.
        if (done !== 'COMMIT')
          throw new Error('nothing was committed: a statement of this transaction had failed');
      },
      rollback: () =>
        client.command('rollback').then(
          () => release(),
          () => release(true),
        ),
    };
  }

  async tryLock(keys: readonly (string | bigint)[]): Promise<Lock | null> {
    return await this.#settled(() => tryLock(this.config, keys));
  }

  /** Opens a database of which nothing stays, for `run --dry-run`; the caller closes it before this one. */
  async rehearsal(): Promise<Rehearsal> {
    return await Rehearsal.open(this.config, this);
  }

  /** Asks the server for a sign of life; never throws. */
  async health(): Promise<Health> {
    const start = performance.now();
    let version: string | undefined;
    let error: string | undefined;
    try {
      const answer = await runOn<{ server_version: string }>(
        await this.#pool.acquire(),
        'show server_version',
      );
      version = answer[0]?.server_version.split(' ')[0];
    } catch (cause) {
      error = errorFacts(cause).message;
    }
    const latencyMs = Math.round(performance.now() - start);
    return { ok: error === undefined, latencyMs, version, connections: this.#pool.counts(), error };
  }

  /** Closes all connections, and the embedded server if nobody else uses it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pool.end();
    await this.embedded?.close();
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #settled<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw settle(error, `${this.config.host}:${this.config.port}`);
    }
  }
}

async function runOn<R>(
  { connection, release }: Acquired,
  text: string,
  values?: readonly unknown[],
): Promise<R[]> {
  try {
    const { rows } = await asClient(connection).query<R>(text, values);
    release();
    return rows;
  } catch (error) {
    release(isLostConnection(error));
    throw error;
  }
}

async function checkServer(config: ServerDatabaseConfig): Promise<void> {
  let version: string;
  try {
    const client = await retryStarting.execute(() => connectAlone(config));
    version =
      (await client.query<{ server_version: string }>('show server_version')).rows[0]?.server_version ?? '';
    await client.end();
  } catch (error) {
    throw explainConnect(config, error);
  }
  if (Number.parseInt(version) >= OLDEST_SERVER) return;
  const place = `${config.host}:${config.port}`;
  throw new FatalError(
    `PostgreSQL at ${place} is version ${version}; vivenu-ingest needs ${OLDEST_SERVER} or newer. Upgrade it, or name another server.`,
  );
}

function serverConfig(server: EmbeddedServer, poolSize: number): ServerDatabaseConfig {
  const { host, port, user, password, database } = server;
  return { kind: 'server', host, port, user, password, database, ssl: 'disable', poolSize };
}
