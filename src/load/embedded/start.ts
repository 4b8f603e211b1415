import { setTimeout as sleep } from 'node:timers/promises';
import { FatalError } from '../../errors.js';
import { prepareBinaries, type Binaries } from './binaries.js';
import { openCluster, USER } from './cluster.js';
import { HOST, launch, prepareLog, stop } from './launch.js';
import { findPlace, type Place } from './place.js';
import { isAlive, isServerOf, readPostmaster, setAside } from './postmaster.js';
import { DATABASE, join, leave, type Presence } from './presence.js';

/** A PostgreSQL server of this project that is running, shared by all processes that started it with this folder. */
export interface EmbeddedServer extends AsyncDisposable {
  /** With the password in it: for a connection, never for a log. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: 'vivenu';
  readonly dataDirectory: string;
  /** Of the server, such as `18.4`. */
  readonly version: string;
  /** One sentence to show when the data could not be kept below `directory`. */
  readonly notice: string | undefined;
  /** Leaves the server, and stops it when nobody else uses it. Throws when it does not stop. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Such as `.vivenu-ingest`; everything is kept in `postgres/` below it. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
  /** Settings of the server beside ours, for tests (`fsync`); heeded only by the process that starts it. */
  readonly settings?: Readonly<Record<string, string>>;
}

const LOOK_AGAIN_MS = 100;
const TIMEOUT_MS = 3 * 60_000;

interface Ready {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly password: string;
}

/**
 * Joins the server of this folder, or makes the folder and starts the server when it does not run. The server is a
 * process of its own that outlives this one when it is killed. Throws a FatalError that says what to do when the
 * folder is not ours, of another version or cannot be used, and when the server does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { signal } = options;
  signal?.throwIfAborted();
  const place = await findPlace(options.directory);
  const binaries = await prepareBinaries(place);
  const password = await openCluster(place, binaries, signal);
  const ready = { place, binaries, password };
  await prepareLog(place);
  const deadline = Date.now() + TIMEOUT_MS;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    const presence = await joinOrStart(ready, options.settings ?? {});
    if (presence) return describe(ready, presence);
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
  throw new FatalError(`The embedded PostgreSQL does not answer; see ${place.log}.`);
}

/** One step towards a server that is running; undefined means: look again. */
async function joinOrStart(
  { place, binaries, password }: Ready,
  settings: Readonly<Record<string, string>>,
): Promise<Presence | undefined> {
  const running = await readPostmaster(place.data);
  if (!running || !isAlive(running.pid)) {
    await launch(place, binaries, settings);
    return undefined;
  }
  const joined = await join(running.port, password, place.data);
  if (typeof joined !== 'string') return joined;
  const ours = await isServerOf(running.pid, place.data);
  if (ours && joined === 'foreign') {
    throw new FatalError(
      `The embedded PostgreSQL in ${place.home} refuses its password; it was changed. Put it back, or move the folder away.`,
    );
  }
  if (!ours) await setAside(place.data, running);
  return undefined;
}

function describe(ready: Ready, presence: Presence): EmbeddedServer {
  const { place, password } = ready;
  const port = presence.connection.port;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= leaveServer(ready, presence));
  return {
    url: `postgres://${USER}:${password}@${HOST}:${port}/${DATABASE}`,
    host: HOST,
    port,
    user: USER,
    password,
    database: DATABASE,
    dataDirectory: place.data,
    version: presence.version.split(' ')[0] ?? presence.version,
    notice: place.notice,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A server that crashed and came back has forgotten us: whether we are the last must be asked again. */
async function leaveServer({ place, binaries, password }: Ready, presence: Presence): Promise<void> {
  let current: Presence | string = presence;
  if (presence.lost) {
    const running = await readPostmaster(place.data);
    current = running ? await join(running.port, password, place.data) : 'gone';
  }
  if (typeof current !== 'string') await leave(current, () => stop(place, binaries));
}
