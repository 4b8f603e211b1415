import { FatalError } from '../errors.js';
import type { Setting } from './columns.js';
import type { Dependents, DependentView } from './dependents.js';
import { quoteIdentifier, type Client } from '../load/client.js';
import { errorFacts } from '../load/connection.js';

/** What became of what hung on the tables. */
export interface Restored {
  readonly views: readonly { readonly name: string; readonly reads: 'python' | 'tables' }[];
  /** Indexes that cannot be made on the new types, with their definition and why. */
  readonly lostIndexes: readonly {
    readonly name: string;
    readonly definition: string;
    readonly reason: string;
  }[];
}

/** Takes off everything that stands in the way of new types. */
export async function takeOff(client: Client, { views, indexes, triggers }: Dependents): Promise<void> {
  for (const { kind, sql } of views.toReversed()) await client.query(`drop ${kind} ${sql}`);
  for (const { sql } of indexes) await client.query(`drop index ${sql}`);
  for (const { sql, table } of triggers) await client.query(`drop trigger ${sql} on ${table}`);
}

/**
 * Puts it back. Views read the compatibility views where those have what they need, so that their numbers stay; otherwise the tables. Throws
 * a FatalError for a view that cannot be made again; indexes that cannot are returned.
 */
export async function putBack(
  client: Client,
  setting: Setting,
  python: string,
  { views, indexes, triggers }: Dependents,
): Promise<Restored> {
  const read: Restored['views'][number][] = [];
  for (const view of views) read.push(await putBackView(client, setting, python, view));
  for (const { restore } of triggers) for (const sql of restore) await client.query(sql);
  const lostIndexes: Restored['lostIndexes'][number][] = [];
  for (const index of indexes) {
    const reason = await tryAll(client, index.restore);
    if (reason !== null) lostIndexes.push({ name: index.name, definition: index.restore.join('; '), reason });
  }
  return { views: read, lostIndexes };
}

async function putBackView(
  client: Client,
  { schema }: Setting,
  python: string,
  view: DependentView,
): Promise<Restored['views'][number]> {
  const own = quoteIdentifier(schema);
  const statements = (path: string) => [
    `set local search_path to ${path}`,
    `create ${view.kind} ${view.sql}${view.options} as\n${view.query.replace(/;\s*$/, '')}${view.kind === 'view' || view.filled ? '' : '\nwith no data'}`,
    `set local search_path to ${own}`,
    ...view.restore,
  ];
  if ((await tryAll(client, statements(`${quoteIdentifier(python)}, ${own}`))) === null)
    return { name: view.name, reads: 'python' };
  const reason = await tryAll(client, statements(own));
  if (reason === null) return { name: view.name, reads: 'tables' };
  throw new FatalError(
    `view ${view.name} cannot be made again on the converted tables (${reason}); drop it, take over, and make it anew. It was:\n${view.query}`,
  );
}

/** Runs all of them, or none and says why not. */
async function tryAll(client: Client, statements: readonly string[]): Promise<string | null> {
  await client.query('savepoint putting_back');
  try {
    for (const sql of statements) await client.query(sql);
    await client.query('release savepoint putting_back');
    return null;
  } catch (error) {
    await client.query('rollback to savepoint putting_back; release savepoint putting_back');
    return errorFacts(error).message;
  }
}
