/** What every part of the loader may ask of a database: the shapes that the pool and the rehearsal both have. */

/** Rows of a statement, and how many it read or changed. */
export interface Result<R> {
  rows: R[];
  rowCount: number | null;
}

/** One connection, as the writing code sees it. */
export interface Client {
  /** Runs one statement (or several without values: the result is the last one's). */
  query<R>(text: string, values?: readonly unknown[]): Promise<Result<R>>;
}

/** A transaction that is open now: exactly one of `commit` and `rollback` is called, once. */
export interface OpenTransaction extends Client {
  /** Throws when the server could not commit, also when a statement before had failed and was ignored. */
  commit(): Promise<void>;
  /** Never throws: a connection that cannot roll back is dropped, which rolls back. */
  rollback(): Promise<void>;
}

/** Session locks held together on a connection of their own; let go when disposed. */
export interface Lock extends AsyncDisposable {
  readonly keys: readonly (string | bigint)[];
  /** Aborted when the locks are gone for good, because another took them while the server or the network was away. */
  readonly lost: AbortSignal;
  /** Lets the locks go. */
  release(): Promise<void>;
}

/** Answer of `health()`. */
export interface Health {
  readonly ok: boolean;
  readonly latencyMs: number;
  /** Version of the server, such as `18.4`; undefined when it does not answer. */
  readonly version: string | undefined;
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number };
  /** Why it is not ok. */
  readonly error: string | undefined;
}

/** The database as the engine sees it: the real one (`DatabaseManager`) or a rehearsal, of which nothing stays. */
export interface Database extends AsyncDisposable {
  /** Runs one statement in a transaction of its own and returns its rows. */
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs `fn` between begin and commit; rolls back when it throws. `fn` may run several times. */
  transaction<T>(fn: (client: Client) => Promise<T>): Promise<T>;
  /** Opens a transaction that the caller ends. */
  begin(): Promise<OpenTransaction>;
  /** Takes all of these locks, or none of them and returns null. */
  tryLock(keys: readonly (string | bigint)[]): Promise<Lock | null>;
  /** Asks for a sign of life. */
  health(): Promise<Health>;
  /** Closes what it holds open. */
  close(): Promise<void>;
}

/** Quotes any name (schema, table, column) for SQL text; throws a RangeError for one that PostgreSQL cannot hold. */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > 63) {
    throw new RangeError('a name in PostgreSQL has 1 to 63 bytes and no NUL');
  }
  return `"${name.replaceAll('"', '""')}"`;
}
