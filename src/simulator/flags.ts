import { InvalidArgumentError } from 'commander';
import { FAULTS, type FaultName, type FaultRates } from './faults.js';
import { ODD_KINDS, type OddKind } from './odd.js';
import type { SellerOptions, SimulatorOptions } from './options.js';
import type { Order } from './select.js';
import type { Shape } from './shapes.js';

/** What the command line of `simulate` says. */
export interface Flags {
  port: number;
  host: string;
  seed: number;
  regions: string[];
  events: number;
  children: number;
  tickets: number;
  underShops: number;
  coupons: number;
  series: number;
  shape: Shape;
  order: Order;
  top: number;
  topPolicy: 'reject' | 'clamp';
  seriesShape: 'docs' | 'array';
  fault: FaultRates;
  odd: OddKind[];
  requestsPerHour: number | 'off';
  clockOffset: number;
  visibleAfter: number;
  sellPerSecond: number;
  editPerSecond: number;
  sellPerRequest: number;
  editPerRequest: number;
  deletePerRequest: number;
  redeemPerRequest: number;
  webhooks?: string;
  dropDeliveries: number;
  doubleDeliveries: number;
  forgeDeliveries: number;
  shuffleDeliveries: number;
  cachePages: boolean;
  status: number;
}

/** The key of a region: made up from its name, so that it stays the same from one start to the next. */
export const tokenOf = (region: string) => `key_simulated_${region}`;

/** The key that a region's deliveries are signed with. */
export const hmacKeyOf = (region: string) => `hmac_simulated_${region}`;

const listenersOf = ({ webhooks }: Flags, region: string) =>
  webhooks === undefined
    ? []
    : [{ url: `${webhooks.replace(/\/+$/, '')}/${encodeURIComponent(region)}`, hmacKey: hmacKeyOf(region) }];

function sellerOf(flags: Flags, region: string): SellerOptions {
  const { events, children, underShops, shape, tickets, coupons, series } = flags;
  const share = Math.floor(tickets / events);
  const odd = region === flags.regions[0] ? flags.odd : [];
  return {
    token: tokenOf(region),
    events: Array.from({ length: events }, (_, i) => ({
      ...{ children, underShops, shape },
      tickets: i === 0 ? tickets - share * (events - 1) : share,
    })),
    ...{ coupons, series },
    listeners: listenersOf(flags, region),
    odd: odd.filter((kind) => kind !== 'many-shops'),
    oddEvents: odd.filter((kind) => kind === 'many-shops'),
  };
}

/** The simulator that the flags ask for. */
export function optionsOf(flags: Flags): SimulatorOptions {
  const { port, host, seed, order, seriesShape, cachePages } = flags;
  const { sellPerSecond, editPerSecond, sellPerRequest, editPerRequest, deletePerRequest, redeemPerRequest } =
    flags;
  return {
    ...{ port, host, seed, order, seriesShape, cachePages, faults: flags.fault },
    requestsPerHour: flags.requestsPerHour === 'off' ? null : flags.requestsPerHour,
    sellers: flags.regions.map((region) => sellerOf(flags, region)),
    top: { policy: flags.topPolicy, max: flags.top },
    clock: { offsetMs: flags.clockOffset * 1000 },
    visibleAfterMs: flags.visibleAfter * 1000,
    deliveries: {
      drop: flags.dropDeliveries,
      double: flags.doubleDeliveries,
      forge: flags.forgeDeliveries,
      shuffleMs: flags.shuffleDeliveries * 1000,
    },
    motion: {
      sellPerSecond,
      editPerSecond,
      sellPerRequest,
      editPerRequest,
      deletePerRequest,
      redeemPerRequest,
    },
  };
}

/** A number, a fraction too. @throws InvalidArgumentError */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** A whole number from 0 up. @throws InvalidArgumentError */
export function whole(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number from 0 up.');
  return value;
}

/** A whole number from 1 up. @throws InvalidArgumentError */
export function positive(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('Expected a whole number from 1 up.');
  return value;
}

/** A share from 0 to 1. @throws InvalidArgumentError */
export function share(text: string): number {
  const value = number(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError('Expected a share from 0 to 1.');
  return value;
}

/** Requests an hour, or `off`. @throws InvalidArgumentError */
export const budget = (text: string) => (text === 'off' ? text : positive(text));

/** Names between commas. @throws InvalidArgumentError */
export function words(text: string): string[] {
  const list = text.split(',').map((word) => word.trim());
  if (list.includes('') || new Set(list).size < list.length)
    throw new InvalidArgumentError('Expected names that differ.');
  return list;
}

/** Kinds of odd rows between commas, or all of them. @throws InvalidArgumentError */
export function oddKinds(text: string): OddKind[] {
  if (text === 'all') return ODD_KINDS;
  return words(text).map((word) => {
    const kind = ODD_KINDS.find((one) => one === word);
    if (kind === undefined) throw new InvalidArgumentError(`${word} is none of ${ODD_KINDS.join(', ')}.`);
    return kind;
  });
}

/** `name=rate`, added to those before. @throws InvalidArgumentError */
export function faultRate(text: string, before: FaultRates): FaultRates {
  const [name = '', rate = ''] = text.split('=');
  const fault = FAULTS.find((one): one is FaultName => one === name);
  if (fault === undefined) throw new InvalidArgumentError(`${name} is none of ${FAULTS.join(', ')}.`);
  const share = number(rate);
  if (share < 0 || share > 1) throw new InvalidArgumentError('Expected a rate from 0 to 1.');
  return { ...before, [fault]: share };
}
