import { Command } from 'commander';
import { getConfig } from '../config/config.js';
import { UsageError } from '../errors.js';
import { DatabaseManager } from '../load/database.js';
import { groupByKey } from '../sync/account.js';
import { chooseRegions } from '../sync/choose.js';
import { JobQueue } from '../work/queue.js';
import { sendRun } from '../work/send.js';
import { jobsState } from '../work/state.js';
import { jobsText } from './jobs-text.js';

/** `jobs list|send|retry`: the queue that workers take from. */
export function jobsCommand(): Command {
  const jobs = new Command('jobs').description('the queue of the workers: list, send, retry');
  jobs
    .command('list')
    .exitOverride()
    .description('workers, jobs that wait or run, and those that were set aside after their last try')
    .option('--json', 'all of it as JSON on stdout, and nothing else there')
    .action(list);
  jobs
    .command('send')
    .exitOverride()
    .description('ask for a run now, whatever the schedule says')
    .option('--region <name...>', 'only of the keys of these regions')
    .option('--full', 'read everything again, not only what changed')
    .action(send);
  jobs
    .command('retry')
    .exitOverride()
    .description('put what was set aside back into the queue')
    .argument('[id...]', 'ids as the list shows them')
    .option('--all', 'all of it')
    .action(retry);
  return jobs;
}

async function list(flags: { json?: true }): Promise<void> {
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const state = await jobsState(db);
  const json = () => JSON.stringify(state ?? { queues: [], jobs: [], dead: [], workers: [] }, null, 2);
  process.stdout.write(flags.json ? `${json()}\n` : jobsText(state));
}

async function send(flags: { region?: string[]; full?: true }): Promise<void> {
  const config = getConfig();
  const chosen = chooseRegions(config, flags.region ?? null);
  await using db = await DatabaseManager.connect(config.database);
  await using queue = await openQueue(db);
  for (const members of groupByKey(chosen)) {
    const names = members.map(({ name }) => name).join(', ');
    const isNew = await sendRun(queue, members, flags.full === true);
    process.stdout.write(
      isNew
        ? `Sent: a run of ${names}\n`
        : `Nothing sent: a run of the key of ${names} waits or is under way\n`,
    );
  }
}

async function retry(ids: string[], flags: { all?: true }): Promise<void> {
  if (ids.length > 0 === (flags.all === true))
    throw new UsageError(['jobs retry: name the ids to try again, or --all. See them with: jobs list']);
  const config = getConfig({ regions: 'optional' });
  await using db = await DatabaseManager.connect(config.database);
  const dead = (await jobsState(db))?.dead.map(({ id }) => id) ?? [];
  const unknown = ids.filter((id) => !dead.includes(id));
  if (unknown.length > 0)
    throw new UsageError(
      unknown.map((id) => `jobs retry ${id}: nothing of this id is set aside; see: jobs list`),
    );
  await using queue = await openQueue(db);
  const again = await queue.retryDead(flags.all === true ? null : ids);
  process.stdout.write(`Back in the queue: ${again}\n`);
}

const openQueue = (db: DatabaseManager) => JobQueue.open({ db, role: 'command', observe: () => undefined });
