import type { ServerDatabaseConfig } from '../src/config/config.js';

/** The configuration for a database by its address. */
export function databaseOf(address: string): ServerDatabaseConfig {
  const url = new URL(address);
  return {
    kind: 'server',
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ssl: 'disable',
    poolSize: 4,
  };
}
