import pg from 'pg';
import type { DatabaseLimits, ServerDatabaseConfig } from '../config/config.js';
import { FatalError } from '../errors.js';
import type { Client, Result } from './client.js';
import { DEFAULT_LIMITS, questionTimeoutMs } from './limits.js';
import type { Watch } from './statement.js';

const SECOND = 1000;
export const CONNECT_TIMEOUT_MS = 10 * SECOND;
/** A peer that is gone without a word is noticed after this and ten probes of a second. */
const KEEPALIVE_AFTER_MS = 10 * SECOND;
/** A process that stands still inside of a transaction holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 600 * SECOND;

/** Opens a transaction, in which a load, an index or a summary may take longer than a single question. */
export const beginSql = ({ statementTimeoutMs }: DatabaseLimits): string =>
  `begin; set local statement_timeout = ${statementTimeoutMs};` +
  ` set local idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`;

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];
type Reader = (text: string) => unknown;
const READERS = new Map<number, Reader>([
  [pg.types.builtins.INT8, readInt8],
  // pg would read both in the zone of this machine, which moves a date by a day west of Greenwich.
  [pg.types.builtins.DATE, (text) => text],
  [pg.types.builtins.TIMESTAMP, (text) => standardReader(pg.types.builtins.TIMESTAMPTZ)(`${text}+00`)],
]);

/** Options of a `pg` client for this configuration. */
export function clientConfig(config: ServerDatabaseConfig): pg.ClientConfig {
  return {
    host: config.host,
    port: config.port,
    database: config.database,
    user: config.user,
    password: config.password,
    ssl: config.ssl === 'disable' ? false : { rejectUnauthorized: config.ssl === 'verify-full' },
    application_name: 'vivenu-ingest',
    client_encoding: 'UTF8',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
    types: { getTypeParser: readerOf },
  };
}

/** Limits of a connection, those of the configuration or the usual ones. */
export const limitsOf = ({ limits }: Pick<ServerDatabaseConfig, 'limits'>): DatabaseLimits =>
  limits ?? DEFAULT_LIMITS;

/** Sets time zone and time limit of a new connection. */
export async function prepareSession(client: pg.ClientBase, config: ServerDatabaseConfig): Promise<void> {
  // By SET and not as start-up parameters: connection poolers such as PgBouncer refuse parameters they do not know.
  const limit = questionTimeoutMs(limitsOf(config));
  const only = config.readOnly ? '; set default_transaction_read_only = on' : '';
  await client.query(`set timezone = 'UTC'; set statement_timeout = ${limit}${only}`);
}

/** Opens one connection outside the pool; throws what `pg` throws. */
export async function connectAlone(config: ServerDatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(config));
  // Without a listener, a connection that dies would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await prepareSession(client, config);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** A `Client` that also tells what the server did (`COMMIT`, `ROLLBACK`). */
export interface BareClient extends Client {
  readonly query: <R>(text: string, values?: readonly unknown[]) => Promise<Result<R>>;
  readonly command: (text: string, giveUpMs?: number) => Promise<string>;
}

/** The narrow `Client` over a connection of `pg`. */
export function asClient(connection: pg.ClientBase, watch: Watch): BareClient {
  const run = async (
    text: string,
    values?: readonly unknown[],
    giveUpMs = watch.giveUpMs,
  ): Promise<pg.QueryResult> => {
    const began = performance.now();
    try {
      // An empty list would choose the extended protocol, which refuses several statements in one text.
      const question = { text, values: values?.length ? [...values] : undefined, query_timeout: giveUpMs };
      const result = (await connection.query(question as pg.QueryConfig)) as
        pg.QueryResult | pg.QueryResult[];
      return Array.isArray(result) ? (result.at(-1) as pg.QueryResult) : result;
    } catch (error) {
      throw withoutValues(error);
    } finally {
      watch.onStatement?.(text, performance.now() - began);
    }
  };
  return {
    query: async <R>(text: string, values?: readonly unknown[]): Promise<Result<R>> => {
      const { rows, rowCount } = await run(text, values);
      return { rows: rows as R[], rowCount };
    },
    command: async (text, giveUpMs) => (await run(text, undefined, giveUpMs)).command,
  };
}

/** PostgreSQL puts whole rows into these fields ("Failing row contains …"); logs must not see them. */
function withoutValues(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    error.detail = undefined;
    error.where = undefined;
    error.internalQuery = undefined;
  }
  return error;
}

/** Explains why no connection came about: place, fact and mend, never the password. */
export function explainConnect(config: ServerDatabaseConfig, cause: unknown): FatalError {
  const { host, port, database, user } = config;
  const { code, message } = errorFacts(cause);
  const place = `PostgreSQL at ${host}:${port}, database "${database}", user "${user}"`;
  return new FatalError(`${place}: ${message}. ${mendOf(code, message)}`, { cause });
}

/** Code and message of a failure; several addresses of one host fail together as an AggregateError without text. */
export function errorFacts(error: unknown): { code: string; message: string } {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return { code: '', message: String(first) };
  return { code: (first as NodeJS.ErrnoException).code ?? '', message: first.message || first.name };
}

const MENDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: start the server, or mend POSTGRES_HOST and POSTGRES_PORT.',
  ENOTFOUND: 'This name does not resolve: mend POSTGRES_HOST.',
  EAI_AGAIN: 'This name does not resolve now: check the network, or mend POSTGRES_HOST.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Name the host in POSTGRES_HOST as its certificate does.',
  '28P01': 'Mend POSTGRES_USER or POSTGRES_PASSWORD.',
  '28000': 'The server does not let this user in from here: see its pg_hba.conf, and POSTGRES_SSL.',
  '3D000': 'Create the database, or mend POSTGRES_DB.',
  '53300': 'All connections are taken: lower POSTGRES_POOL_SIZE or raise max_connections.',
};

function mendOf(code: string, message: string): string {
  const known = MENDS[code];
  if (known) return known;
  if (/does not support SSL/i.test(message)) return 'Set POSTGRES_SSL=disable, or turn TLS on at the server.';
  if (/cert|self.signed|altname/i.test(`${code} ${message}`)) {
    return 'Name the authority in NODE_EXTRA_CA_CERTS, or set POSTGRES_SSL=require to encrypt without checking it.';
  }
  return 'Check that the server runs and can be reached from this machine.';
}

function readInt8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function standardReader(oid: TypeId): Reader {
  return pg.types.getTypeParser(oid, 'text') as Reader;
}

function readerOf(oid: TypeId, format?: string): Reader {
  const own = format === 'binary' ? undefined : READERS.get(oid);
  return own ?? (pg.types.getTypeParser(oid, format as 'text') as Reader);
}
