import { Command } from 'commander';
import { getConfig, keyId, type Config } from '../config/config.js';
import { baseUrlProblem } from '../config/url.js';
import { takesDeliveries } from '../config/webhooks.js';
import { UsageError } from '../errors.js';
import { DatabaseManager } from '../load/database.js';
import { heardLately } from '../load/deliveries.js';
import type { VivenuHTTPClient } from '../source/client.js';
import { groupByKey, openClient } from '../sync/account.js';
import { chooseRegions } from '../sync/choose.js';
import { listenersOf } from '../sync/listeners.js';
import { judge, unheard } from '../sync/list-webhooks.js';
import { planRegister, planRemove, stillWrong, takeSteps } from '../sync/register.js';
import type { Region } from '../sync/region.js';
import { messageOf } from '../sync/tally.js';
import { listText, stepsText, type AllHeard, type KeyAnswer } from './webhooks-text.js';

interface Flags {
  url?: string;
  region?: string[];
  id?: string[];
  yes?: true;
  json?: true;
}

/** `webhooks list|register|remove`: the listeners at vivenu that tell `serve`. */
export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description(
    "vivenu's listeners, which tell serve: list, register, remove",
  );
  sub(webhooks, 'list', 'every listener of each key: whether it is ours, right, and heard of')
    .option('--url <address>', 'where serve is reached, to compare with')
    .addHelpText('after', '\nExit codes: 0 all is right; 1 something is wrong; 2 usage or configuration.')
    .action(list);
  sub(webhooks, 'register', 'make a listener for each region, or mend the one that is there')
    .requiredOption('--url <address>', 'where vivenu reaches serve, such as https://hooks.example.com')
    .option('--yes', 'do it; without it, only say what would be done')
    .action(register);
  sub(webhooks, 'remove', 'remove listeners of ours')
    .option('--url <address>', 'only those that lead there')
    .option('--id <id...>', 'these, whosever they are')
    .option('--yes', 'do it; without it, only say what would be done')
    .action(remove);
  return webhooks;
}

const sub = (parent: Command, name: string, description: string) =>
  parent
    .command(name)
    .exitOverride()
    .description(description)
    .option('--region <name...>', 'only of these regions')
    .option('--json', 'the same as JSON on stdout, and nothing else there');

async function list(flags: Flags): Promise<void> {
  const config = getConfig();
  const base = addressGiven(config, flags);
  const regions = chooseRegions(config, flags.region ?? null);
  const all = chooseRegions(config, null);
  const heard = heardOf(config, regions);
  const keys = await eachKey(config, regions, async (client, own) => {
    const listeners = judge(await listenersOf(client), { own, all }, base);
    return { listeners, unheard: unheard(own, listeners) };
  });
  const { text, wrong } = listText(keys, regions, await heard);
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(keys, wrong, await heard), null, 2)}\n` : text);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

async function register(flags: Flags): Promise<void> {
  const config = getConfig();
  const base = addressGiven(config, flags) ?? '';
  const chosen = chooseRegions(config, flags.region ?? null);
  const regions = flags.region ? chosen : chosen.filter((region) => takesDeliveries(region.config));
  const refusing = chosen.filter((region) => !takesDeliveries(region.config));
  if (refusing.length > 0 && (flags.region || regions.length === 0))
    throw new UsageError(refusing.map(({ name }) => noKey(name)));
  const keys = await eachKey(config, regions, async (client, own) => {
    const listeners = await listenersOf(client);
    const steps = planRegister(own, listeners, base);
    if (flags.yes !== true) return { steps };
    await takeSteps(client, steps, { regions: own, listeners });
    return { steps, left: await stillWrong(client, own, base) };
  });
  tell(flags, keys);
}

const noKey = (region: string) =>
  `${region} refuses deliveries: set EVENT_CONFIGS__${region}__webhook_key, say to what \`openssl rand -hex 32\` prints`;

async function remove(flags: Flags): Promise<void> {
  const ids = flags.id ?? [];
  if (ids.length === 0 && flags.url === undefined && flags.region === undefined)
    throw new UsageError(['webhooks remove needs --url, --region or --id: which ones are to go']);
  const config = getConfig();
  const base = addressGiven(config, flags);
  const regions = chooseRegions(config, flags.region ?? null);
  const keys = await eachKey(config, regions, async (client, own) => {
    const listeners = await listenersOf(client);
    const steps = planRemove(own, listeners, { ids, base });
    if (flags.yes === true) await takeSteps(client, steps, { regions: own, listeners });
    return { steps };
  });
  const found = new Set(keys.flatMap(({ steps = [] }) => steps.map(({ id }) => id)));
  const unknown = ids.filter((id) => !found.has(id));
  tell(
    flags,
    keys,
    unknown.map((id) => `--id ${id}: no key has a listener of this id`),
  );
}

function tell(flags: Flags, keys: readonly KeyAnswer[], more: readonly string[] = []): void {
  const { text, wrong } = stepsText(keys, { done: flags.yes === true, more });
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(keys, wrong, null), null, 2)}\n` : text);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

function asJson(keys: readonly KeyAnswer[], wrong: readonly string[], heard: AllHeard): object {
  const state = wrong.length > 0 ? { status: 'failed', error: wrong.join('; ') } : { status: 'ok' };
  return { ...state, keys, ...(heard === null ? {} : { heard }) };
}

function addressGiven({ http }: Config, { url }: Flags): string | null {
  if (url === undefined) return null;
  const problem = baseUrlProblem(url, http.insecureHosts);
  if (problem !== null) throw new UsageError([`--url ${url}: ${problem}`]);
  return url;
}

const named = ([first, ...rest]: readonly Region[]) => ({
  key_id: first ? keyId(first.config.token, first.config.baseUrl) : '',
  regions: [...(first ? [first.name] : []), ...rest.map(({ name }) => name)],
});

/** A listener is looked for by a person who waits. */
const LONGEST_WAIT_MS = 60_000;

/** Asks each key, one after the other; one that fails leaves the others to be asked. */
async function eachKey(
  config: Config,
  regions: readonly Region[],
  ask: (client: VivenuHTTPClient, own: readonly Region[]) => Promise<Omit<KeyAnswer, 'key_id' | 'regions'>>,
): Promise<KeyAnswer[]> {
  const http = { ...config.http, maxWaitMs: Math.min(config.http.maxWaitMs, LONGEST_WAIT_MS) };
  const results: KeyAnswer[] = [];
  for (const own of groupByKey(regions)) {
    const [first] = own;
    if (!first) continue;
    const world = { signal: new AbortController().signal, observe: () => undefined };
    try {
      await using client = openClient({ ...config, http }, first, world);
      results.push({ ...named(own), ...(await ask(client, own)) });
    } catch (error) {
      results.push({ ...named(own), error: messageOf(error).replaceAll('<region>', first.name) });
    }
  }
  return results;
}

/** Null: the database is away, or knows no deliveries yet. */
async function heardOf(config: Config, regions: readonly Region[]): Promise<AllHeard> {
  try {
    await using db = await DatabaseManager.connect(config.database);
    return await heardLately(
      db,
      regions.map(({ name }) => name),
    );
  } catch {
    return null;
  }
}
