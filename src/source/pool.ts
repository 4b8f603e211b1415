/** Connections to vivenu: one pool per origin, shared by the clients of this process and closed with the last of them. */
import { Pool } from 'undici';

export interface PoolOptions {
  readonly origin: string;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Whether the certificate goes unverified. */
  readonly insecure: boolean;
}

/** Bytes of one answer; a page of 1,000 tickets has about 2.5 million. */
const MAX_ANSWER = 256 * 1024 * 1024;

const shared = new Map<string, { pool: Pool; users: number }>();

/** A pool to send through; whoever takes it gives it back once. */
export function takePool(options: PoolOptions): { pool: Pool; giveBack: () => Promise<void> } {
  const key = JSON.stringify([
    options.origin,
    options.connections,
    options.connectTimeoutMs,
    options.insecure,
  ]);
  const entry = shared.get(key) ?? { pool: open(options), users: 0 };
  shared.set(key, entry);
  entry.users++;
  const giveBack = async () => {
    if (--entry.users > 0) return;
    shared.delete(key);
    await entry.pool.destroy();
  };
  return { pool: entry.pool, giveBack };
}

function open(options: PoolOptions): Pool {
  return new Pool(options.origin, {
    connections: options.connections,
    connect: { timeout: options.connectTimeoutMs, rejectUnauthorized: !options.insecure },
    maxResponseSize: MAX_ANSWER,
    // The time-out over the whole exchange (request.ts) is the only one.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
