import { errorFacts } from './connection.js';
import type { Database } from './client.js';
import { migrate } from './migrate.js';
import { prepareSchema, type Preparation } from './prepare.js';
import type { Table } from './table.js';

/** A run that writes to the same tables is not to be held up for longer than this. */
const LOCK_TIMEOUT = '1s';
const LOCK_NOT_AVAILABLE = '55P03';

/** What would be made in a schema, or what stands against it. */
export type Trial<T> = { readonly done: T } | { readonly busy: true } | { readonly error: unknown };

/** Whether the engine's schema and each region's can be brought to this version; tried inside `rehearsal`, of which nothing stays. */
export async function tryMigration(
  rehearsal: Database,
  regions: readonly { readonly schema: string; readonly tables: readonly Table[] }[],
): Promise<{ engine: Trial<readonly number[]>; regions: Trial<Preparation>[] }> {
  await rehearsal.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
  const engine = await trial(() => migrate(rehearsal));
  const tried: Trial<Preparation>[] = [];
  for (const { schema, tables } of regions)
    tried.push(await trial(() => rehearsal.transaction((client) => prepareSchema(client, schema, tables))));
  return { engine, regions: tried };
}

async function trial<T>(work: () => Promise<T>): Promise<Trial<T>> {
  try {
    return { done: await work() };
  } catch (error) {
    return errorFacts(error).code === LOCK_NOT_AVAILABLE ? { busy: true } : { error };
  }
}
