import { Command, InvalidArgumentError, Option } from 'commander';
import { getConfig } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { checkPort } from '../server/listen.js';
import { startSimulator, type Simulator } from '../simulator/simulator.js';
import type { Report, StreamReport } from '../sync/report.js';
import { BusyError } from '../sync/choose.js';
import { WHOLE_RUN } from '../sync/context.js';
import { runIngest, type World } from '../sync/run.js';
import { lookInside } from './demo-look.js';
import {
  changeTheWorld,
  DEMO_REGIONS,
  demoConfig,
  emptyDemo,
  leftAlone,
  simulatorOptions,
} from './demo-world.js';
import { goOnServing } from './demo-serve.js';
import { invocation } from './invocation.js';
import { embeddedDatabase } from './own-database.js';
import { progress } from './progress.js';
import { reportText } from './report-text.js';
import { interruption, type Interruption } from './signals.js';
import { count, table } from './table.js';

interface Flags {
  tickets: number;
  seed: number;
  /** Where the dashboard listens in the end, 0 for a free port. */
  serve?: number;
}

const TICKETS = 52_000;
const MOST = 10_000_000;

/** `demo`: a made-up vivenu and the embedded PostgreSQL, filled, changed, filled again, looked into. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('see it work: a made-up vivenu is read into a PostgreSQL of its own, and proven complete')
    .option('--tickets <n>', 'tickets of its three regions together', upTo(MOST), TICKETS)
    .option('--seed <n>', 'the same seed gives the same data', upTo(2 ** 31), 1)
    .addOption(SERVE)
    .addHelpText('after', ABOUT)
    .action(demo);
}

const SERVE = new Option(
  '--serve [port]',
  'then serve the dashboard, while tickets go on being sold, until Ctrl-C (default port: a free one)',
)
  .preset('0')
  .argParser(upTo(65_535));

const ABOUT = `
It uses the embedded PostgreSQL in .vivenu-ingest/ and there the schemas demo_auckland, demo_berlin
and demo_hong_kong, which each demo empties first. Your own regions and database are left alone.`;

function upTo(most: number) {
  return (value: string): number => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > most)
      throw new InvalidArgumentError(`Expected a whole number from 0 to ${most}.`);
    return number;
  };
}

const print = (text: string) => void process.stdout.write(`${text}\n`);

async function demo({ tickets, seed, serve: port }: Flags): Promise<void> {
  using interrupted = interruption(() => print('\nStopping; once more leaves at once.'));
  const { stop } = interrupted;
  let isServed = false;
  try {
    if (port !== undefined) await checkPort(port, '--serve');
    await using simulator = await startSimulator(simulatorOptions(tickets, seed));
    introduce(tickets);
    print('Starting PostgreSQL …');
    await using db = await DatabaseManager.connect(embeddedDatabase(), { signal: stop });
    const notice = db.embedded?.notice;
    print(`PostgreSQL ${db.embedded?.version ?? ''} is running.${notice === undefined ? '' : ` ${notice}`}`);
    await using lock = await db.tryLock(['demo']);
    if (lock === null) throw new BusyError('another demo is running in this folder.');
    await emptyDemo(db);
    const isShown = await show({ simulator, db, interrupted, tickets });
    if (isShown && port !== undefined) {
      isServed = true;
      await goOnServing({ simulator, db, config: demoConfig(simulator, port), interrupted });
    } else if (isShown) print(furtherLook());
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  const code = interrupted.exitCode();
  if (code === null) return;
  print(isServed ? KEPT : 'The demo was stopped. The next one begins from an empty database.');
  process.exitCode = code;
}

function introduce(tickets: number): void {
  const names = DEMO_REGIONS.map(({ name }) => name).join(', ');
  print(`A made-up vivenu runs on this machine: ${DEMO_REGIONS.length} regions (${names})`);
  print(`with ${count(tickets)} tickets.`);
  const left = leftAlone(() => getConfig({ regions: 'optional' }));
  if (left.length > 0) print(`The demo does not use ${left.join(' and ')}.`);
}

interface Stage {
  readonly simulator: Simulator;
  readonly db: DatabaseManager;
  readonly interrupted: Interruption;
  readonly tickets: number;
}

/** Whether it was shown to its end. */
async function show(stage: Stage): Promise<boolean> {
  const { simulator, db, interrupted, tickets } = stage;
  title('1. The first run reads everything');
  const first = await ingest(stage);
  if (first === null) return false;
  print(reportText(first));
  print(strong(headline(first)));
  if (!succeeded(first)) return false;

  title('2. Ten minutes later, the second run reads what changed');
  const { sold, edited, cancelled, redeemed } = changeTheWorld(simulator, tickets);
  print(
    `At vivenu, ${count(sold)} tickets were sold, ${count(edited)} edited, ${count(cancelled)} cancelled,`,
  );
  print(`and ${count(redeemed)} coupons redeemed.\n`);
  const second = await ingest(stage);
  if (second === null) return false;
  if (!succeeded(second)) {
    print(reportText(second));
    return false;
  }
  print(comparison(first, second) + '\n' + COUPONS);

  title('3. What is in the database now');
  print(await lookInside(db));
  return !interrupted.stop.aborted;
}

