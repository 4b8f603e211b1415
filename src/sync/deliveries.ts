import { keyId } from '../config/config.js';
import { RetryableError } from '../errors.js';
import type { Client } from '../load/client.js';
import {
  claimDeliveries,
  closeDeliveries,
  passGate,
  type OpenDelivery,
  type DeliveryOutcome,
} from '../load/deliveries.js';
import { erasedWithin } from '../load/erased.js';
import { instantOf } from '../streams/columns.js';
import { streams } from '../streams/index.js';
import { isObject } from '../transform/clean.js';
import { namesErased, recordsIn, type DeliveredRecord } from '../transform/delivery.js';
import type { Run } from './context.js';
import { ownEvents } from './own-events.js';
import { erasedOf, type Region } from './region.js';
import { shapeAll, storePages, tellOf, type Parcel, type Stored, type StorePage } from './store.js';
import { messageOf } from './tally.js';

/** What became of some deliveries of a region. */
export interface WorkedOff {
  readonly deliveries: number;
  /** Not all that waited were taken. */
  readonly more: boolean;
  /** Rows that were added or changed. */
  readonly changed: number;
  /** Milliseconds since the oldest of them was received. */
  readonly lagMs: number;
}

const NOTHING: WorkedOff = { deliveries: 0, more: false, changed: 0, lagMs: 0 };

interface Sorted {
  readonly outcomes: ReadonlyMap<DeliveryOutcome, number[]>;
  readonly records: readonly Received[];
}

interface Received extends DeliveredRecord {
  readonly receivedAt: number;
}

/**
 * Works off the oldest open deliveries of a region in one transaction: their records go the way that those of a page go, and the books with
 * them. One that cannot be worked off for a reason of its own is set aside when it is alone. Throws whatever else went wrong, with nothing done.
 */
export async function workOffDeliveries(run: Run, region: Region, limit: number): Promise<WorkedOff> {
  let claimed: readonly OpenDelivery[] = [];
  let more = false;
  try {
    const done = await run.db.transaction(async (client) => {
      await passGate(client, region.schema);
      ({ deliveries: claimed, more } = await claimDeliveries(client, region.name, limit));
      if (claimed.length === 0) return null;
      // After the gate: who is erased from now on is erased after these.
      region.erased = await erasedWithin(client, region);
      return await workOff(run, client, { region, claimed });
    });
    if (done === null) return NOTHING;
    return { ...account(run, region, claimed, done), more };
  } catch (error) {
    if (claimed.length !== 1 || error instanceof RetryableError) throw error;
    const numbers = claimed.map(({ number }) => number);
    await run.db.transaction((client) =>
      closeDeliveries(client, numbers, { outcome: 'failed', reason: messageOf(error) }),
    );
    return { ...NOTHING, deliveries: 1, more };
  }
}

interface Done {
  readonly pages: readonly StorePage[];
  readonly stored: readonly Stored[];
}

async function workOff(
  run: Run,
  client: Client,
  { region, claimed }: { region: Region; claimed: readonly OpenDelivery[] },
): Promise<Done> {
  const isOwn = await ownEvents(client, region);
  const { outcomes, records } = sortOut(region, claimed, isOwn);
  const pages: StorePage[] = [];
  const stored: Stored[] = [];
  for (const [requestedAt, parcels] of bySecond(region, records)) {
    const failures = new Map<Region, string>();
    const shaped = shapeAll(parcels);
    const way = { keyId: '', requestedAt, full: false, window: null, late: true };
    stored.push(...(await storePages(run, client, { pages: shaped, way, failures })));
    for (const error of failures.values()) throw new RetryableError(error);
    pages.push(...shaped);
  }
  for (const [outcome, numbers] of outcomes) await closeDeliveries(client, numbers, { outcome });
  return { pages, stored };
}

/** Gives each delivery its outcome, and takes out of all of them the newest version of each record. */
function sortOut(
  region: Region,
  claimed: readonly OpenDelivery[],
  isOwn: (record: unknown) => boolean,
): Sorted {
  const outcomes = new Map<DeliveryOutcome, number[]>();
  const newest = new Map<string, Received>();
  for (const { number, type, receivedAt, payload } of claimed) {
    const found = recordsIn(streams, type, payload);
    // What has no id cannot be looked for at vivenu: set aside, it would spoil every proof.
    const own = found.filter(({ record }) => hasId(record) && isOwn(record));
    for (const one of own) keepNewer(newest, { ...one, receivedAt: receivedAt.getTime() });
    const named = found.filter(({ record }) => hasId(record)).length;
    const outcome = outcomeOf(region, payload, { found: found.length, named, own: own.length });
    outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), number]);
  }
  return { outcomes, records: [...newest.values()] };
}

function outcomeOf(
  region: Region,
  payload: unknown,
  { found, named, own }: { found: number; named: number; own: number },
): DeliveryOutcome {
  if (own > 0) return 'stored';
  if (named < found) return 'failed';
  if (found > 0) return 'elsewhere';
  return namesErased(payload, erasedOf(region)) ? 'erased' : 'kept';
}

const idOf = (record: unknown) => (isObject(record) ? record['_id'] : undefined);
const hasId = (record: unknown) => typeof idOf(record) === 'string' && idOf(record) !== '';

/** Of two versions the later update time wins; on a tie the one that was received later. */
function keepNewer(newest: Map<string, Received>, one: Received): void {
  const key = `${one.stream.name} ${String(idOf(one.record))}`;
  const other = newest.get(key);
  if (other && updatedOf(other) > updatedOf(one)) return;
  newest.set(key, one);
}

const updatedOf = ({ record }: Received) =>
  (isObject(record) ? instantOf(record['updatedAt']) : null) ?? -Infinity;

/** Parcels by the time at which their records count as asked for: that of the first of a second. */
function bySecond(region: Region, records: readonly Received[]): Map<number, Parcel[]> {
  const seconds = new Map<number, Received[]>();
  for (const one of records.toSorted((a, b) => a.receivedAt - b.receivedAt)) {
    const second = Math.floor(one.receivedAt / 1000);
    seconds.set(second, [...(seconds.get(second) ?? []), one]);
  }
  return new Map([...seconds.values()].map((some) => [some[0]?.receivedAt ?? 0, parcelsOf(region, some)]));
}

function parcelsOf(region: Region, records: readonly Received[]): Parcel[] {
  // In the order of the streams, as a run takes their tables.
  return streams.flatMap((stream) => {
    const own = records.filter((one) => one.stream === stream).map(({ record }) => [record]);
    return own.length > 0 ? [{ region, stream, records: own }] : [];
  });
}

function account(
  run: Run,
  region: Region,
  claimed: readonly OpenDelivery[],
  { pages, stored }: Done,
): Omit<WorkedOff, 'more'> {
  const { token, baseUrl } = region.config;
  pages.forEach((page, index) => {
    const outcome = stored[index];
    if (outcome) tellOf(run, keyId(token, baseUrl), page, outcome);
  });
  const changed = stored.reduce((sum, { inserted, updated }) => sum + inserted + updated, 0);
  const lagMs = Date.now() - Math.min(...claimed.map(({ receivedAt }) => receivedAt.getTime()));
  const deliveries = claimed.length;
  run.observe({ type: 'deliveries', region: region.name, deliveries, changed, lagMs });
  return { deliveries, changed, lagMs };
}
