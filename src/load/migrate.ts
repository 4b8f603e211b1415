import { readdir, readFile } from 'node:fs/promises';
import { FatalError } from '../errors.js';
import type { Client, Database } from './client.js';

const DIRECTORY = new URL('../../sql/', import.meta.url);

/** Brings the engine's own schema to this version; returns the numbers of the migrations that it ran. Safe when two processes start at once. */
export async function migrate(db: Database): Promise<number[]> {
  const files = (await readdir(DIRECTORY)).filter((file) => /^\d{6}\.sql$/.test(file)).sort();
  return await db.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('vivenu-ingest migrate', 0))`);
    await createSchema(client);
    const { rows } = await client.query<{ number: number }>('select number from vivenu_ingest.migrations');
    const done = new Set(rows.map((row) => row.number));
    refuseNewer(Math.max(0, ...done), Math.max(...files.map((file) => Number.parseInt(file))));
    const missing = files.filter((file) => !done.has(Number.parseInt(file)));
    for (const file of missing) {
      await client.query(await readFile(new URL(file, DIRECTORY), 'utf8'));
      await client.query('insert into vivenu_ingest.migrations (number) values ($1)', [
        Number.parseInt(file),
      ]);
    }
    return missing.map((file) => Number.parseInt(file));
  });
}

/** Looked for first: `create schema if not exists` needs the right to create even where the schema exists. */
async function createSchema(client: Client): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_namespace where nspname = 'vivenu_ingest'`);
  if (rows.length === 0) {
    await client.query('create schema vivenu_ingest').catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === '42501')) throw error;
      throw new FatalError(
        'the role may not create the schema vivenu_ingest, which holds the books of the engine; ' +
          'let an administrator run: grant create on database <database> to <role>',
        { cause: error },
      );
    });
  }
  await client.query(
    `create table if not exists vivenu_ingest.migrations (number int primary key, applied_at timestamptz not null default now())`,
  );
}

function refuseNewer(found: number, known: number): void {
  if (found <= known) return;
  throw new FatalError(
    `the database is at version ${found} of vivenu_ingest and this program knows ${known}; install a newer vivenu-ingest`,
  );
}
