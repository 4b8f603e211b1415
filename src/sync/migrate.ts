import type { Database } from '../load/client.js';
import { migrate } from '../load/migrate.js';
import { installAcross } from '../reports/across.js';
import { installReports } from '../reports/install.js';
import { prepareSchema, schemaMend, type Preparation } from '../load/prepare.js';
import type { Region } from './region.js';
import { messageOf } from './tally.js';

/** What was done to a region's schema, or why nothing could be. */
export type PreparedRegion = {
  readonly region: string;
  readonly schema: string;
} & (Preparation | { readonly error: string; readonly mend: string });

/** What bringing a database to this version did. */
export interface Migration {
  /** Numbers of the migrations of the engine's own schema that were run. */
  readonly migrations: readonly number[];
  readonly regions: readonly PreparedRegion[];
}

/**
 * Brings the engine's schema and the tables of these regions to this version; a region that cannot be prepared is named and leaves the
 * others to go on. Safe when two do it at once. Throws when the engine's own schema cannot be made.
 */
export async function migrateAll(db: Database, regions: readonly Region[], user: string): Promise<Migration> {
  const migrations = await migrate(db);
  const prepared: PreparedRegion[] = [];
  for (const { name, schema, tables } of regions) {
    try {
      const done = await db.transaction(async (client) => {
        const prepared = await prepareSchema(client, schema, [...tables.values()]);
        await installReports(client, { region: name, schema });
        return prepared;
      });
      prepared.push({ region: name, schema, ...done });
    } catch (error) {
      const mend = schemaMend(error, schema, user).replace('<region>', name);
      prepared.push({ region: name, schema, error: messageOf(error), mend });
    }
  }
  await installAcross(db);
  return { migrations, regions: prepared };
}
