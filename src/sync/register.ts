import { FatalError } from '../errors.js';
import type { VivenuHTTPClient } from '../source/client.js';
import { faultsOf, KNOWN_TYPES, listenersOf, meantFor, pathOf, type Listener } from './listeners.js';
import type { Region } from './region.js';

/** What is to be done at vivenu for a region. */
export interface Step {
  readonly does: 'leave' | 'make' | 'change' | 'remove';
  /** Null: of a listener of nobody's. */
  readonly region: string | null;
  /** Null: it is made. */
  readonly id: string | null;
  readonly url: string;
  /** What is wrong with it as it is. */
  readonly why: readonly string[];
  /** Others that the deliveries of the region go to as well: id and address. */
  readonly others: readonly { readonly id: string; readonly url: string }[];
}

/** Where the deliveries of a region are sent, when `serve` is reached at an address. */
export const addressOf = (base: string, region: string): string =>
  `${base.replace(/\/+$/, '')}${pathOf(region)}`;

/** What makes the listeners of these regions right: one a region at the address. */
export function planRegister(
  regions: readonly Region[],
  listeners: readonly Listener[],
  base: string,
): Step[] {
  return regions.map((region) => {
    const url = addressOf(base, region.name);
    const own = listeners.filter((one) => meantFor(one, [region]) !== undefined);
    const there = own.filter((one) => one.url.replace(/\/+$/, '') === url);
    // Of several, one that is right stays as it is.
    const kept = there.find((one) => faultsOf(region, one, url).length === 0) ?? there[0];
    const others = own.filter((one) => one !== kept).map((one) => ({ id: one.id, url: one.url }));
    if (kept === undefined) return { does: 'make', region: region.name, id: null, url, why: [], others };
    const why = faultsOf(region, kept, url);
    return { does: why.length > 0 ? 'change' : 'leave', region: region.name, id: kept.id, url, why, others };
  });
}

/** Which listeners to remove: those of the ids, and those of the regions, at one address or any. */
export function planRemove(
  regions: readonly Region[],
  listeners: readonly Listener[],
  { ids, base }: { readonly ids: readonly string[]; readonly base: string | null },
): Step[] {
  return listeners.flatMap((one): Step[] => {
    const region = meantFor(one, regions);
    const isThere =
      region !== undefined && (base === null || one.url.replace(/\/+$/, '') === addressOf(base, region.name));
    if (ids.length > 0 ? !ids.includes(one.id) : !isThere) return [];
    return [{ does: 'remove', region: region?.name ?? null, id: one.id, url: one.url, why: [], others: [] }];
  });
}

/** Does what was planned at vivenu, in order. Throws what the client throws, with the steps before it done. */
export async function takeSteps(
  client: VivenuHTTPClient,
  steps: readonly Step[],
  world: { readonly regions: readonly Region[]; readonly listeners: readonly Listener[] },
): Promise<void> {
  for (const { does, id, url, region } of steps) {
    const path = `/webhook/${encodeURIComponent(id ?? '')}`;
    const before = world.listeners.find((one) => one.id === id);
    const whose = world.regions.find(({ name }) => name === region);
    if (does === 'remove') await client.change('DELETE', path).catch(unlessGone);
    else if (does === 'leave' || whose === undefined) continue;
    else if (does === 'change') await client.change('PUT', path, documentOf(whose, url, before));
    else await client.change('POST', '/webhooks', documentOf(whose, url));
  }
}

/** What is not right yet, as vivenu tells now. */
export async function stillWrong(
  client: VivenuHTTPClient,
  regions: readonly Region[],
  base: string,
): Promise<Step[]> {
  const now = await listenersOf(client);
  return planRegister(regions, now, base).filter(({ does }) => does !== 'leave');
}

function unlessGone(error: unknown): void {
  if (!(error instanceof FatalError && error.status === 404)) throw error;
}

/** vivenu takes names of 5 to 30 characters. */
const LONGEST_NAME = 30;

/** What is heard beside stays as it was. */
function documentOf({ name, config }: Region, url: string, before?: Listener): object {
  const types = Object.fromEntries(KNOWN_TYPES.map((type) => [type, true]));
  return {
    name: before?.name ?? `vivenu-ingest ${name}`.slice(0, LONGEST_NAME).trim(),
    url,
    enabled: true,
    events: { ...before?.events, ...types },
    hmacKey: config.webhookKey,
  };
}
