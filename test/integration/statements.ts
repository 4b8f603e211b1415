/** Which relations the statements of this process touch, as PostgreSQL itself resolves them. */
import pg from 'pg';
import { vi } from 'vitest';
import { quoteIdentifier } from '../../src/load/database.js';

/** One relation in a statement, and whether the statement writes it. */
export interface Touch {
  readonly schema: string;
  readonly name: string;
  readonly writes: boolean;
}

/** A statement with everything that it touches, PostgreSQL's own catalogue left out. */
export interface Statement {
  readonly text: string;
  readonly touches: readonly Touch[];
}

/** Has the text of every statement that was sent while it lived; each went its way as it does otherwise. */
export class Recorder {
  readonly texts = new Set<string>();
  readonly #query = vi.spyOn(pg.Client.prototype, 'query');

  /** Ends it. */
  stop(): void {
    for (const [first] of this.#query.mock.calls as unknown[][]) {
      const text = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
      if (text !== undefined) this.texts.add(text);
    }
    this.#query.mockRestore();
  }
}

/** To read a statement is enough for PostgreSQL to lock what stands in it: nothing is carried out, and a view stays a view. */
const TOUCHED = `
select nspname as schema, relname as name, bool_or(mode not in ('AccessShareLock', 'RowShareLock')) as writes
from pg_locks
join pg_class on pg_class.oid = relation
join pg_namespace on pg_namespace.oid = relnamespace
where pid = pg_backend_pid() and locktype = 'relation' and nspname !~ '^pg_(catalog|toast)' and relkind in ('r', 'p', 'v', 'm', 'f')
group by 1, 2`;

/** What can be prepared; all else defines or sets something. */
const isStatement = (text: string) => /^\s*(select|insert|update|delete|merge|with)\b/i.test(text);

/** Looks every statement up, names without a schema in this one. Throws what PostgreSQL says of a statement that it cannot read. */
export async function lookUp(url: string, texts: Iterable<string>, schema: string): Promise<Statement[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const all = [...texts];
    const temporary = all.find((text) => text.trimStart().startsWith('create temp table'));
    const statements: Statement[] = [];
    for (const text of all.filter(isStatement)) {
      await client.query('begin');
      await client.query(`set local search_path = ${quoteIdentifier(schema)}`);
      if (temporary !== undefined && text.includes('pg_temp.')) await client.query(temporary);
      const before = new Set((await client.query<Touch>(TOUCHED)).rows.map(key));
      await client.query(`prepare looked_at as ${text}`);
      const { rows } = await client.query<Touch>(TOUCHED);
      await client.query('rollback');
      await client.query('deallocate all');
      statements.push({ text, touches: rows.filter((touch) => !before.has(key(touch))) });
    }
    return statements;
  } finally {
    await client.end();
  }
}

const key = ({ schema, name }: Touch) => `${schema}.${name}`;
