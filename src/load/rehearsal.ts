import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { ServerDatabaseConfig } from '../config/config.js';
import type { Client, Database, Health, Lock, OpenTransaction } from './client.js';
import { asClient, connectAlone, limitsOf } from './connection.js';
import type { Watch } from './statement.js';
import { runOnce } from './transaction.js';

/** What a rehearsal leaves to the real database. */
type Real = Pick<Database, 'tryLock' | 'health'>;

/**
 * One connection inside one open transaction: everything works as on the real database, and `close()` undoes it all.
 * Transactions become savepoints and wait for each other; `now()` stands still; rows written stay locked until the end.
 */
export class Rehearsal implements Database {
  readonly #connection: pg.Client;
  readonly #client: ReturnType<typeof asClient>;
  readonly #real: Real;
  readonly #inside = new AsyncLocalStorage<true>();
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(connection: pg.Client, real: Real, watch: Watch) {
    this.#connection = connection;
    this.#client = asClient(connection, watch);
    this.#real = real;
  }

  /** Opens the connection and its transaction. */
  static async open(config: ServerDatabaseConfig, real: Real, watch: Watch): Promise<Rehearsal> {
    const connection = await connectAlone(config);
    await connection.query(`begin; set local statement_timeout = ${limitsOf(config).statementTimeoutMs}`);
    return new Rehearsal(connection, real, watch);
  }

  async query<R>(text: string, values?: readonly unknown[]): Promise<R[]> {
    return await this.transaction(async (client) => (await client.query<R>(text, values)).rows);
  }

  /** Runs `fn` once inside a savepoint; inside `fn` only its client may be used, anything else throws. */
  async transaction<T>(fn: (client: Client) => Promise<T>): Promise<T> {
    return await runOnce(this, (client) => this.#inside.run(true, () => fn(client)));
  }

  async begin(): Promise<OpenTransaction> {
    const leave = await this.#enter();
    try {
      await this.#client.command('savepoint rehearsal');
    } catch (error) {
      leave();
      throw error;
    }
    return {
      query: this.#client.query,
      commit: () => this.#client.command('release savepoint rehearsal').then(leave, this.#undo(leave)),
      rollback: () => this.#client.command(UNDO).then(leave, leave),
    };
  }

  /** Real locks, since a rehearsal must not run beside a run either. */
  async tryLock(keys: readonly (string | bigint)[]): Promise<Lock | null> {
    return await this.#real.tryLock(keys);
  }

  async health(): Promise<Health> {
    return await this.#real.health();
  }

  /** Waits for what runs, then undoes everything. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const leave = await this.#enter();
    this.#closed = true;
    await this.#connection.query('rollback').catch(() => undefined);
    await this.#connection.end().catch(() => undefined);
    leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A commit that fails (a statement before failed and was ignored) leaves the savepoint to be undone. */
  #undo(leave: () => void): (error: unknown) => Promise<never> {
    return async (error) => {
      await this.#client.command(UNDO).catch(() => undefined);
      leave();
      throw error;
    };
  }

  /** Waits until all that came before have left; returns the function to leave by. */
  async #enter(): Promise<() => void> {
    if (this.#inside.getStore()) {
      throw new Error('inside a transaction use its own client: the rehearsal has one connection only');
    }
    let leave = (): void => undefined;
    const before = this.#last;
    this.#last = new Promise((resolve) => (leave = resolve));
    await before;
    if (this.#closed) {
      leave();
      throw new Error('the rehearsal is closed');
    }
    return leave;
  }
}

const UNDO = 'rollback to savepoint rehearsal; release savepoint rehearsal';
