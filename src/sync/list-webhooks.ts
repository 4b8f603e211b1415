import { takesDeliveries } from '../config/webhooks.js';
import { faultsOf, meantFor, typesOf, type Listener } from './listeners.js';
import { addressOf } from './register.js';
import type { Region } from './region.js';

/** A listener as it may be shown. */
export interface ShownListener {
  readonly id: string;
  readonly name: string;
  /** Whole only where it is ours: others may hold a secret. */
  readonly url: string;
  readonly enabled: boolean;
  readonly types: readonly string[];
  /** The region that it was meant for; null: it is none of ours. */
  readonly region: string | null;
  /** What is wrong with it; nothing of one that is none of ours. */
  readonly wrong: readonly Fault[];
}

/** What is wrong with a listener, and what mends it: a command, or the configuration. */
export interface Fault {
  readonly says: string;
  readonly mend: 'register' | 'remove' | 'configure';
}

/** Listeners of a key, each with what is wrong with it. */
export function judge(
  listeners: readonly Listener[],
  { own, all }: { readonly own: readonly Region[]; readonly all: readonly Region[] },
  base: string | null,
): ShownListener[] {
  const seen = new Map<string, string>();
  return listeners.map((one) => {
    const { id, name, url, enabled } = one;
    const region = meantFor(one, own);
    const stranger = region ?? meantFor(one, all);
    const first = seen.get(url);
    if (first === undefined) seen.set(url, id);
    const wrong =
      stranger && first !== undefined
        ? [fault('remove', `it is a second one for the same address as ${first}`)]
        : region
          ? faultsOfOwn(region, one, base)
          : stranger
            ? [fault('remove', `it leads to ${stranger.name}, which has another key`)]
            : [];
    const shown = stranger ? url : originOnly(url);
    return { id, name, url: shown, enabled, types: typesOf(one), region: stranger?.name ?? null, wrong };
  });
}

const fault = (mend: Fault['mend'], says: string): Fault => ({ says, mend });

function faultsOfOwn(region: Region, listener: Listener, base: string | null): Fault[] {
  const { config, name } = region;
  const faults = faultsOf(region, listener, base === null ? null : addressOf(base, name));
  return [
    ...faults.map((says) => fault('register', says)),
    ...(takesDeliveries(config)
      ? []
      : [fault('configure', `${name} refuses its deliveries: it has no webhook_key`)]),
  ];
}

const originOnly = (url: string) => (URL.canParse(url) ? `${new URL(url).origin}/…` : '…');

/** Regions that take deliveries and have no listener, of these. */
export const unheard = (regions: readonly Region[], listeners: readonly ShownListener[]): string[] =>
  regions
    .filter(({ config, name }) => takesDeliveries(config) && !listeners.some(({ region }) => region === name))
    .map(({ name }) => name);
