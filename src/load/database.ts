import type { RetryPolicy } from 'cockatiel';
import type { DatabaseConfig, ServerDatabaseConfig } from '../config/config.js';
import type { Observer } from '../observer.js';
import type { Client, Database, Health, Lock, OpenTransaction } from './client.js';
import { asClient, beginSql, errorFacts, limitsOf } from './connection.js';
import { startEmbedded, type EmbeddedServer } from './embedded/start.js';
import { questionTimeoutMs } from './limits.js';
import { tryLock, type SessionLock } from './lock.js';
import { ConnectionPool, runOn, type Acquired } from './pool.js';
import { Reach } from './reach.js';
import { Rehearsal } from './rehearsal.js';
import { checkServer, placeOf, serverConfig } from './server.js';
import { isQuestion, shownStatement, type Watch } from './statement.js';
import { runOnce } from './transaction.js';
import { isConflict, isTransient, repeating, settle } from './transient.js';

export { quoteIdentifier } from './client.js';
export type { Client, Database, Health, Lock, OpenTransaction } from './client.js';
export type { EmbeddedServer } from './embedded/start.js';
export { TransactionManager } from './transaction.js';

const SECOND = 1000;
/** Room for the server's own time limit to be heard of. */
const LATE_MS = 15 * SECOND;
/** Opening a transaction asks nothing of the server. */
const BEGIN_MS = 15 * SECOND;
const HEALTH_MS = 5 * SECOND;

/** What a connection may be given beside where it goes. */
export interface ConnectOptions {
  /** Ends the start of an embedded server, and the waiting for a server that is away. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of outages, repeated transactions and slow statements. */
  readonly observe?: Observer;
}

/** The database: a pool of connections, transactions that are repeated when they can be, session locks. */
export class DatabaseManager implements Database {
  /** The server that this process attached to, where the configuration names none of the user's. */
  readonly embedded: EmbeddedServer | undefined;
  readonly config: ServerDatabaseConfig;
  readonly #pool: ConnectionPool;
  readonly #reach: Reach;
  readonly #whole: RetryPolicy;
  readonly #undone: RetryPolicy;
  readonly #onStatement: (text: string, ms: number) => void;
  readonly #locks = new Set<SessionLock>();
  #closed = false;

  private constructor(
    config: ServerDatabaseConfig,
    embedded: EmbeddedServer | undefined,
    { signal, observe }: ConnectOptions,
  ) {
    this.config = config;
    this.embedded = embedded;
    this.#pool = new ConnectionPool(config);
    const { maxWaitMs, slowStatementMs } = limitsOf(config);
    const probe = async () => (await this.#pool.acquire()).release();
    this.#reach = new Reach({ place: placeOf(config), maxWaitMs, signal, observe, probe });
    this.#whole = repeating(isTransient, observe);
    this.#undone = repeating(isConflict, observe);
    this.#onStatement = (text, ms) => {
      if (ms < slowStatementMs) return;
      observe?.({ type: 'database.slow', ms: Math.round(ms), statement: shownStatement(text) });
    };
  }

  /** Starts or joins the embedded server if none is configured, and checks the connection; throws a FatalError with the mend. */
  static async connect(config: DatabaseConfig, options: ConnectOptions = {}): Promise<DatabaseManager> {
    const { signal } = options;
    if (config.kind === 'server') return await DatabaseManager.#checked(config, undefined, options);
    const server = await startEmbedded({ directory: config.directory, signal });
    try {
      return await DatabaseManager.#checked(serverConfig(server, config), server, options);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  static async #checked(
    config: ServerDatabaseConfig,
    server: EmbeddedServer | undefined,
    options: ConnectOptions,
  ): Promise<DatabaseManager> {
    await checkServer(config);
    return new DatabaseManager(config, server, options);
  }

  /**
   * Runs one statement in a transaction of its own, at most 120 s. It is repeated when the server surely undid it, and one that
   * only asks also when its connection was lost.
   */
  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    const policy = isQuestion(text) ? this.#whole : this.#undone;
    const watch = this.#watch(questionTimeoutMs(limitsOf(this.config)));
    return await this.#settled(() =>
      policy.execute(async () => await runOn<R>(await this.#acquire(), watch, text, values)),
    );
  }

  /**
   * Runs `fn` between begin and commit, and all of it again (8 times at most) after a serialization failure, a deadlock or a
   * lost connection: `fn` must bear being run twice, even after a commit whose answer was lost. A server that is away is waited
   * for. Throws a RetryableError when it stays away or the retries are used up.
   */
  async transaction<T>(fn: (client: Client) => Promise<T>): Promise<T> {
    return await this.#settled(() => this.#whole.execute(() => runOnce(this, fn)));
  }

  /** Opens a transaction that the caller ends; use `transaction` or `TransactionManager` rather than this. */
  async begin(): Promise<OpenTransaction> {
    // What the locks keep apart must not be written while they are being taken again.
    for (const lock of this.#locks) await lock.held;
    const { connection, release } = await this.#acquire();
    const limits = limitsOf(this.config);
    const client = asClient(connection, this.#watch(limits.statementTimeoutMs));
    try {
      await client.command(beginSql(limits), BEGIN_MS);
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
    const server = { config: this.config, reach: this.#reach };
    const lock = await this.#settled(() => this.#whole.execute(() => tryLock(server, keys)));
    for (const old of this.#locks) if (old.released) this.#locks.delete(old);
    if (lock !== null) this.#locks.add(lock);
    return lock;
  }

  /** Opens a database of which nothing stays, for `run --dry-run`; the caller closes it before this one. */
  async rehearsal(): Promise<Rehearsal> {
    return await Rehearsal.open(this.config, this, this.#watch(limitsOf(this.config).statementTimeoutMs));
  }

  /** Asks the server for a sign of life, at most 5 s and without waiting for one that is away; never throws. */
  async health(): Promise<Health> {
    const start = performance.now();
    let version: string | undefined;
    let error: string | undefined;
    try {
      const answer = await runOn<{ server_version: string }>(
        await this.#pool.acquire(HEALTH_MS),
        { giveUpMs: HEALTH_MS },
        'show server_version',
      );
      version = answer[0]?.server_version.split(' ')[0];
    } catch (cause) {
      error = errorFacts(cause).message;
    }
    const latencyMs = Math.round(performance.now() - start);
    return { ok: error === undefined, latencyMs, version, connections: this.#pool.counts(), error };
  }

  /** Connections of the pool now. */
  get connections(): Health['connections'] {
    return this.#pool.counts();
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

  async #acquire(): Promise<Acquired> {
    return await this.#reach.through(() => this.#pool.acquire());
  }

  /** The server's own time limit comes first; where it is not heard of, the connection is given up. */
  #watch(timeoutMs: number): Watch {
    return { giveUpMs: timeoutMs + LATE_MS, onStatement: this.#onStatement };
  }

  async #settled<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw settle(error, placeOf(this.config));
    }
  }
}
