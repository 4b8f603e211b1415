import { Command } from 'commander';
import { getConfig } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { chooseRegions } from '../sync/choose.js';
import { migrateAll, type Migration, type PreparedRegion } from '../sync/migrate.js';
import { count, table } from './table.js';

/** `migrate`: brings the database to this version. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database to this version: the books of the engine and the tables of every region')
    .option('--json', 'what was done as JSON on stdout, and nothing else there')
    .addHelpText('after', '\nA run does the same at its start. Nothing is ever dropped, emptied or retyped.')
    .action(run);
}

async function run(flags: { json?: true }): Promise<void> {
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const migration = await migrateAll(db, chooseRegions(config, null), db.config.user);
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(migration), null, 2)}\n` : asText(migration));
  process.exitCode = migration.regions.some(isFailed) ? 1 : 0;
}

type Failed = Extract<PreparedRegion, { error: string }>;
const isFailed = (region: PreparedRegion): region is Failed => 'error' in region;

function asJson({ migrations, regions }: Migration): object {
  const failed = regions.filter(isFailed);
  return {
    status: failed.length > 0 ? 'failed' : 'complete',
    ...(failed.length > 0 ? { error: failed.map(sentence).join('; ') } : {}),
    migrations,
    regions: regions.map((region) =>
      isFailed(region)
        ? { ...region, status: 'failed' }
        : {
            region: region.region,
            schema: region.schema,
            status: 'complete',
            created_schema: region.createdSchema,
            created_tables: region.createdTables,
            added_columns: region.addedColumns,
          },
    ),
  };
}

const sentence = ({ region, schema, error }: Failed) =>
  `${region}: schema "${schema}" cannot be prepared: ${error}`;

function asText({ migrations, regions }: Migration): string {
  const engine = migrations.length > 0 ? `ran migration ${migrations.join(', ')}` : 'up to date';
  const rows = regions.map((region) => [
    region.region,
    region.schema,
    isFailed(region) ? `FAILED: ${region.error}` : changes(region),
  ]);
  const failed = regions.filter(isFailed);
  return [
    table(['Region', 'Schema', 'What was done'], [['(engine)', 'vivenu_ingest', engine], ...rows]),
    '',
    ...failed.map(({ region, mend }) => `${region}: ${mend}.`),
    failed.length > 0
      ? `FAILED for ${count(failed.length)} of ${count(regions.length)} regions; the others are at this version.`
      : 'The database is at this version.',
    '',
  ].join('\n');
}

function changes({ createdSchema, createdTables, addedColumns }: Exclude<PreparedRegion, Failed>): string {
  const number = (many: number, what: string) => `${count(many)} ${what}${many === 1 ? '' : 's'}`;
  const done = [
    ...(createdSchema ? ['the schema'] : []),
    ...(createdTables.length > 0 ? [number(createdTables.length, 'table')] : []),
    ...(addedColumns.length > 0
      ? [`${number(addedColumns.length, 'column')} (${addedColumns.join(', ')})`]
      : []),
  ];
  return done.length > 0 ? `made ${done.join(', ')}` : 'up to date';
}
