import { Command } from 'commander';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getConfig, type DatabaseConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import { DatabaseManager, type EmbeddedServer } from '../load/database.js';
import { invocation } from './invocation.js';
import { embeddedDatabase } from './own-database.js';

interface Flags {
  json?: true;
  embedded?: true;
}

/** `db`: keeps the embedded server running and tells how to reach it. */
export function dbCommand(): Command {
  return new Command('db')
    .description('keep the embedded PostgreSQL running, and print how psql or a BI tool reaches it')
    .option('--json', 'the address as JSON on stdout, and nothing else there')
    .option('--embedded', 'also where another PostgreSQL is configured')
    .addHelpText('after', '\nRuns until Ctrl-C or SIGTERM, and ends with 0 then.')
    .action(keepOpen);
}

async function keepOpen(flags: Flags): Promise<void> {
  const config = flags.embedded ? embeddedDatabase() : getConfig({ regions: 'optional' }).database;
  refuseConfigured(config);
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(130) : stop.abort());
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const say = (text: string) => void (flags.json ? process.stderr : process.stdout).write(`${text}\n`);
  if (!flags.json) say('Starting PostgreSQL …');
  const db = await DatabaseManager.connect(config, { signal: stop.signal }).catch((error: unknown) => {
    if (stop.signal.aborted) return null;
    throw error;
  });
  if (db?.embedded) {
    await serve(db, db.embedded, { json: flags.json === true, stop: stop.signal, say });
  }
  for (const signal of signals) process.off(signal, onSignal);
}

function refuseConfigured(config: DatabaseConfig): void {
  if (config.kind === 'embedded') return;
  const { host, port, database } = config;
  throw new UsageError([
    `db: the configuration names a PostgreSQL of your own (host ${host}, port ${port}, database ${database}); it runs without this command. --embedded opens the embedded one.`,
  ]);
}

interface Shown {
  readonly json: boolean;
  readonly stop: AbortSignal;
  readonly say: (text: string) => void;
}

async function serve(db: DatabaseManager, server: EmbeddedServer, { json, stop, say }: Shown): Promise<void> {
  try {
    const text = json ? addressJson(server) : await addressText(db, server);
    process.stdout.write(text);
    await untilStopped(db, stop);
  } finally {
    await db.close();
  }
  say(
    (await answers(server))
      ? 'PostgreSQL keeps running: another program is connected. The next command of vivenu-ingest that ends alone stops it.'
      : 'PostgreSQL has stopped; the data is kept.',
  );
}

function addressJson(server: EmbeddedServer): string {
  const { url, host, port, user, password, database, version, dataDirectory } = server;
  const address = { url, host, port, user, password, database, version, data_directory: dataDirectory };
  return `${JSON.stringify(address, null, 2)}\n`;
}

async function addressText(db: DatabaseManager, server: EmbeddedServer): Promise<string> {
  const { url, host, port, user, password, database, version, notice, dataDirectory } = server;
  const rows = await db.query<{ name: string }>(
    `select nspname as name from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where relname = 'tickets' and relkind in ('r', 'p') order by 1`,
  );
  const schemas = rows.map(({ name }) => name).join(', ');
  const near = path.relative('', dataDirectory);
  return [
    `PostgreSQL ${version} is running. Its data is in ${near.startsWith('..') ? dataDirectory : near}`,
    ...(notice === undefined ? [] : [notice]),
    '',
    'URL, with the password in it:',
    `  ${url}`,
    'psql:',
    `  psql "${url}"`,
    'For a form in a BI tool:',
    `  host ${host}, port ${port}, database ${database}, user ${user}`,
    `  password ${password}`,
    'Schemas:',
    `  ${schemas === '' ? `none yet; to fill it: ${invocation()} run (or demo)` : schemas}`,
    '',
    'This user may change everything; only this machine can connect.',
    'Ctrl-C stops it.',
    '',
  ].join('\n');
}

const LOOK_EVERY_MS = 5000;

/** Ends with the signal; throws when the server is gone. */
async function untilStopped(db: DatabaseManager, stop: AbortSignal): Promise<void> {
  const pause = () => sleep(LOOK_EVERY_MS, false, { signal: stop }).catch(() => true);
  while (!(await pause())) {
    const { ok, error } = await db.health();
    if (!ok) throw new Error(`PostgreSQL does not run any more: ${error ?? 'no answer'}`);
  }
}

async function answers({ host, port }: EmbeddedServer): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
