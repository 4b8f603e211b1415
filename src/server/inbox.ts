import type { Database } from '../load/client.js';
import { deliveryKey, insertDeliveries, type NewDelivery } from '../load/deliveries.js';

interface Waiting {
  readonly delivery: NewDelivery;
  readonly resolve: (isNew: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Most deliveries that one statement writes down, and most characters of them. */
const BATCH = 200;
const BATCH_CHARACTERS = 8_000_000;
/** Statements under way at once. */
const WRITERS = 2;
/** Deliveries that may wait: more means that the database does not keep up, and vivenu is asked to come again. */
const MAX_WAITING = 5000;
const MAX_CHARACTERS = 64_000_000;
/** A database that failed is tried with one delivery after so long; the others are refused meanwhile, which costs next to nothing. */
const TRY_AGAIN_MS = 200;

/** Writes deliveries down before they are answered: those that come while a statement is under way go together in the next. */
export class Inbox {
  readonly #db: Pick<Database, 'query'>;
  readonly #waiting: Waiting[] = [];
  #characters = 0;
  #writers = 0;
  /** By `performance.now()`; null: the database is there, Infinity: it is being tried. */
  #tryAt: number | null = null;

  constructor(db: Pick<Database, 'query'>) {
    this.#db = db;
  }

  /** Nothing can be written now. */
  get isAway(): boolean {
    return this.#tryAt !== null && performance.now() < this.#tryAt;
  }

  /** Resolves when the delivery is committed, with whether it had not come before. Throws when it could not be written. */
  async put(delivery: NewDelivery): Promise<boolean> {
    if (this.isAway) throw new Error('the database is away');
    if (this.#waiting.length >= MAX_WAITING || this.#characters > MAX_CHARACTERS)
      throw new Error('too many deliveries wait to be written');
    if (this.#tryAt !== null) this.#tryAt = Infinity;
    return await new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ delivery, resolve, reject });
      this.#characters += delivery.payload.length;
      if (this.#writers < WRITERS) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writers += 1;
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#insert(batch);
    this.#writers -= 1;
  }

  #take(): Waiting[] {
    let characters = 0;
    let count = 0;
    for (const { delivery } of this.#waiting) {
      characters += delivery.payload.length;
      if (count === BATCH || (count > 0 && characters > BATCH_CHARACTERS)) break;
      count += 1;
    }
    const batch = this.#waiting.splice(0, count);
    for (const { delivery } of batch) this.#characters -= delivery.payload.length;
    return batch;
  }

  async #insert(batch: readonly Waiting[]): Promise<void> {
    try {
      const fresh = await insertDeliveries(
        this.#db,
        batch.map(({ delivery }) => delivery),
      );
      this.#tryAt = null;
      // Of two with one id in a batch, the first is new.
      for (const { delivery, resolve } of batch) resolve(fresh.delete(deliveryKey(delivery)));
    } catch (error) {
      if (isRefusal(error)) await this.#refused(batch, error);
      else this.#failed(batch, error);
    }
  }

  /** One that PostgreSQL refuses must not take the others with it. */
  async #refused(batch: readonly Waiting[], error: unknown): Promise<void> {
    this.#tryAt = null;
    if (batch.length === 1) for (const { reject } of batch) reject(error);
    else for (const one of batch) await this.#insert([one]);
  }

  /** Those that wait would only wait for the same. */
  #failed(batch: readonly Waiting[], error: unknown): void {
    this.#tryAt = performance.now() + TRY_AGAIN_MS;
    for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
    this.#characters = 0;
  }
}

const isRefusal = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|54)/.test(error.code);
