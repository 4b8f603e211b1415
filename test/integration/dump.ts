import pg from 'pg';
import type { FreshDatabase } from './database-fixture.js';

/** Tables of the database, the engine's own included, with their rows' number; views and PostgreSQL's catalogue are none. */
export async function tablesOf(db: Pick<FreshDatabase, 'query'>): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  return tables.map(({ name }) => name);
}

/** Every table of the database as text, and the samples that PostgreSQL keeps of their values. */
export async function everything(db: Pick<FreshDatabase, 'query'>): Promise<string> {
  const texts: string[][] = [];
  for (const name of [...(await tablesOf(db)), 'pg_catalog.pg_stats'])
    texts.push(
      (await db.query<{ row: string }>(`select t::text as row from ${name} as t`)).map(({ row }) => row),
    );
  return texts.flat().join('\n');
}

/** The bytes that a dump holds of every table: what `COPY` writes of it. */
export async function dump(db: FreshDatabase): Promise<string> {
  const client = new pg.Client({ ...db.config, ssl: false });
  await client.connect();
  try {
    let text = '';
    for (const name of await tablesOf(db)) text += await copyOf(client, name);
    return text;
  } finally {
    await client.end();
  }
}

/** `pg` reads rows only: what COPY sends it hands to its query, in pieces of a buffer that it uses again, and that throws it away. */
async function copyOf(client: pg.Client, table: string): Promise<string> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const query = new pg.Query(`copy ${table} to stdout`);
    Object.assign(query, {
      handleCopyData: ({ chunk }: { chunk: Buffer }) => chunks.push(Buffer.from(chunk)),
    });
    query.on('end', () => resolve());
    query.on('error', reject);
    client.query(query);
  });
  return Buffer.concat(chunks).toString('utf8');
}

/** Those of these texts that are in it; an empty one is in nothing. */
export const found = (haystack: string, needles: readonly string[]): string[] =>
  needles.filter((needle) => needle !== '' && haystack.includes(needle));
