import type { Client, Database, OpenTransaction, Result } from './client.js';

/** A transaction for `await using`: rolled back at the end of the block unless `commit()` was called. */
export class TransactionManager implements Client, AsyncDisposable {
  readonly #transaction: OpenTransaction;
  #open = true;

  private constructor(transaction: OpenTransaction) {
    this.#transaction = transaction;
  }

  /** Opens a transaction on a connection of its own; nothing in it is repeated (`Database.transaction` does that). */
  static async begin(db: Pick<Database, 'begin'>): Promise<TransactionManager> {
    return new TransactionManager(await db.begin());
  }

  /** Throws when the transaction has ended. */
  async query<R>(text: string, values?: readonly unknown[]): Promise<Result<R>> {
    this.#mustBeOpen();
    return await this.#transaction.query<R>(text, values);
  }

  /** Throws when the transaction has ended, or when the server rolled it back instead. */
  async commit(): Promise<void> {
    this.#mustBeOpen();
    this.#open = false;
    await this.#transaction.commit();
  }

  /** Throws when the transaction has ended. */
  async rollback(): Promise<void> {
    this.#mustBeOpen();
    this.#open = false;
    await this.#transaction.rollback();
  }

  /** Rolls back, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open) await this.rollback();
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new Error('this transaction has already been committed or rolled back');
  }
}

/** Runs `fn` in one transaction, once. */
export async function runOnce<T>(
  db: Pick<Database, 'begin'>,
  fn: (client: Client) => Promise<T>,
): Promise<T> {
  await using transaction = await TransactionManager.begin(db);
  const result = await fn(transaction);
  await transaction.commit();
  return result;
}
