/** A real PostgreSQL that can be restarted at once, as by a crash. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseManager } from '../../src/load/database.js';
import { startEmbedded, type EmbeddedServer } from '../../src/load/embedded/start.js';
import { migrate } from '../../src/load/migrate.js';

/** A database of one cell, asked from outside the code under test and past every gate. */
export interface CellDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** A session of its own, which the caller ends. */
  session(): Promise<pg.Client>;
}

const TEMPLATE = 'migrated';
/** What is committed must survive the restarts, so nothing is switched off that keeps it. */
const SETTINGS = { max_wal_size: '1GB' };

/** A server with a database that holds the engine's tables, from which each cell's is copied. */
export class PostgresServer implements AsyncDisposable {
  #embedded: EmbeddedServer;
  readonly #directory: string;
  readonly #settings: Readonly<Record<string, string>>;
  #made = 0;

  private constructor(
    directory: string,
    settings: Readonly<Record<string, string>>,
    embedded: EmbeddedServer,
  ) {
    this.#directory = directory;
    this.#settings = settings;
    this.#embedded = embedded;
  }

  /** With these settings of PostgreSQL beside ours. */
  static async start(more: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-faults-'));
    const settings = { ...SETTINGS, ...more };
    const self = new PostgresServer(directory, settings, await startEmbedded({ directory, settings }));
    await self.#admin(`create database ${TEMPLATE}`);
    const { host, port, user, password } = self.#embedded;
    const config = { host, port, user, password, database: TEMPLATE } as const;
    const db = await DatabaseManager.connect({ kind: 'server', ...config, ssl: 'disable', poolSize: 1 });
    await migrate(db);
    await db.close();
    return self;
  }

  get port(): number {
    return this.#embedded.port;
  }

  get version(): string {
    return this.#embedded.version;
  }

  async createDatabase(): Promise<CellDatabase> {
    const name = `cell_${++this.#made}`;
    await this.#admin(`create database ${name} template ${TEMPLATE}`);
    const url = new URL(this.#embedded.url);
    url.pathname = `/${name}`;
    const session = async () => await connected(url.href);
    return {
      name,
      url: url.href,
      session,
      query: async <R>(text: string, values?: readonly unknown[]) => {
        const client = await session();
        return await client.query(text, values as unknown[]).then(
          async ({ rows }) => (await client.end(), rows as R[]),
          async (error: unknown) => (await client.end(), Promise.reject(error as Error)),
        );
      },
      [Symbol.asyncDispose]: () => this.#admin(`drop database ${name} with (force)`),
    };
  }

  /** Kills every session without a checkpoint, stays away for so long, and recovers from the log. */
  async restart(downMs: number): Promise<void> {
    const file = path.join(this.#embedded.dataDirectory, 'postmaster.pid');
    const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
    const { port } = this;
    process.kill(pid, 'SIGQUIT');
    while (isAlive(pid)) await sleep(20);
    await sleep(downMs);
    this.#embedded = await startEmbedded({ directory: this.#directory, settings: this.#settings });
    if (this.port !== port) throw new Error('the server came back on another port');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#embedded.close();
    // As root the data may lie outside of the folder that was asked for.
    await rm(path.resolve(this.#embedded.dataDirectory, '../..'), { recursive: true, force: true });
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #admin(text: string): Promise<void> {
    const client = await connected(this.#embedded.url);
    await client.query(text).finally(() => client.end());
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
