import { Command, InvalidArgumentError } from 'commander';
import { getConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import type { Database } from '../load/client.js';
import { DatabaseManager } from '../load/database.js';
import { holdRegions } from '../sync/choose.js';
import { choosePlaces, type ErasePlaces } from '../sync/erase-places.js';
import type { Persons } from '../sync/erase-tables.js';
import { erasePersons, type Erasure } from '../sync/erase.js';
import { migrateAll } from '../sync/migrate.js';
import { agreed, canAsk } from './ask.js';
import { erasureJson, erasureText, foundText } from './erase-text.js';

interface Flags {
  ticket?: string[];
  customer?: string[];
  region?: string[];
  yes?: true;
  dryRun?: true;
  json?: true;
}

/** `erase`: removes what is personal of tickets or customers, for good. */
export function eraseCommand(): Command {
  return new Command('erase')
    .description(
      'remove the personal data of tickets or customers everywhere, and let no later read bring it back',
    )
    .option('--ticket <id...>', 'these tickets', parseId)
    .option('--customer <id...>', 'every ticket and coupon of these customers, those to come too', parseId)
    .option('--region <name...>', 'only in these regions; otherwise everywhere')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--json', 'what was removed as JSON on stdout, and nothing else there; needs --yes or --dry-run')
    .addHelpText(
      'after',
      '\nRows stay and are counted as before; what is left of them: docs/privacy.md. Asks vivenu nothing, and removes nothing there.',
    )
    .action(run);
}

const LONGEST_ID = 200;

function parseId(value: string, before: string[] = []): string[] {
  const ids = value.split(',').map((id) => id.trim());
  if (ids.some((id) => id === '' || id.length > LONGEST_ID))
    throw new InvalidArgumentError('it is no id; write one or several divided by blanks or commas.');
  return [...new Set([...before, ...ids])];
}

async function run(flags: Flags): Promise<void> {
  const persons: Persons = { ticket: flags.ticket ?? [], customer: flags.customer ?? [] };
  if (persons.ticket.length + persons.customer.length === 0)
    throw new UsageError(['erase needs --ticket <id> or --customer <id>: whose data is to go']);
  const asks = flags.yes !== true && flags.dryRun !== true;
  if (asks && (flags.json === true || !canAsk()))
    throw new UsageError(['erase asks first, and there is nobody to ask: say --yes, or look with --dry-run']);
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const places = await choosePlaces(db, config, flags.region ?? null);
  await using lock = await holdRegions(db, places.all, 'nothing was erased');
  const what: What = { places, persons, everywhere: flags.region === undefined, user: db.config.user };
  if (flags.dryRun === true) {
    tell(flags, await rehearsed(db, what));
    return;
  }
  if (asks) {
    process.stderr.write(foundText(await rehearsed(db, what)));
    if (!(await agreed('Remove it? It cannot be brought back.'))) {
      process.stderr.write('Nothing was removed.\n');
      process.exitCode = 1;
      return;
    }
  }
  lock.lost.throwIfAborted();
  tell(flags, await erase(db, what));
}

async function rehearsed(db: DatabaseManager, what: What): Promise<Erasure> {
  await using rehearsal = await db.rehearsal();
  return await erase(rehearsal, what);
}

interface What {
  readonly places: ErasePlaces;
  readonly persons: Persons;
  readonly everywhere: boolean;
  readonly user: string;
}

/** Brings the database to this version first, so that every table and summary is there to be looked through. */
async function erase(db: Database, { places, user, ...what }: What): Promise<Erasure> {
  const { regions } = await migrateAll(db, places.configured, user);
  const failed = regions.flatMap((one) =>
    'error' in one ? [`${one.region}: ${one.error}; ${one.mend}`] : [],
  );
  const erasure = await erasePersons(db, places.all, what);
  return { ...erasure, problems: [...failed, ...erasure.problems] };
}

function tell(flags: Flags, erasure: Erasure): void {
  const dryRun = flags.dryRun === true;
  process.stdout.write(flags.json ? erasureJson(erasure, { dryRun }) : erasureText(erasure, { dryRun }));
  process.exitCode = erasure.problems.length > 0 ? 1 : 0;
}
