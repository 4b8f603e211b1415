import type { EmbeddedDatabaseConfig, ServerDatabaseConfig } from '../config/config.js';
import { FatalError, RetryableError } from '../errors.js';
import { connectAlone, explainConnect } from './connection.js';
import type { EmbeddedServer } from './embedded/start.js';
import { Reach } from './reach.js';
import { isStarting } from './transient.js';

const OLDEST_SERVER = 15;
/** A server that was just started recovers first. */
const STARTING_MS = 30_000;

/** Of a server, for messages. */
export const placeOf = ({ host, port }: ServerDatabaseConfig): string => `${host}:${port}`;

/** Throws a FatalError with the mend when the server cannot be used; one that is starting up is waited for. */
export async function checkServer(config: ServerDatabaseConfig): Promise<void> {
  const place = placeOf(config);
  const version = await versionOf(config).catch((error: unknown) => {
    throw explainConnect(config, error);
  });
  if (Number.parseInt(version) >= OLDEST_SERVER) return;
  throw new FatalError(
    `PostgreSQL at ${place} is version ${version}; vivenu-ingest needs ${OLDEST_SERVER} or newer. Upgrade it, or name another server.`,
  );
}

async function versionOf(config: ServerDatabaseConfig): Promise<string> {
  let version = '';
  const ask = async () => {
    const client = await connectAlone(config);
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    version = rows[0]?.server_version ?? '';
    await client.end();
  };
  const reach = new Reach({ place: placeOf(config), maxWaitMs: STARTING_MS, isAway: isStarting, probe: ask });
  try {
    await reach.through(ask);
  } catch (error) {
    // What is explained is why there was no connection, not how long it was waited for.
    throw error instanceof RetryableError ? error.cause : error;
  }
  return version;
}

/** The configuration of the embedded server as that of any other. */
export function serverConfig(
  { host, port, user, password, database }: EmbeddedServer,
  { poolSize, limits }: EmbeddedDatabaseConfig,
): ServerDatabaseConfig {
  const shared = { poolSize, ...(limits === undefined ? {} : { limits }) };
  return { kind: 'server', host, port, user, password, database, ssl: 'disable', ...shared };
}
