import { chmod, copyFile, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { FatalError } from '../../errors.js';
import { removeOldCopies, type Binaries } from './binaries.js';
import { giveTo } from './identity.js';
import type { Place } from './place.js';
import { isServerOf, readPostmaster } from './postmaster.js';
import { runProgram } from './run-program.js';

export const HOST = '127.0.0.1';
/** Recovery after a crash replays up to `max_wal_size`. */
const START_TIMEOUT_S = 600;
const STOP_TIMEOUT_S = 120;
const LOG_LIMIT = 1024 * 1024;
const TAIL = 2000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  // Paths of sockets may have 107 bytes only, and nobody needs one here.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '192MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // This build has pglz only, which tripled the CPU of updates after a checkpoint (0.4 s to 1.1 s for 20,000 rows).
  wal_compression: 'off',
  random_page_cost: '1.1',
  // Compiling costs more than these short statements gain.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // A failed statement would bring its values into the log; the client that sent it is told anyway.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
};

/** A port that was taken; a rival that was faster, is just starting, or has been stopped again; our own server, joined and stopped by another before we looked. */
const LOOK_AGAIN =
  /Address already in use|lock file "postmaster.pid" (already exists|is empty)|received (fast|smart) shutdown request/;

/**
 * Starts the server and waits until it is ready. Returns quietly when another process was faster, and when the port
 * was taken in between: the caller looks again. Throws a FatalError with the end of the log when it cannot start.
 */
export async function launch(
  place: Place,
  binaries: Binaries,
  extra: Readonly<Record<string, string>>,
): Promise<void> {
  await removeOldCopies(place.home, binaries);
  const before = await prepareLog(place);
  const port = await freePort(place.home);
  const settings = Object.entries({ ...SETTINGS, ...extra, port: String(port) });
  const options = settings.map(([name, value]) => `-c ${name}=${value}`).join(' ');
  const wait = ['-s', '-w', '-t', String(START_TIMEOUT_S)];
  const args = ['start', ...wait, '-D', place.data, '-l', place.log, '-o', options];
  const started = await runProgram('pg_ctl', args, { place, binaries });
  if (started.ok) {
    const file = path.join(place.home, 'port');
    await writeFile(file, String(port));
    await giveTo(place.identity, file);
    return;
  }
  const other = await readPostmaster(place.data);
  if (other && (await isServerOf(other.pid, place.data))) return;
  const log = await readFrom(place.log, before);
  if (LOOK_AGAIN.test(log)) return;
  throw new FatalError(`PostgreSQL did not start in ${place.home}: ${started.output} ${log}`.trim());
}

/** Stops the server and waits until it has; throws when it does not within two minutes. */
export async function stop(place: Place, binaries: Binaries): Promise<void> {
  const args = ['stop', '-s', '-w', '-m', 'fast', '-t', String(STOP_TIMEOUT_S), '-D', place.data];
  const stopped = await runProgram('pg_ctl', args, { place, binaries });
  // A claim that is just being written is another process's: ours has stopped.
  if (!stopped.ok && !/PID file .* is empty/.test(stopped.output) && (await readPostmaster(place.data))) {
    throw new FatalError(`The embedded PostgreSQL in ${place.home} did not stop: ${stopped.output}`);
  }
}

/** Keeps the log and one older part of it, 1 MB each; the server appends, so it can be cut while it runs. */
export async function prepareLog({ log, identity }: Place): Promise<number> {
  await (await open(log, 'a', 0o600)).close();
  await chmod(log, 0o600);
  await giveTo(identity, log);
  const { size } = await stat(log);
  if (size < LOG_LIMIT) return size;
  await copyFile(log, `${log}.1`);
  await giveTo(identity, `${log}.1`);
  await truncate(log);
  return 0;
}

/** The port of last time if it is free, so that addresses kept in other tools stay right. */
async function freePort(home: string): Promise<number> {
  const last = Number(await readFile(path.join(home, 'port'), 'utf8').catch(() => '0'));
  return await listenOnce(last).catch(() => listenOnce(0));
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const taken = (server.address() as AddressInfo).port;
      server.close(() => resolve(taken));
    });
  });
}

async function readFrom(file: string, offset: number): Promise<string> {
  return (await readFile(file)).subarray(offset).toString('utf8').slice(-TAIL).trim();
}
