import { Command, Option } from 'commander';
import { once } from 'node:events';
import { FAULTS } from '../simulator/faults.js';
import {
  budget,
  faultRate,
  hmacKeyOf,
  number,
  oddKinds,
  optionsOf,
  positive,
  share,
  tokenOf,
  whole,
  words,
  type Flags,
} from '../simulator/flags.js';
import { ODD_KINDS } from '../simulator/odd.js';
import { ORDERS } from '../simulator/select.js';
import { SHAPES } from '../simulator/shapes.js';
import { startSimulator, type Simulator } from '../simulator/simulator.js';

/** `simulate`: a local vivenu over HTTP. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('a local vivenu with made-up events, tickets and coupons, over HTTP')
    .option('--port <n>', 'port to listen on; 0 takes a free one', whole, 8099)
    .option('--host <name>', 'address to listen on', '127.0.0.1')
    .option('--seed <n>', 'the same seed gives the same data', whole, 1)
    .option('--status <seconds>', 'seconds between status lines; 0 prints none', number, 10)
    .addHelpText('after', EXAMPLES);
  addData(command);
  addAnswers(command);
  addMotion(command);
  addDeliveries(command);
  return command.action(async (flags: Flags) => simulate(flags));
}

const EXAMPLES = `
Examples:
  $ vivenu-ingest simulate --tickets 50000 --sell-per-second 2
  $ vivenu-ingest simulate --regions berlin,hong-kong --order random --fault 429=0.1 --fault reset=0.02
  $ vivenu-ingest simulate --tickets 200 --odd nul,no-id,text-price
  $ vivenu-ingest simulate --tickets 100000 --cache-pages --requests-per-hour off

Faults: ${FAULTS.join(', ')}
Odd rows: ${ODD_KINDS.join(', ')}
See docs/simulator.md.`;

function addData(command: Command): void {
  command
    .addOption(
      new Option('--regions <names>', 'regions, comma-separated; each has its own key')
        .argParser(words)
        .default(['demo'], 'demo'),
    )
    .option('--events <n>', 'events of each region', positive, 1)
    .option('--children <n>', 'events below each of them', whole, 0)
    .option('--tickets <n>', 'tickets of each region', whole, 5000)
    .option('--under-shops <n>', 'under shops of each event', whole, 6)
    .option('--coupons <n>', 'coupons of each region', whole, 400)
    .option('--series <n>', 'coupon series of each region', whole, 8)
    .addOption(new Option('--shape <name>', 'when the tickets were sold').choices(SHAPES).default('even'))
    .addOption(
      new Option(
        '--odd <kinds>',
        'odd tickets in the first region, one for each kind named; "all" for every kind',
      )
        .argParser(oddKinds)
        .default([], 'none'),
    );
}

function addAnswers(command: Command): void {
  command
    .addOption(new Option('--order <name>', 'order of the lists').choices(ORDERS).default('oldest'))
    .option('--top <n>', 'largest page', positive, 1000)
    .addOption(
      new Option('--top-policy <name>', 'a larger top gets 400 (reject) or fewer rows (clamp)')
        .choices(['reject', 'clamp'])
        .default('reject'),
    )
    .addOption(
      new Option('--series-shape <name>', 'envelope of coupon series')
        .choices(['docs', 'array'])
        .default('docs'),
    )
    .addOption(
      new Option(
        '--fault <name=rate>',
        'share of requests that meet a fault, such as 429=0.1; may be repeated',
      )
        .argParser(faultRate)
        .default({}, 'none'),
    )
    .option('--requests-per-hour <n>', 'budget of each key, or "off"', budget, 1000)
    .option('--clock-offset <seconds>', 'how far the clock is ahead of this machine', number, 0)
    .option('--visible-after <seconds>', 'how late changes show in the answers', number, 0)
    .option(
      '--cache-pages',
      'render all tickets at the start, for benchmarks (about 2.7 KB of memory each)',
      false,
    );
}

function addMotion(command: Command): void {
  command
    .option('--sell-per-second <n>', 'tickets that each region sells a second', number, 0)
    .option('--edit-per-second <n>', 'tickets that are edited a second', number, 0)
    .option('--sell-per-request <n>', 'tickets sold after each list request', number, 0)
    .option('--edit-per-request <n>', 'tickets edited after each list request', number, 0)
    .option('--delete-per-request <n>', 'tickets deleted for good after each list request', number, 0)
    .option('--redeem-per-request <n>', 'coupons redeemed after each list request', number, 0);
}

function addDeliveries(command: Command): void {
  command
    .option('--webhooks <url>', 'deliver changes of tickets and events to <url>/<region>, signed')
    .option('--drop-deliveries <share>', 'share of deliveries that is never sent', share, 0)
    .option('--double-deliveries <share>', 'share that is sent twice, with the same id', share, 0)
    .option('--forge-deliveries <share>', 'share that a forged one follows', share, 0)
    .option(
      '--shuffle-deliveries <seconds>',
      'holds each back for up to so long, so that they come out of order',
      number,
      0,
    );
}

/** Runs until SIGINT or SIGTERM. @throws Error when the port is taken */
async function simulate(flags: Flags): Promise<void> {
  await using simulator = await startSimulator(optionsOf(flags));
  process.stdout.write(environmentLines(flags, simulator));
  const timer = flags.status > 0 ? setInterval(report, flags.status * 1000, simulator) : undefined;
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  // Takes the listener of the other signal away again.
  done.abort();
  clearInterval(timer);
  report(simulator);
  process.stdout.write('stopped\n');
}

const report = (simulator: Simulator) => void process.stdout.write(statusLine(simulator));

/** Lines to paste into a shell or a `.env` file. */
function environmentLines({ regions, requestsPerHour, webhooks }: Flags, simulator: Simulator): string {
  const lines = regions.flatMap((region) => {
    const events = [...simulator.truth(tokenOf(region), 'events')].filter(
      ({ parentId }) => parentId === null,
    );
    const name = `EVENT_CONFIGS__${region}__`;
    return [
      `${name}token=${tokenOf(region)}`,
      `${name}event_id=${events.map(({ id }) => id).join(',')}`,
      `${name}base_url=${simulator.url}`,
      ...(webhooks === undefined ? [] : [`${name}webhook_key=${hmacKeyOf(region)}`]),
    ];
  });
  const budgetLine = requestsPerHour === 'off' ? ['HTTP_REQUESTS_PER_HOUR=1000000'] : [];
  return [`# a simulated vivenu listens on ${simulator.url}`, ...lines, ...budgetLine, ''].join('\n');
}

function statusLine(simulator: Simulator): string {
  const { stats } = simulator;
  const statuses = Object.entries(stats.byStatus).map(
    ([status, count]) => `${status === '0' ? 'none' : status}: ${count}`,
  );
  const megabytes = (stats.bytes / 1e6).toFixed(1);
  const answers = statuses.length === 0 ? '' : ` (${statuses.join(', ')})`;
  return `${new Date(simulator.now()).toISOString()} ${stats.requests} requests${answers}, ${stats.rowsServed} rows, ${megabytes} MB\n`;
}
