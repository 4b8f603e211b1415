import { FatalError } from '../errors.js';
import type { KeptBudget } from '../load/budget.js';
import type { Config } from '../config/config.js';
import { isInsecure } from '../config/url.js';
import { keyId } from '../config/config.js';
import type { Observer } from '../observer.js';
import { currentPurpose } from '../purpose.js';
import { VivenuHTTPClient } from '../source/client.js';
import { Stopped } from '../source/windows.js';
import { isNested, type ListStream, type Stream, type Timed } from '../streams/define.js';
import { streams } from '../streams/index.js';
import type { Account, Run } from './context.js';
import { syncEvents, type EventList } from './events.js';
import { syncList } from './lists.js';
import { alive, failBroken, failRegion, tallyFor, type Region } from './region.js';
import { isRegionsOwn } from './store.js';
import { messageOf, statusOf } from './tally.js';
import { syncTimed } from './timed.js';

/** Regions that share a key and an address are read together. */
export function groupByKey(regions: readonly Region[]): Region[][] {
  const groups = new Map<string, Region[]>();
  for (const region of regions) {
    const id = `${region.config.token} ${region.config.baseUrl}`;
    groups.set(id, [...(groups.get(id) ?? []), region]);
  }
  return [...groups.values()];
}

/** What a client needs of its surroundings. */
export interface ClientWorld {
  /** Ends everything that it does. */
  readonly signal: AbortSignal;
  /** Ends its waits only. */
  readonly stop?: AbortSignal;
  readonly observe: Observer;
  /** Where the budget of a key is shared with other processes; without it, each counts for itself. */
  readonly budgetOf?: (keyId: string) => KeptBudget;
}

/** Opens the client of a key. */
export function openClient(
  config: Config,
  region: Region,
  { signal, stop, observe, budgetOf }: ClientWorld,
): VivenuHTTPClient {
  const { token, baseUrl } = region.config;
  const id = keyId(token, baseUrl);
  const { http, batch } = config;
  const client: VivenuHTTPClient = new VivenuHTTPClient({
    token,
    baseUrl,
    timeoutMs: http.timeoutMs,
    connectTimeoutMs: http.connectTimeoutMs,
    maxConnections: http.maxConnections,
    maxInFlight: batch.maxWorkers,
    retries: http.retries,
    requestsPerHour: http.requestsPerHour,
    maxWaitMs: http.maxWaitMs,
    insecure: isInsecure(new URL(baseUrl), http.insecureHosts),
    signal,
    ...(stop === undefined ? {} : { stop }),
    ...(budgetOf === undefined ? {} : { books: budgetOf(id) }),
    onEvent: (event) => {
      if (event.type === 'breaker' || event.type === 'budget') observe({ ...event, keyId: id });
      else if (event.type === 'request')
        observe({ ...event, ...currentPurpose(), keyId: id, budgetLeft: client.budgetLeft });
      else observe({ ...event, ...currentPurpose(), keyId: id });
    },
  });
  return client;
}

/** Reads every stream that was asked for into the regions of one key; a stream that fails leaves the others to go on. */
export async function syncAccount(run: Run, account: Account): Promise<void> {
  let list: EventList = { earliest: null };
  for (const stream of streams) {
    if (isNested(stream) || !account.regions.some(alive)) continue;
    const needed =
      stream.group === 'events' ? wants(run, 'events') || wants(run, 'tickets') : wants(run, stream.group);
    if (!needed) continue;
    const ended = await guarded(run, account, stream, async () => {
      if (stream.group === 'events') list = await syncEvents(run, account, stream, wants(run, 'events'));
      else if (isTimed(stream))
        await togetherOrAlone(run, account, stream, (part) => syncTimed(run, part, stream, list));
      else await syncList(run, account, stream);
    });
    // Without the events it is not known which tickets belong where.
    if (!ended && stream.group === 'events')
      for (const region of account.regions) failRegion(region, reasonOf(region, stream), run.observe);
  }
}

const wants = ({ options }: Run, group: string) => options.only?.includes(group) ?? true;
const isTimed = (stream: ListStream): stream is ListStream & { timed: Timed } => stream.timed !== null;
const reasonOf = (region: Region, stream: Stream) =>
  tallyFor(region, stream.name).error ?? 'the events could not be read';

/** Reads regions together; when vivenu refuses that, each alone, so that only the one at fault fails. */
async function togetherOrAlone(
  run: Run,
  account: Account,
  stream: ListStream,
  work: (account: Account) => Promise<void>,
): Promise<void> {
  const regions = account.regions.filter(alive);
  try {
    await work(account);
  } catch (error) {
    const refused = error instanceof FatalError && [400, 403, 404].includes(error.status ?? 0);
    if (!refused || regions.length < 2) throw error;
    for (const region of regions)
      await work({ ...account, regions: [region] }).catch((own: unknown) => {
        if (run.stop.aborted) throw own;
        tallyFor(region, stream.name).fail(own);
      });
  }
}

/** Does it again for the other regions when one's own table turned out to be broken. */
async function withoutBroken(run: Run, regions: readonly Region[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const others = regions.filter(alive);
    if (!isRegionsOwn(error) || !(await failBroken(run, others))) throw error;
    if (others.some(alive)) await withoutBroken(run, others, work);
  }
}

/** Runs one stream and books its requests and time on every region; an error ends this stream only. */
async function guarded(
  run: Run,
  account: Account,
  stream: ListStream,
  work: () => Promise<void>,
): Promise<boolean> {
  const { keyId: id } = account;
  const regions = account.regions.filter(alive);
  const at = { keyId: id, stream: stream.name, regions: regions.map(({ name }) => name) };
  const before = { ...account.client.stats };
  const started = performance.now();
  let error: unknown;
  try {
    await withoutBroken(run, regions, work);
  } catch (cause) {
    // Whatever a request says that was given up, it was the interruption.
    error = run.stop.aborted ? new Stopped('interrupted') : cause;
  }
  for (const region of regions) {
    const tally = tallyFor(region, stream.name);
    if (error !== undefined) tally.fail(error);
    if (error === undefined && tally.mode === 'skipped') continue;
    tally.requests += account.client.stats.requests - before.requests;
    tally.retries += account.client.stats.retries - before.retries;
    tally.seconds += (performance.now() - started) / 1000;
  }
  const status = error === undefined ? 'complete' : statusOf(error);
  run.observe({
    type: 'stream.end',
    ...at,
    status,
    error: error === undefined ? undefined : messageOf(error),
  });
  return error === undefined;
}
