import type { VivenuHTTPClient } from '../source/client.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import type { Region } from './region.js';

/** A listener as vivenu keeps it. Its key is there to be compared, and never shown. */
export interface Listener {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly enabled: boolean;
  readonly events: Readonly<Record<string, unknown>>;
  /** Null: it signs nothing; undefined: vivenu does not tell. */
  readonly hmacKey: string | null | undefined;
}

const PATH = '/webhooks';
const MOST = 1000;

/** Types of deliveries that bring records of known streams. */
export const KNOWN_TYPES: readonly string[] = streams.flatMap((stream) =>
  isNested(stream) || stream.delivered === null ? [] : stream.delivered.types,
);

/** Every listener of a key. Throws what the client throws. */
export async function listenersOf(client: VivenuHTTPClient): Promise<Listener[]> {
  const found: Listener[] = [];
  for (;;) {
    const { rows, total } = await client.list({ path: PATH, items: 'docs', skip: found.length, top: MOST });
    found.push(...rows.map(listenerOf));
    if (rows.length === 0 || found.length >= (total ?? Infinity)) return found;
  }
}

function listenerOf(row: unknown): Listener {
  const given: Record<string, unknown> = typeof row === 'object' && row !== null ? { ...row } : {};
  const text = (key: string) => (typeof given[key] === 'string' ? given[key] : '');
  const { events, hmacKey } = given;
  return {
    id: text('_id'),
    name: text('name'),
    url: text('url'),
    enabled: given['enabled'] !== false,
    events: typeof events === 'object' && events !== null ? { ...events } : {},
    hmacKey:
      hmacKey === undefined ? undefined : typeof hmacKey === 'string' && hmacKey !== '' ? hmacKey : null,
  };
}

/** Types that a listener hears. */
export const typesOf = ({ events }: Pick<Listener, 'events'>): string[] =>
  Object.keys(events).filter((type) => events[type] === true);

/** Where a region's deliveries go below the address of `serve`. */
export const pathOf = (region: string): string => `/webhooks/${encodeURIComponent(region)}`;

/** The region that a listener was meant for, by the end of its address; undefined: it is none of ours. */
export function meantFor<T extends Pick<Region, 'name'>>(
  { url }: Pick<Listener, 'url'>,
  regions: readonly T[],
): T | undefined {
  const path = URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '').toLowerCase() : '';
  return regions.find(({ name }) => path.endsWith(pathOf(name).toLowerCase()));
}

/** What is wrong with a listener of a region; `url` is where it should lead, null: anywhere that ends rightly. */
export function faultsOf({ config, name }: Region, listener: Listener, url: string | null): string[] {
  const { hmacKey, events } = listener;
  const missing = KNOWN_TYPES.filter((type) => events[type] !== true);
  const path = URL.canParse(listener.url) ? new URL(listener.url).pathname : '';
  const faults = [
    !path.endsWith(pathOf(name)) && `its address has to end with ${pathOf(name)}`,
    url !== null && listener.url !== url && `it leads to ${listener.url}, not to ${url}`,
    !listener.enabled && 'it is turned off',
    missing.length > 0 && `it does not tell of ${missing.join(', ')}`,
    config.webhookKey !== null && hmacKey === null && 'it has no key, so its deliveries are refused',
    config.webhookKey !== null &&
      typeof hmacKey === 'string' &&
      hmacKey !== config.webhookKey &&
      `its key is not EVENT_CONFIGS__${name}__webhook_key, so its deliveries are refused`,
  ];
  return faults.filter((fault) => fault !== false);
}
