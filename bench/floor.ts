/** The least that loading can cost: COPY of the same typed columns and raw JSON into a table with the same key and compression. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { shapeOf } from '../src/streams/shape.js';
import { loadProfile } from '../src/profile/profile.js';
import { tickets } from '../src/streams/tickets.js';
import { NOBODY } from '../src/streams/erased.js';
import { shapePage } from '../src/transform/page.js';
import type { Cost } from './command.js';
import type { Database, Server } from './server.js';
import type { Vivenu } from './vivenu.js';

const shape = shapeOf(tickets, { storeBarcodes: false, excludeFields: [], profile: loadProfile('generic') });

/** A file in COPY's text format with every ticket as the command would store it. */
export interface FloorData {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Writes the file. */
export async function prepareFloor(vivenu: Vivenu, folder: string): Promise<FloorData> {
  const file = path.join(folder, 'tickets.copy');
  let [rows, bytes] = [0, 0];
  async function* lines(): AsyncGenerator<string> {
    for (let skip = 0, total = 1; skip < total; skip += 1000) {
      const page = await vivenu.page(skip, 1000);
      total = page.total;
      for (const row of shapePage(
        shape,
        page.rows.map((record) => [record]),
        NOBODY,
      ).rows) {
        const line = `${[...row.cells, row.raw].map(field).join('\t')}\n`;
        rows += 1;
        bytes += Buffer.byteLength(row.raw);
        yield line;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
  return { file, rows, bytes };
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const field = (value: string | null) =>
  value === null ? '\\N' : value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);

/** Copies the file into a fresh database as a client would, whose reading and sending count too. */
export async function copyFloor(server: Server, name: string, { file, rows }: FloorData): Promise<Cost> {
  const database = await server.create(name);
  await createTable(database);
  await server.checkpoint();
  const before = { node: process.cpuUsage(), postgres: await server.cpu() };
  const start = performance.now();
  await copyFile(database.url, file);
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before.node);
  const postgres = (await server.cpu()) - before.postgres;
  const [stored] = await database.query<{ count: string }>('select count(*) from tickets');
  if (Number(stored?.count) !== rows) throw new Error(`the floor holds ${stored?.count} of ${rows} rows`);
  await database.drop();
  return { node: (user + system) / 1e6, postgres, wall };
}

async function createTable(database: Database): Promise<void> {
  const columns = shape.columns.map(
    ([column, { type, required }]) => `"${column}" ${type}${required ? ' not null' : ''}`,
  );
  const [setting] = await database.query<{ lz4: boolean }>(
    `select 'lz4' = any(enumvals) as lz4 from pg_settings where name = 'default_toast_compression'`,
  );
  const raw = setting?.lz4 ? 'raw jsonb compression lz4 not null' : 'raw jsonb not null';
  const options = setting?.lz4 ? '' : 'with (toast_tuple_target = 8160)';
  await database.query(`create table tickets (${[...columns, raw].join(', ')}, primary key (id)) ${options}`);
}

/** What `pg` has for COPY: it hands the connection over to a query that speaks the protocol itself. */
interface CopyConnection {
  readonly stream: Socket;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

async function copyFile(url: string, file: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      client.query({
        submit: (connection: CopyConnection) => connection.query('copy tickets from stdin'),
        handleCopyInResponse: (connection: CopyConnection) =>
          void send(connection, file).catch((error: unknown) => connection.sendCopyFail(String(error))),
        handleError: reject,
        handleCommandComplete: () => undefined,
        handleReadyForQuery: () => resolve(),
      } as unknown as pg.Submittable);
    });
  } finally {
    await client.end();
  }
}

async function send(connection: CopyConnection, file: string): Promise<void> {
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    connection.sendCopyFromChunk(chunk as Buffer);
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
  }
  connection.endCopyFrom();
}