function succeeded({ status }: Report): boolean {
  if (status !== 'complete') process.exitCode = 1;
  return status === 'complete';
}

/** One run with its progress; null when it was interrupted. */
async function ingest({ simulator, db, interrupted }: Stage): Promise<Report | null> {
  const { stop, abort } = interrupted;
  using shown = progress();
  const world: World = { config: demoConfig(simulator), db, observe: shown.observe, stop, abort };
  const report = await runIngest(world, WHOLE_RUN);
  return stop.aborted ? null : report;
}

const strong = (text: string) =>
  process.stdout.isTTY && process.stdout.hasColors() ? `\u001b[1m${text}\u001b[22m` : text;

const title = (text: string) => print(`\n${strong(text)}\n`);

/** Such as: 52,000 tickets of 3 regions in 9.8 s, proven complete. */
function headline({ keys, regions, seconds, status }: Report): string {
  const sum = (of: (key: Report['keys'][number]) => number | null) =>
    keys.reduce((total, key) => total + (of(key) ?? 0), 0);
  const aside = sum(({ rejected }) => rejected);
  const tickets = sum(({ stored_total: stored }) => stored) + aside;
  const proven = status === 'complete' && keys.every((key) => key.proven);
  const verdict = proven ? 'proven complete' : 'NOT COMPLETE';
  const odd =
    aside > 0
      ? `\n${count(aside)} of them cannot be stored as they are; they were set aside, see below.`
      : '';
  return `${count(tickets)} tickets of ${regions.length} regions in ${seconds.toFixed(1)} s, ${verdict}.${odd}`;
}

function comparison(first: Report, second: Report): string {
  const line = (name: string, { regions, requests, seconds }: Report) => {
    const sum = (stream: string, of: (one: StreamReport) => number) =>
      regions
        .flatMap(({ streams }) => streams.filter((one) => one.stream === stream))
        .reduce((total, one) => total + of(one), 0);
    const work = ['tickets', 'coupons'].flatMap((stream) => [
      sum(stream, ({ fetched }) => fetched),
      sum(stream, ({ inserted, updated }) => inserted + updated),
    ]);
    return [name, ...work, requests, `${seconds.toFixed(1)} s`, 'proven'];
  };
  const head = ['run', 'tickets read', 'written', 'coupons read', 'written', 'requests', 'time', 'result'];
  return table(head, [line('first', first), line('second', second)]);
}

const COUPONS = `
vivenu does not tell which coupons changed: their list is read whole (in daily
use once an hour), and only what differs is written.`;

const KEPT = 'The database stays in .vivenu-ingest/ (the next demo empties its own three schemas).';

function furtherLook(): string {
  const call = invocation();
  const option = leftAlone(() => getConfig({ regions: 'optional' })).includes('the configured PostgreSQL')
    ? ' --embedded'
    : '';
  return [
    KEPT,
    'Look further:',
    '',
    `  ${call} sql${option} "select count(*) from demo_berlin.tickets"`,
    `  ${call} sql${option} "select * from demo_berlin.tickets limit 1"`,
    `  ${call} db${option}   (keeps it open for psql or a BI tool)`,
    `  ${call} demo --serve   (with the dashboard)`,
    `  ${call} --help`,
    '',
  ].join('\n');
}
