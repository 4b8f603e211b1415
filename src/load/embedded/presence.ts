import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { USER } from './cluster.js';
import { HOST } from './launch.js';

/**
 * Who uses the server is kept in the server: each process holds a connection with a shared advisory lock, which ends
 * with the process however that ends. Who wants to stop the server needs the same lock alone, and holds it until the
 * server is gone, so nobody can join in between: they see the server stop, and start it again.
 */
const USERS_LOCK = 7_305_807_001;
const APPLICATION = 'vivenu-ingest presence';
export const DATABASE = 'vivenu';
const LAST_CLIENTS_MS = 500;
const CONNECT_TIMEOUT_MS = 10_000;

/** The types of `pg` leave these two out. */
type Connection = pg.Client & { ref(): void; unref(): void };

/** A process's place among the users of the server. */
export interface Presence {
  readonly connection: Connection;
  readonly version: string;
  /** Whether the connection broke, because the server crashed or was stopped by hand. */
  lost: boolean;
}

/**
 * Joins the users of the server on this port. `busy`: it starts, stops or does not answer, look again;
 * `foreign`: what listens there is not the server of this data folder.
 */
export async function join(
  port: number,
  password: string,
  data: string,
): Promise<Presence | 'busy' | 'foreign'> {
  const connection = new pg.Client(clientOptions(port, password)) as Connection;
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    if (!(await isSameFolder(connection, data))) return await leaveWith(connection, 'foreign');
    if (!(await ask(connection, `select pg_try_advisory_lock_shared(${USERS_LOCK})`))) {
      return await leaveWith(connection, 'busy');
    }
    await makeDatabase(connection);
    const version = (await ask(connection, 'show server_version')) as string;
    // Being present must not keep the process running.
    connection.unref();
    const presence = { connection, version, lost: false };
    connection.on('error', () => (presence.lost = true));
    return presence;
  } catch (error) {
    const refused = ['28P01', '28000', '3D000'].includes((error as { code?: string }).code ?? '');
    return await leaveWith(connection, refused ? 'foreign' : 'busy');
  }
}

/** Leaves; when nobody else is there, runs `stop` before anybody can come. */
export async function leave({ connection }: Presence, stop: () => Promise<void>): Promise<void> {
  connection.ref();
  // A connection that breaks here says that the server went down, or another process stops it.
  const last = await isLast(connection).catch(() => false);
  try {
    if (last) await stop();
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function isLast(connection: Connection): Promise<boolean> {
  await connection.query(`select pg_advisory_unlock_shared(${USERS_LOCK})`);
  const alone = await ask(connection, `select pg_try_advisory_lock(${USERS_LOCK})`);
  return Boolean(alone) && (await othersLeave(connection));
}

/** Other programs (psql, a BI tool) hold no lock; connections that were closed just now need a moment to go. */
async function othersLeave(connection: Connection): Promise<boolean> {
  const others = `select count(*)::int from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and application_name <> '${APPLICATION}'`;
  const deadline = Date.now() + LAST_CLIENTS_MS;
  while ((await ask(connection, others)) !== 0) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** A copied project has its password and claim copied too, and must not use the server of the original. */
async function isSameFolder(connection: Connection, data: string): Promise<boolean> {
  const served = await stat((await ask(connection, 'show data_directory')) as string).catch(() => undefined);
  const own = await stat(data);
  // A folder that is gone was renamed while its server ran.
  return served === undefined || (served.ino === own.ino && served.dev === own.dev);
}

async function makeDatabase(connection: Connection): Promise<void> {
  if (await ask(connection, `select 1 from pg_database where datname = '${DATABASE}'`)) return;
  await connection.query(`create database ${DATABASE}`).catch((error: unknown) => {
    // Another process made it at the same moment.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  });
}

async function ask(connection: Connection, text: string): Promise<unknown> {
  const { rows } = await connection.query<[unknown]>({ text, rowMode: 'array' });
  return rows[0]?.[0];
}

async function leaveWith<T>(connection: Connection, outcome: T): Promise<T> {
  await connection.end().catch(() => undefined);
  return outcome;
}

function clientOptions(port: number, password: string): pg.ClientConfig {
  return {
    host: HOST,
    port,
    user: USER,
    password,
    // Not in `vivenu`, so that this connection does not stand in the way of dropping it.
    database: 'postgres',
    ssl: false,
    application_name: APPLICATION,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
}
