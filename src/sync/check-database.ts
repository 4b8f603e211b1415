import type { ServerDatabaseConfig } from '../config/config.js';
import { tryMigration } from '../load/check.js';
import type { Database, Health } from '../load/client.js';
import { schemaMend, type Preparation } from '../load/prepare.js';
import { heldLocks } from '../load/status.js';
import { runLock } from './choose.js';
import { findingsOf, partsOf, type Finding } from './finding.js';
import type { Region } from './region.js';
import { messageOf } from './tally.js';

/** What a check needs of a database that it has connected to. */
export type CheckedDatabase = Database & {
  readonly config: ServerDatabaseConfig;
  readonly embedded: { readonly dataDirectory: string } | undefined;
  rehearsal(): Promise<Database>;
};

/** Whether the database answers and a run may make its tables there; leaves nothing behind. */
export async function checkDatabase(db: CheckedDatabase, regions: readonly Region[]): Promise<Finding[]> {
  const held = await heldLocks(db, regions.map(runLock));
  const free = regions.filter((region) => !held.has(runLock(region)));
  await using rehearsal = await db.rehearsal();
  const { engine, regions: tried } = await tryMigration(
    rehearsal,
    free.map(({ schema, tables }) => ({ schema, tables: [...tables.values()] })),
  );
  const findings: Finding[] = [server(db, await db.health())];
  if ('error' in engine)
    findings.push({
      level: 'fail',
      region: null,
      subject: 'database',
      ...partsOf(engine.error, { name: '' }),
    });
  for (const region of regions.filter((one) => held.has(runLock(one))))
    findings.push(findingsOf(region)('ok', 'tables', `a run is writing to schema "${region.schema}" now`));
  free.forEach((region, index) => {
    const trial = tried[index];
    if (trial) findings.push(tables(region, trial, db.config.user));
  });
  return findings;
}

function server({ config, embedded }: CheckedDatabase, { version, latencyMs }: Health): Finding {
  const { host, port, database, user } = config;
  const where = embedded
    ? `in ${embedded.dataDirectory} (embedded; set DATABASE_URL or POSTGRES_* for a server of your own)`
    : `at ${host}:${port}, database "${database}", user "${user}", answers in ${latencyMs} ms`;
  return { level: 'ok', region: null, subject: 'database', says: `PostgreSQL ${version ?? ''} ${where}` };
}

type Tried = Awaited<ReturnType<typeof tryMigration>>['regions'][number];

function tables(region: Region, trial: Tried, user: string): Finding {
  const finding = findingsOf(region);
  const { schema, name } = region;
  if ('busy' in trial) return finding('ok', 'tables', `schema "${schema}" is being written to`);
  if ('done' in trial) return finding('ok', 'tables', `schema "${schema}" ${wouldDo(trial.done)}`);
  return finding(
    'fail',
    'tables',
    `schema "${schema}" cannot be prepared: ${messageOf(trial.error)}`,
    schemaMend(trial.error, schema, user).replace('<region>', name),
  );
}

function wouldDo({ createdSchema, createdTables, addedColumns }: Preparation): string {
  if (createdSchema) return 'can be made; the first run makes it';
  if (createdTables.length > 0) return `is there, and its ${createdTables.length} missing tables can be made`;
  return addedColumns.length > 0
    ? `is there, and its tables can be brought to this version (${addedColumns.length} columns more)`
    : 'is there with all its tables';
}
