import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { ServerDatabaseConfig } from '../../src/config/config.js';
import './postgres.js';

/** An empty database that exists for one test. */
export interface FreshDatabase extends AsyncDisposable {
  readonly url: string;
  readonly config: ServerDatabaseConfig;
  /** Asks it from outside the code under test. */
  query<R>(text: string, values?: unknown[]): Promise<R[]>;
}

/** Creates an empty database; with `superuser: false`, owned and used by a role without any other right. */
export async function freshDatabase(options: { superuser?: boolean } = {}): Promise<FreshDatabase> {
  const server = new URL(inject('postgresUrl'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  const target = new URL(server);
  target.pathname = `/${name}`;
  if (options.superuser === false) {
    target.username = name;
    target.password = randomBytes(12).toString('hex');
    await onServer(server, `create role ${name} login nosuperuser password '${target.password}'`);
  }
  await onServer(server, `create database ${name} owner "${decodeURIComponent(target.username)}"`);
  const pool = new pg.Pool({ connectionString: target.href, max: 2 });
  pool.on('error', () => undefined);
  return {
    url: target.href,
    config: configOf(target),
    query: async <R>(text: string, values?: unknown[]) => (await pool.query(text, values)).rows as R[],
    [Symbol.asyncDispose]: async () => {
      await pool.end();
      await onServer(server, `drop database ${name} with (force)`);
      if (options.superuser === false) await onServer(server, `drop role ${name}`);
    },
  };
}

function configOf(url: URL): ServerDatabaseConfig {
  return {
    kind: 'server',
    host: url.hostname,
    port: Number(url.port || 5432),
    database: url.pathname.slice(1),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ssl: 'disable',
    poolSize: 4,
  };
}

async function onServer(server: URL, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
