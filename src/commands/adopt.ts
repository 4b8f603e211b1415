import { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { getConfig, type Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import { pythonSchema } from '../adopt/python.js';
import { lookAt, takeOver, type Looked } from '../adopt/run.js';
import type { Adoption } from '../adopt/adopt.js';
import { DatabaseManager } from '../load/database.js';
import { migrate } from '../load/migrate.js';
import { chooseRegions, holdRegions } from '../sync/choose.js';
import type { Region } from '../sync/region.js';
import { adoptionJson, adoptionText, doneText, planText, warningsOf } from './adopt-text.js';

interface Flags {
  region: string;
  timezone?: string;
  dryRun?: true;
  yes?: true;
  json?: true;
}

/** `adopt`: takes over a database that the Python system filled. */
export function adoptCommand(): Command {
  return new Command('adopt')
    .description(
      'take over the tables that the Python system filled: converted in place, nothing lost, old queries go on',
    )
    .requiredOption('--region <name>', 'the region whose schema is taken over')
    .option(
      '--timezone <zone>',
      'in which the Python system’s database sessions wrote times, such as Asia/Hong_Kong (UTC unless given)',
    )
    .option('--dry-run', 'do all of it, say what was done, and undo it')
    .option('--yes', 'do not ask')
    .option('--json', 'what was done as JSON on stdout, and nothing else there; needs --yes or --dry-run')
    .addHelpText(
      'after',
      '\nAll of it is one transaction, which locks the tables while it lasts. Stop the Python system first: it drops tables when it runs.\n' +
        'See docs/migrating-from-python.md.',
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  const region = regionOfName(config, flags.region);
  const asks = flags.yes !== true && flags.dryRun !== true;
  if (asks && (flags.json === true || !(process.stdin.isTTY && process.stderr.isTTY)))
    throw new UsageError(['adopt asks first, and there is nobody to ask: say --yes, or look with --dry-run']);
  await using db = await DatabaseManager.connect(config.database);
  await using lock = await holdRegions(db, [region], 'nothing was changed');
  const looked = await lookAt(db, region.schema, [...region.tables.values()], flags.timezone ?? 'UTC');
  const told = { flags, region, looked, warnings: warningsOf(region.config, looked, flags.timezone) };
  if (looked.survey.works.length === 0) {
    const done = await doneText(db, region.schema);
    say(
      flags,
      { status: 'complete', region: region.name, schema: region.schema, already: true, says: done },
      `${done}\n`,
    );
    return;
  }
  if (asks && !(await agreed(told))) {
    process.stderr.write('Nothing was changed.\n');
    process.exitCode = 1;
    return;
  }
  if (flags.dryRun !== true) await migrate(db);
  const options = { regionName: region.schema, rehearse: flags.dryRun === true, lost: lock.lost };
  const adoption = await takeOver(db, looked.setting, options);
  tell(told, adoption);
}

/** Throws a UsageError for a region whose compatibility schema could not be made. */
function regionOfName(config: Config, name: string): Region {
  const [region] = chooseRegions(config, [name]);
  if (region === undefined) throw new UsageError([`--region ${name} is not configured`]);
  const { schema } = region;
  if (Buffer.byteLength(`${schema}_python`) > 63)
    throw new UsageError([
      `schema "${schema}": with _python behind it the name is longer than 63 bytes; rename the schema first`,
    ]);
  const other = config.events.find((one) => one.schema === pythonSchema(schema));
  if (other)
    throw new UsageError([
      `region ${other.region} has the schema "${other.schema}", which the compatibility views need: rename it`,
    ]);
  return region;
}

interface Told {
  readonly flags: Flags;
  readonly region: Region;
  readonly looked: Looked;
  readonly warnings: readonly string[];
}

async function agreed({ region, looked, warnings }: Told): Promise<boolean> {
  process.stdout.write(planText(region, looked, warnings));
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl+D and Ctrl+C end the question without an answer.
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([
    terminal.question('Is there a backup, and shall it be done? [y/N] '),
    closed,
  ]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function tell({ flags, region, looked, warnings }: Told, adoption: Adoption): void {
  const rehearsed = flags.dryRun === true;
  say(
    flags,
    adoptionJson({ region, looked, warnings, rehearsed }, adoption),
    adoptionText({ region, looked, warnings, rehearsed }, adoption),
  );
}

function say({ json }: Flags, object: object, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(object, null, 2)}\n` : text);
}
