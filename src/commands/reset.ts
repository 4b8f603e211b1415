import { Command, InvalidArgumentError } from 'commander';
import { getConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import { DatabaseManager } from '../load/database.js';
import { forget } from '../load/forget.js';
import { migrate } from '../load/migrate.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { chooseRegions, holdRegions } from '../sync/choose.js';
import type { Region } from '../sync/region.js';
import { agreed, canAsk } from './ask.js';

interface Flags {
  region?: string[];
  stream?: string;
  yes?: true;
  json?: true;
}

/** Streams that are not read whole on each run. */
const KEPT = streams
  .filter((stream) => !isNested(stream) && stream.group !== 'events')
  .map(({ name }) => name);

/** `reset`: forgets how far streams were read. */
export function resetCommand(): Command {
  return new Command('reset')
    .description('forget how far was read, so that the next run reads everything again; rows stay')
    .option('--region <name...>', 'only these regions')
    .option('--stream <name>', `only this one of ${KEPT.join(', ')}`, parseStream)
    .option('--yes', 'do not ask')
    .option('--json', 'what was forgotten as JSON on stdout, and nothing else there; needs --yes')
    .addHelpText(
      'after',
      '\nEvents and what is inside them are read whole on each run: nothing is kept of them.',
    )
    .action(run);
}

function parseStream(value: string): string {
  if (KEPT.includes(value)) return value;
  const whole = streams.some(({ name }) => name === value);
  throw new InvalidArgumentError(
    whole
      ? `${value} are read whole on each run; there is nothing to forget.`
      : `it is none of ${KEPT.join(', ')}.`,
  );
}

async function run(flags: Flags): Promise<void> {
  const config = getConfig();
  const regions = chooseRegions(config, flags.region ?? null);
  if (!flags.yes && (flags.json === true || !canAsk()))
    throw new UsageError(['reset asks first, and there is nobody to ask: say --yes']);
  if (!flags.yes && !(await agreed(question(regions, flags.stream)))) {
    process.stderr.write('Nothing was forgotten.\n');
    process.exitCode = 1;
    return;
  }
  await using db = await DatabaseManager.connect(config.database);
  await using lock = await holdRegions(db, regions, 'nothing was forgotten');
  await migrate(db);
  const forgotten = await db.transaction((client) => {
    lock.lost.throwIfAborted();
    return forget(
      client,
      regions.map(({ schema }) => schema),
      flags.stream ?? null,
    );
  });
  tell(flags, regions, forgotten);
}

const nameOf = (regions: readonly Region[]) => regions.map(({ name }) => name).join(', ');

const question = (regions: readonly Region[], stream = 'tickets and coupons') =>
  `The next run reads all of it again; rows stay.\nForget how far ${stream} of ${nameOf(regions)} were read?`;

function tell(
  flags: Flags,
  regions: readonly Region[],
  forgotten: readonly { schema: string; stream: string }[],
): void {
  const told = regions.map(({ name, schema }) => ({
    region: name,
    streams: [...new Set(forgotten.filter((one) => one.schema === schema).map(({ stream }) => stream))],
  }));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ status: 'complete', regions: told }, null, 2)}\n`);
    return;
  }
  for (const { region, streams: gone } of told)
    process.stdout.write(
      `${region}: ${gone.length > 0 ? `${gone.join(', ')} forgotten` : 'there was nothing to forget'}\n`,
    );
  if (forgotten.length > 0) process.stdout.write('The next run reads all of it again; rows stay.\n');
}
