import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { isAlive, readPostmaster } from '../../src/load/embedded/postmaster.js';
import { startEmbedded, type EmbeddedServer } from '../../src/load/embedded/start.js';
import type { FreshDatabase } from './database-fixture.js';

/** A PostgreSQL server of the test's own, which it may stop as by a power cut and start again on the same port. */
export class OwnServer implements FreshDatabase {
  readonly url: string;
  readonly config: FreshDatabase['config'];
  readonly #directory: string;
  #server: EmbeddedServer;

  private constructor(directory: string, server: EmbeddedServer) {
    this.#directory = directory;
    this.#server = server;
    this.url = server.url;
    const { host, port, user, password, database } = server;
    this.config = { kind: 'server', host, port, user, password, database, ssl: 'disable', poolSize: 4 };
  }

  static async start(): Promise<OwnServer> {
    const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-restart-'));
    return new OwnServer(directory, await startServer(directory));
  }

  /** Every connection breaks at once, and nothing is written down that was not. */
  async stop(): Promise<void> {
    const running = await readPostmaster(this.#server.dataDirectory);
    if (running === null) throw new Error('the server does not run');
    process.kill(running.pid, 'SIGQUIT');
    await vi.waitFor(() => expect(isAlive(running.pid)).toBe(false), { timeout: 20_000, interval: 5 });
  }

  async start(): Promise<void> {
    this.#server = await startServer(this.#directory);
    expect(this.#server.port).toBe(this.config.port);
  }

  async query<R>(text: string, values?: unknown[]): Promise<R[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as R[];
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await rm(path.resolve(this.#server.dataDirectory, '../..'), { recursive: true, force: true });
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** What is committed must survive the end of the server, though not that of the machine. */
const startServer = (directory: string) => startEmbedded({ directory, settings: { fsync: 'off' } });
