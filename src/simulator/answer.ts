import type { FaultName } from './faults.js';
import type { SimulatorOptions, TopRule } from './options.js';
import { HttpProblem } from './problem.js';
import { parseQuery } from './query.js';
import type { Draw } from './random.js';
import { answerListeners } from './listeners.js';
import { coupons, series } from './coupon-resources.js';
import { events } from './event-resource.js';
import type { Resource } from './resource.js';
import { tickets } from './ticket-resource.js';
import type { RowCache } from './row-cache.js';
import type { Order } from './select.js';
import type { Seller } from './seller.js';

/** Everything that answers depend on, apart from faults. */
export interface Api {
  readonly sellers: ReadonlyMap<string, Seller>;
  readonly caches: ReadonlyMap<Seller, RowCache>;
  readonly order: Order;
  readonly top: TopRule;
  readonly seriesShape: NonNullable<SimulatorOptions['seriesShape']>;
  readonly draw: Draw;
  readonly budget: Budget;
}

/** Requests left to a key; null for as many as it likes. */
export interface Budget {
  /** @throws HttpProblem 429 when there is none left */
  spend(seller: Seller): void;
}

export interface Answer {
  body: Buffer;
  /** Rows in the page; 0 for a single document. */
  rows: number;
  /** The seller whose list was read; undefined for a single document. */
  listed: Seller | undefined;
}

/** Longer paths first: `/coupon/series/…` is not the coupon `series`. */
const RESOURCES: readonly Resource[] = [events, tickets, series, coupons];
const PREFIX = '/api';
const HOUR = 3_600_000;

/** A fixed hour from the first request on, then the next. */
export function createBudget(requestsPerHour: number | null, now: () => number): Budget {
  const spent = new Map<Seller, { since: number; count: number }>();
  return {
    spend(seller) {
      if (requestsPerHour === null) return;
      const at = now();
      let hour = spent.get(seller);
      if (hour === undefined || at - hour.since >= HOUR) spent.set(seller, (hour = { since: at, count: 0 }));
      if (++hour.count <= requestsPerHour) return;
      const seconds = Math.ceil((hour.since + HOUR - at) / 1000);
      throw new HttpProblem(429, 'Rate limit exceeded', { 'retry-after': String(seconds) });
    },
  };
}

/** Answers a request about webhook listeners; null where it is about something else. @throws HttpProblem */
export function listenerAnswer(
  api: Api,
  url: URL,
  request: { method: string; authorization: string | undefined; body: string },
): { status: number; body: string } | null {
  const path = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length) : '';
  if (!/^\/webhooks?(\/|$)/.test(path)) return null;
  const seller = authorise(api, request.authorization);
  if (seller.forbidden.has('/webhooks')) throw new HttpProblem(403, 'Forbidden resource');
  api.budget.spend(seller);
  return answerListeners(seller.listeners, {
    ...{ path, query: url.searchParams },
    ...{ method: request.method, body: request.body },
  });
}

/** Answers a GET. @throws HttpProblem for anything but 200 */
export function answer(
  api: Api,
  url: URL,
  authorization: string | undefined,
  fault: FaultName | undefined,
): Answer {
  const path = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length) : '';
  const resource = RESOURCES.find(
    ({ list, one }) => path === list || (path.startsWith(one) && isId(path.slice(one.length))),
  );
  if (resource === undefined) throw new HttpProblem(404, 'Not Found');
  const seller = authorise(api, authorization);
  if (seller.forbidden.has(resource.list)) throw new HttpProblem(403, 'Forbidden resource');
  api.budget.spend(seller);
  if (path === resource.list) return listAnswer(api, { resource, seller, search: url.search, fault });
  const document = resource.get(seller, path.slice(resource.one.length));
  if (document === undefined) throw new HttpProblem(404, 'Document not found');
  return { body: Buffer.from(document), rows: 0, listed: undefined };
}

const isId = (text: string) => text !== '' && !text.includes('/') && text !== 'rich';

function authorise(api: Api, authorization: string | undefined): Seller {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  const seller = token === undefined ? undefined : api.sellers.get(token);
  if (seller === undefined || seller.revoked) throw new HttpProblem(401, 'API Key not found or expired');
  return seller;
}

interface ListRequest {
  resource: Resource;
  seller: Seller;
  search: string;
  fault: FaultName | undefined;
}

function listAnswer(api: Api, { resource, seller, search, fault }: ListRequest): Answer {
  const query = parseQuery(search, resource.parameters, api.top);
  const { total, rows } = resource.select(seller, { query, order: api.order, draw: api.draw });
  if (fault === 'empty-page') rows.length = 0;
  if (fault === 'lost-row') rows.splice(Math.floor(rows.length / 2), 1);
  const cache = resource === tickets ? api.caches.get(seller) : undefined;
  const list = cache?.join(rows) ?? Buffer.from(rows.map((row) => resource.render(seller, row)).join(','));
  const [before, after] = envelope(api, resource, fault === 'wrong-total' ? total + 1 : total, fault);
  return {
    body: Buffer.concat([Buffer.from(before), list, Buffer.from(after)]),
    rows: rows.length,
    listed: seller,
  };
}

/** What stands before and behind the rows. */
function envelope(
  api: Api,
  resource: Resource,
  total: number,
  fault: FaultName | undefined,
): [string, string] {
  if (resource === series && api.seriesShape === 'array') return ['[', ']'];
  const name = fault === 'no-rows' ? 'items' : resource.envelope;
  return [`{"${name}":[`, fault === 'no-total' ? ']}' : `],"total":${total}}`];
}
