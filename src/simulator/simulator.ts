import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBudget, type Api } from './answer.js';
import { createClock } from './clock.js';
import { Deliverer, type DeliveryLine } from './deliverer.js';
import { events } from './event-resource.js';
import { createFaultDice, type FaultName, type FaultRates } from './faults.js';
import { fillSeller } from './fill.js';
import type { World } from './motion.js';
import { createMover, sellerMethods, type SellerMethods } from './mover.js';
import { makeOdd } from './odd.js';
import type { SimulatorOptions } from './options.js';
import { createDraw } from './random.js';
import { RowCache } from './row-cache.js';
import { createSeller, type Seller } from './seller.js';
import { tickets } from './ticket-resource.js';
import { createApiServer, type RequestLine } from './server.js';
import { createStats, type SimulatorStats } from './stats.js';
import {
  couponTruth,
  eventTruth,
  seriesTruth,
  ticketTruth,
  type CouponTruth,
  type EventTruth,
  type SeriesTruth,
  type TicketTruth,
} from './truth.js';

export type { SellerOptions, EventOptions, SimulatorOptions } from './options.js';
export type { DeliveryLine, DeliveryOptions } from './deliverer.js';
export type { ListenerOptions } from './listeners.js';
export type { FaultName, FaultRates } from './faults.js';
export type { OddKind } from './odd.js';
export type { Order } from './select.js';
export type { RequestLine } from './server.js';
export type { SimulatorStats } from './stats.js';
export type { CouponTruth, EventTruth, SeriesTruth, TicketTruth } from './truth.js';

/** A local vivenu that answers over HTTP; what is made up stays what the seed says. */
export interface Simulator extends AsyncDisposable, SellerMethods {
  /** Value for `base_url`, such as `http://127.0.0.1:8099/api`. */
  readonly url: string;
  readonly stats: SimulatorStats;
  /** The last requests, oldest first. */
  readonly log: readonly RequestLine[];
  /** Rates by fault, which may be written at any time. */
  readonly faults: FaultRates;
  /** The next `times` requests meet a fault; with `path` only those whose path contains it. */
  failNext(fault: FaultName, times?: number, path?: string): void;
  /** The simulator's time, milliseconds since 1970. */
  now(): number;
  /** Moves the simulator's clock, back too. */
  advance(ms: number): void;
  /** What the answers say now, without a request: tickets unless another list is named. */
  truth(token: string, list?: 'tickets'): Iterable<TicketTruth>;
  truth(token: string, list: 'events'): Iterable<EventTruth>;
  truth(token: string, list: 'coupons'): Iterable<CouponTruth>;
  truth(token: string, list: 'series'): Iterable<SeriesTruth>;
  /** What was sent to listeners, oldest first, and how it fared. */
  readonly deliveries: readonly DeliveryLine[];
  /** Resolves when every delivery was taken, given up or dropped. */
  delivered(): Promise<void>;
  /** Stops at once; requests in flight lose their connection. */
  close(): Promise<void>;
}

const TRUTHS = {
  tickets: ticketTruth,
  events: eventTruth,
  coupons: couponTruth,
  series: seriesTruth,
} as const;

/** Starts a simulator. @throws Error when the port is taken; RangeError for more than 2^24 tickets of a seller */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { world, sellers, mover, dice, books, server, deliverer } = createParts(options);
  const { now, advance } = world.clock;
  const url = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0);
  const sellerOf = (token: string): Seller => {
    mover.catchUp();
    const seller = sellers.get(token);
    if (seller === undefined) throw new RangeError('no simulated seller has this token');
    return seller;
  };
  const end = () => {
    deliverer.close();
    return close(server);
  };
  return {
    ...{ url, stats: books.stats, log: books.log, faults: dice.rates, now, advance },
    failNext: (fault, times = 1, path = '') => dice.order(fault, times, path),
    truth: (token: string, list: keyof typeof TRUTHS = 'tickets') =>
      TRUTHS[list](sellerOf(token)) as Iterable<never>,
    ...sellerMethods(world, sellerOf),
    deliveries: deliverer.lines,
    delivered: () => deliverer.idle(),
    close: end,
    [Symbol.asyncDispose]: end,
  };
}

function createParts(options: SimulatorOptions) {
  const { seed = 1, clock: clockOptions = {}, faultSettings = {} } = options;
  const told = { to: null as Deliverer | null };
  const world = createWorld(options, seed, told);
  const { clock } = world;
  const sellers = createSellers(options, seed, clock.now());
  const mover = createMover(world, [...sellers.values()], options.motion ?? {});
  const deliverer = new Deliverer(
    options.deliveries ?? {},
    { clock, draw: createDraw(seed ^ 0xde11) },
    mover.catchUp,
  );
  told.to = deliverer;
  if (options.sellers.some(({ listeners = [] }) => listeners.length > 0)) deliverer.start();
  const dice = createFaultDice(options.faults ?? {}, faultSettings, seed);
  const books = createStats(options.logSize ?? 10_000);
  const api = createApi(options, sellers, world);
  const server = createApiServer({
    ...{
      api,
      clock,
      dice,
      faultSettings,
      dateHeader: clockOptions.dateHeader ?? true,
      before: mover.catchUp,
    },
    after(line, bytes, listed) {
      books.book(line, bytes);
      if (listed !== undefined) mover.afterRequest(listed);
    },
  });
  return { world, sellers, mover, dice, books, server, deliverer };
}

function createWorld(
  options: SimulatorOptions,
  seed: number,
  told: { readonly to: Deliverer | null },
): World {
  return {
    clock: createClock(options.clock ?? {}, seed),
    draw: createDraw(seed ^ 0x5eed),
    visibleAfterMs: options.visibleAfterMs ?? 0,
    redemptionMovesUpdatedAt: options.redemptionMovesUpdatedAt ?? false,
    tell: (seller, type, row) => {
      const [key, resource] = type === 'event.updated' ? ['event', events] : ['ticket', tickets];
      told.to?.tell(seller, type, () => `{"${key}":${resource.render(seller, row)}}`);
    },
  };
}

function createSellers(options: SimulatorOptions, seed: number, now: number): Map<string, Seller> {
  const sellers = new Map<string, Seller>();
  for (const one of options.sellers) {
    if (sellers.has(one.token)) throw new RangeError('two simulated sellers have the same token');
    const seller = createSeller(one, seed, now);
    fillSeller(seller, one, now);
    makeOdd(seller, one);
    sellers.set(one.token, seller);
  }
  return sellers;
}

function createApi(
  options: SimulatorOptions,
  sellers: ReadonlyMap<string, Seller>,
  { draw, clock }: World,
): Api {
  const caches =
    options.cachePages === true ? [...sellers.values()].map((one) => [one, new RowCache(one)] as const) : [];
  return {
    sellers,
    caches: new Map(caches),
    order: options.order ?? 'oldest',
    top: options.top ?? { policy: 'reject', max: 1000 },
    seriesShape: options.seriesShape ?? 'docs',
    draw,
    budget: createBudget(options.requestsPerHour === undefined ? 1000 : options.requestsPerHour, clock.now),
  };
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const { port: taken, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${host}]` : host;
  return `http://${name}:${taken}/api`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
