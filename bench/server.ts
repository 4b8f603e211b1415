/** One embedded PostgreSQL for the whole benchmark, and a fresh database for each measurement. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbedded } from '../src/load/embedded/start.js';
import { cpuOfTree } from './cpu.js';

/** Rows that were inserted, updated and deleted in the tables of a schema since they were made. */
export interface Writes {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export interface Server extends AsyncDisposable {
  readonly version: string;
  create(name: string): Promise<Database>;
  /** Seconds of CPU of all its processes since it started. */
  cpu(): Promise<number>;
  /** So that what is timed next does not pay for what was before. */
  checkpoint(): Promise<void>;
}

export interface Database {
  readonly url: string;
  query<R extends pg.QueryResultRow>(text: string): Promise<R[]>;
  writes(schema: string): Promise<Writes>;
  drop(): Promise<void>;
}

/** Until backends have ended and left their statistics. */
const SETTLE_MS = 300;

/** Starts the server with its usual settings in a new folder. */
export async function startServer(folder: string): Promise<Server> {
  const embedded = await startEmbedded({ directory: path.join(folder, 'postgres-home') });
  const pid = Number(
    (await readFile(path.join(embedded.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0],
  );
  const admin = async (text: string): Promise<void> => {
    await queryAt(embedded.url, text);
  };
  return {
    version: embedded.version,
    async create(name) {
      await admin(`create database ${name}`);
      return databaseAt(embedded.url, name, admin);
    },
    async cpu() {
      await sleep(SETTLE_MS);
      return await cpuOfTree(pid);
    },
    checkpoint: () => admin('checkpoint'),
    [Symbol.asyncDispose]: () => embedded.close(),
  };
}

function databaseAt(server: string, name: string, admin: (text: string) => Promise<void>): Database {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (text) => queryAt(url.href, text),
    async writes(schema) {
      await sleep(SETTLE_MS);
      const [row] = await queryAt<Record<keyof Writes, string>>(
        url.href,
        `select sum(n_tup_ins) as inserted, sum(n_tup_upd) as updated, sum(n_tup_del) as deleted
         from pg_stat_user_tables where schemaname = '${schema}'`,
      );
      return {
        inserted: Number(row?.inserted),
        updated: Number(row?.updated),
        deleted: Number(row?.deleted),
      };
    },
    drop: () => admin(`drop database ${name} with (force)`),
  };
}

async function queryAt<R extends pg.QueryResultRow>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}
