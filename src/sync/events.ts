import { FatalError, RecordError } from '../errors.js';
import { instantOf } from '../streams/columns.js';
import { isNested, type ListStream } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { copyOf } from '../transform/copy.js';
import { nestedRecords } from '../transform/nested.js';
import { keyOf, type Lineage } from '../transform/page.js';
import type { Account, Run } from './context.js';
import { fetchList, pageRows, rowKey, settleSnapshot } from './lists.js';
import { alive, failRegion, tableFor, type Region } from './region.js';
import { readSnapshot, type Snapshot } from './snapshot.js';
import { store } from './store.js';

type Event = Record<string, unknown>;

/** What the reading of tickets needs to know of the key's events. */
export interface EventList {
  /** Earliest creation of any event, milliseconds since 1970; null where none says. */
  readonly earliest: number | null;
}

/** Rows stored in one transaction: event documents are large. */
const CHUNK = 100;

/**
 * Reads all events of a key, gives each region its own and their children, and stores them with what lives inside them unless `keep` is false.
 * A region that names an event which the key does not see fails alone.
 */
export async function syncEvents(
  run: Run,
  account: Account,
  stream: ListStream,
  keep: boolean,
): Promise<EventList> {
  const events = new Map<string, unknown>();
  const snapshot = await readSnapshot({
    fetch: (skip) => fetchList(account, stream, { skip, top: pageRows(run, stream) }),
    take: (answer) => {
      for (const row of answer.rows) events.set(rowKey(row), row);
      return Promise.resolve();
    },
    key: rowKey,
    shards: () => Promise.resolve([]),
    stop: run.stop,
  });
  for (const region of account.regions.filter(alive)) await claimEvents(run, account, region, events);
  if (keep)
    for (const region of account.regions.filter(alive))
      await storeEvents(run, account, { region, stream, snapshot, events });
  const created = [...events.values()].flatMap((event) => instantOf(textOf(event, 'createdAt')) ?? []);
  return { earliest: created.length > 0 ? Math.min(...created) : null };
}

const isEvent = (value: unknown): value is Event => typeof value === 'object' && value !== null;
const textOf = (event: unknown, key: string) => {
  const value = isEvent(event) ? event[key] : undefined;
  return typeof value === 'string' ? value : undefined;
};
const childrenOf = (event: unknown) => {
  const children = isEvent(event) ? event['childEvents'] : undefined;
  return Array.isArray(children) ? children.filter((id) => typeof id === 'string') : [];
};

/** A configured event means it and its children; one that is not in the list is asked for by its id before the region fails. */
async function claimEvents(
  run: Run,
  account: Account,
  region: Region,
  events: Map<string, unknown>,
): Promise<void> {
  if (region.config.eventIds === null) return;
  const unseen: string[] = [];
  for (const id of region.config.eventIds.filter((id) => !events.has(id))) {
    const event = await account.client.getEvent(id).catch(absent);
    if (textOf(event, '_id') === id) events.set(id, event);
    else unseen.push(id);
  }
  if (unseen.length > 0) {
    const mend = `check EVENT_CONFIGS__${region.name}__event_id, and that the token belongs to the seller of that event`;
    failRegion(region, `this key does not see event ${unseen.join(', ')}; ${mend}`, run.observe);
    return;
  }
  const configured = new Set(region.config.eventIds);
  const children = region.config.eventIds.flatMap((id) => childrenOf(events.get(id)));
  const byRoot = [...events]
    .filter(([, event]) => configured.has(textOf(event, 'rootId') ?? ''))
    .map(([id]) => id);
  region.events = new Set([...configured, ...children, ...byRoot]);
}

function absent(error: unknown): undefined {
  if (!(error instanceof FatalError)) throw error;
}

interface Work {
  readonly region: Region;
  readonly stream: ListStream;
  readonly snapshot: Snapshot;
  readonly events: ReadonlyMap<string, unknown>;
}

async function storeEvents(
  run: Run,
  account: Account,
  { region, stream, snapshot, events }: Work,
): Promise<void> {
  const own = [...events].filter(([id]) => region.events?.has(id) ?? true);
  const records = own.map(([, event]): Lineage => [account.regions.length > 1 ? copyOf(event) : event]);
  for (let at = 0; at < records.length; at += CHUNK) {
    const parcel = { region, stream, records: records.slice(at, at + CHUNK) };
    await store(run, [parcel], {
      keyId: account.keyId,
      requestedAt: snapshot.requestedAt,
      full: true,
      window: null,
    });
  }
  if (!alive(region)) return;
  const keys = new Set(own.map(([id]) => id));
  const { requestedAt } = snapshot;
  await settleSnapshot(run, region, stream.name, {
    keys,
    total: own.length,
    requestedAt,
    within: eventsIn(region, 'id'),
  });
  await settleNested(run, region, { stream, records, requestedAt });
}

const eventsIn = ({ events }: Region, column: string) =>
  events === null ? null : { column, values: [...events] };

async function settleNested(
  run: Run,
  region: Region,
  { stream, records, requestedAt }: { stream: ListStream; records: readonly Lineage[]; requestedAt: number },
): Promise<void> {
  for (const nested of streams) {
    if (!isNested(nested) || nested.from !== stream.name) continue;
    const inside = records.flatMap(([event]) => nestedRecords(nested, event));
    const { shape } = tableFor(region, nested.name);
    await settleSnapshot(run, region, nested.name, {
      keys: new Set(inside.map((lineage, index) => nestedKey(shape, lineage, index))),
      total: inside.length,
      requestedAt,
      within: eventsIn(region, 'event_id'),
    });
  }
}

/** A nested record's key; one without a usable key gets a key that no row has. */
function nestedKey(shape: Parameters<typeof keyOf>[0], lineage: Lineage, index: number): string {
  try {
    return keyOf(shape, lineage);
  } catch (error) {
    if (error instanceof RecordError) return `#${index}`;
    throw error;
  }
}
