/** One connection, and the CPU that PostgreSQL spends on it: it minds a busy machine little, unlike the clock. */
import pg from 'pg';
import type { Client, Database } from '../src/load/client.js';
import { asClient } from '../src/load/connection.js';
import { cpuOfTree } from './cpu.js';

const GIVE_UP_MS = 600_000;

export interface Backend extends AsyncDisposable {
  readonly client: Client;
  /** The same connection for what asks outside of a transaction. */
  readonly db: Pick<Database, 'query'>;
  /** Seconds of CPU of the server's process of this connection while it works, to a hundredth. */
  readonly cpu: (work: () => Promise<unknown>) => Promise<number>;
  /** Does the work and takes it back. */
  readonly undone: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Connects; works on Linux alone. */
export async function openBackend(url: string): Promise<Backend> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  const client = asClient(connection, { giveUpMs: GIVE_UP_MS });
  // What other processes did for it would not be counted.
  await client.query('set max_parallel_workers_per_gather = 0');
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]?.pid ?? 0;
  return {
    client,
    db: {
      query: async <R>(text: string, values?: readonly unknown[]) =>
        (await client.query<R>(text, values)).rows,
    },
    async cpu(work) {
      const before = await cpuOfTree(pid);
      await work();
      return (await cpuOfTree(pid)) - before;
    },
    async undone(work) {
      await client.query('begin');
      try {
        return await work();
      } finally {
        await client.query('rollback');
      }
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}
