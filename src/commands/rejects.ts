import { invocation } from './invocation.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import { getConfig, type Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { Database } from '../load/client.js';
import { DatabaseManager } from '../load/database.js';
import { findReject, listRejects, rejectedRegions, type SetAside } from '../load/set-aside.js';
import { booksOf } from '../load/status.js';
import { streams } from '../streams/index.js';
import { chooseRegions, holdRegions } from '../sync/choose.js';
import { migrateAll } from '../sync/migrate.js';
import { retryRejects } from '../sync/retry-rejects.js';
import { parsePositive } from './arguments.js';
import { rejectCsv, rejectJson, rejectTable, retriedText } from './rejects-text.js';
import { count } from './table.js';

interface ListFlags {
  region?: string[];
  stream?: string;
  all?: true;
  limit: number;
  format: 'table' | 'json' | 'csv';
  json?: true;
}

/** `rejects list|show|retry`: what was set aside, why, and trying again. */
export function rejectsCommand(): Command {
  const rejects = new Command('rejects').description('records that could not be stored: list, show, retry');
  rejects
    .command('list')
    .exitOverride()
    .description('what is set aside and why, newest first; no personal data')
    .option('--region <name...>', 'only of these regions')
    .option('--stream <name>', 'only of this stream', parseStream)
    .option('--all', 'those too that were stored since, or are gone from vivenu')
    .option('--limit <n>', 'at most this many', parsePositive, 50)
    .addOption(
      new Option('--format <name>', 'how to print it').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--json', 'the same as --format json')
    .action(list);
  rejects
    .command('show')
    .exitOverride()
    .description('one of them as JSON, with the record as vivenu sent it (personal data included)')
    .argument('<number>', 'its number in the list', parsePositive)
    .option('--json', 'JSON is what it prints anyway')
    .action(show);
  rejects
    .command('retry')
    .exitOverride()
    .description('try to store them again with today’s program and configuration; asks vivenu nothing')
    .option('--region <name...>', 'only of these regions')
    .option('--stream <name>', 'only of this stream', parseStream)
    .option('--json', 'what was done as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing is set aside any more; 1 something still is; 2 usage; 3 a run holds a region.',
    )
    .action(retry);
  return rejects;
}

function parseStream(value: string): string {
  const names = streams.map(({ name }) => name);
  if (names.includes(value)) return value;
  throw new InvalidArgumentError(`it is none of ${names.join(', ')}.`);
}

async function list(flags: ListFlags): Promise<void> {
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const { exist } = await booksOf(db);
  if (exist) await checkRegions(db, config, flags.region ?? []);
  const filter = { regions: flags.region ?? null, stream: flags.stream ?? null, closed: flags.all === true };
  const { rejects, total } = exist ? await listRejects(db, filter, flags.limit) : { rejects: [], total: 0 };
  const format = flags.json ? 'json' : flags.format;
  if (format === 'json') process.stdout.write(`${JSON.stringify({ total, rejects }, null, 2)}\n`);
  else if (format === 'csv') process.stdout.write(rejectCsv(rejects));
  else process.stdout.write(listText(rejects, total, flags));
}

/** A misspelt region must not look like one of which nothing is set aside. */
async function checkRegions(db: Database, config: Config, names: readonly string[]): Promise<void> {
  const known = [...new Set([...config.events.map(({ region }) => region), ...(await rejectedRegions(db))])];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(unknown.map((name) => `--region ${name}: there are ${known.join(', ') || 'none'}`));
}

function listText(rejects: readonly SetAside[], total: number, flags: ListFlags): string {
  const narrowed = flags.region !== undefined || flags.stream !== undefined;
  if (total === 0) return narrowed ? 'Nothing of that is set aside.\n' : 'Nothing is set aside.\n';
  const more =
    total > rejects.length
      ? ` The newest ${count(rejects.length)} of ${count(total)}; see more with --limit.`
      : '';
  return `${rejectTable(rejects, flags.all === true)}\n\nSee one whole: vivenu-ingest rejects show <number>.${more}\n`;
}

async function show(number: number): Promise<void> {
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const { exist } = await booksOf(db);
  const reject = exist ? await findReject(db, number) : null;
  if (reject === null)
    throw new Error(
      `nothing with the number ${number} was ever set aside; see: ${invocation()} rejects list --all`,
    );
  process.stdout.write(`${rejectJson(reject)}\n`);
}

async function retry(flags: Pick<ListFlags, 'region' | 'stream' | 'json'>): Promise<void> {
  const config = getConfig();
  const regions = chooseRegions(config, flags.region ?? null);
  await using db = await DatabaseManager.connect(config.database);
  await using lock = await holdRegions(db, regions, 'nothing was tried');
  const { regions: prepared } = await migrateAll(db, regions, db.config.user);
  const ready = regions.filter((_, index) => !('error' in (prepared[index] ?? {})));
  const retried = await retryRejects(db, ready, flags.stream ?? null);
  lock.lost.throwIfAborted();
  const still = retried.filter((one) => one.still !== null).length;
  const failed = prepared.flatMap((one) =>
    'error' in one ? [`${one.region}: ${one.error}; ${one.mend}`] : [],
  );
  if (flags.json) {
    const problems = [...failed, ...(still > 0 ? [`${count(still)} still set aside`] : [])];
    const sum = { stored: retried.length - still, still_set_aside: still, rejects: retried };
    const status =
      problems.length > 0 ? { status: 'failed', error: problems.join('; ') } : { status: 'complete' };
    process.stdout.write(`${JSON.stringify({ ...status, ...sum }, null, 2)}\n`);
  } else process.stdout.write([...failed.map((line) => `${line}\n`), retriedText(retried)].join(''));
  process.exitCode = still > 0 || failed.length > 0 ? 1 : 0;
}
