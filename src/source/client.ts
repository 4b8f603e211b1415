/** vivenu as one key sees it: lists page by page, and single documents. */
import { keyId } from '../config/config.js';
import { baseUrlProblem } from '../config/url.js';
import { UsageError } from '../errors.js';
import { linkSignals } from './abort.js';
import { takeBreaker, type BreakerState, type HostBreaker } from './breaker.js';
import type { BudgetBooks } from './budget.js';
import { LookupCache } from './cache.js';
import {
  createExchange,
  type ChangeMethod,
  type ClientEvent,
  type ClientStats,
  type Question,
} from './exchange.js';
import { limiterFor, type RequestLimiter } from './limiter.js';
import { createLister, type Lister, type ListOptions, type ListQuery, type Page } from './list.js';
import { MAX_TOP, SAFE_TOP } from './page-size.js';
import { BREAKER, DEFAULTS } from './policies.js';
import { takePool } from './pool.js';
import { createSender, type Send } from './request.js';

export type { ClientEvent, ClientStats } from './exchange.js';
export type { ListOptions, ListQuery, Page } from './list.js';

/** How a key of vivenu is read; everything but the key and the address has a default. */
export interface ClientOptions {
  readonly token: string;
  /** Resource paths are appended to it; a trailing slash does not matter. */
  readonly baseUrl: string;
  /** For one whole answer. @default 30 s */
  readonly timeoutMs?: number;
  /** @default 10 s */
  readonly connectTimeoutMs?: number;
  /** To one origin, shared by the clients of this process. @default 100 */
  readonly maxConnections?: number;
  /** Requests at the same time, per key. @default 5 */
  readonly maxInFlight?: number;
  /** Further tries after a failure other than a 429. @default 5 */
  readonly retries?: number;
  /** Budget per key and origin, shared by the clients of this process. @default 1000 */
  readonly requestsPerHour?: number;
  /** Where the budget is shared with other processes as well, as those of a run are. @default nowhere @internal */
  readonly books?: BudgetBooks;
  /** How long one request may wait for the budget, after a 429 or in an outage. @default 900 s */
  readonly maxWaitMs?: number;
  /** The first back-off; the next ones double up to 30 s, each with full jitter. @default 500 */
  readonly backoffMs?: number;
  /** Leaves the certificate of this client's host unverified and allows plain http to it. @default false */
  readonly insecure?: boolean;
  /** Ends everything that the client does. */
  readonly signal?: AbortSignal;
  /** Ends every wait and begins no further try; requests under way are answered. */
  readonly stop?: AbortSignal;
  /** Hears of every answer, further try, wait, and change of the breaker. */
  readonly onEvent?: (event: ClientEvent) => void;
}

/**
 * Reads vivenu with one key. Every call rejects with a FatalError (asking again cannot help), a RetryableError
 * (after all tries), or the reason of the signal that ended it.
 */
export class VivenuHTTPClient implements AsyncDisposable {
  readonly stats: Readonly<ClientStats>;
  readonly #send: Send;
  readonly #lister: Lister;
  readonly #cache: LookupCache;
  readonly #breaker: HostBreaker;
  readonly #limiter: RequestLimiter;
  readonly #giveBack: () => Promise<void>;
  readonly #closing = new AbortController();
  /** The user's signal, or closing. */
  readonly #ending: ReturnType<typeof linkSignals>;

  /** Throws a UsageError for a token or base URL that cannot work. */
  constructor(given: ClientOptions) {
    const options = { ...DEFAULTS, onEvent: () => {}, insecure: false, ...defined(given) };
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    check(options.token, baseUrl, options.insecure);
    const { origin, host } = new URL(baseUrl);
    const { pool, giveBack } = takePool({ ...options, origin, connections: options.maxConnections });
    const { requestsPerHour, maxInFlight, books, onEvent } = options;
    this.#limiter = limiterFor(keyId(options.token, baseUrl), {
      requestsPerHour,
      maxInFlight,
      books,
      onFault: (error) => onEvent({ type: 'budget', reason: messageOf(error) }),
    });
    const taken = takeBreaker(origin, pausesOf(options));
    const unlisten = taken.breaker.listen(({ state, reason }) => {
      if (state === 'closed') this.#lister.recovered();
      onEvent({ type: 'breaker', host, state, ...(reason === undefined ? {} : { reason }) });
    });
    this.#breaker = taken.breaker;
    const stats = { requests: 0, retries: 0, waitedMs: 0, cacheHits: 0, cacheMisses: 0 };
    this.stats = stats;
    this.#cache = new LookupCache(stats);
    this.#ending = linkSignals([this.#closing.signal, options.signal]);
    this.#giveBack = async () => {
      unlisten();
      taken.giveBack();
      await Promise.all([this.#limiter.leave(), giveBack()]);
    };
    const policies = { ...options, limiter: this.#limiter, breaker: this.#breaker, stats, onEvent };
    this.#send = createSender(createExchange({ ...policies, baseUrl, pool }), policies);
    this.#lister = createLister(this.#ask.bind(this), () => this.#breaker.state !== 'closed');
  }

  /** Whether the host answers, as far as this process knows. */
  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Requests of the budget that could be sent at once, as far as this process knows. */
  get budgetLeft(): number {
    return this.#limiter.available;
  }

  /**
   * One page, which may have fewer rows than asked for. A `top` above 100 that vivenu refuses is asked again once with 100,
   * which is remembered for the path if it works; one that keeps failing is made smaller for a while.
   */
  list(query: ListQuery, signal?: AbortSignal): Promise<Page> {
    return this.#lister.list(query, signal);
  }

  /** Rows that one request to this path brings at most: what was learnt, else 1000. */
  pageSize(path: string): number {
    return this.#lister.pageSize(path);
  }

  /** Begins with pages of so many rows, as an earlier run came to know them, and goes on to larger ones. */
  expectPageSize(path: string, rows: number): void {
    this.#lister.expectPageSize(path, rows);
  }

  /** One document. */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    const { value } = await this.#ask(path, signal, { read: (body) => body });
    return value;
  }

  /** Changes a document, or removes it; making one (POST) is tried again only where vivenu did not take it. */
  async change(method: ChangeMethod, path: string, body?: object, signal?: AbortSignal): Promise<void> {
    await this.#ask(path, signal, { method, body, read: () => null });
  }

  /** A page of the events, 100 at most unless `limit` says otherwise: they are large. */
  getEvents(options: ListOptions = {}): Promise<Page> {
    return this.#face('/events', 'rows', { limit: SAFE_TOP, ...options });
  }

  /** One event; asked for again within a minute, it comes from memory. */
  getEvent(id: string): Promise<unknown> {
    return this.#lookUp(`/events/${encodeURIComponent(id)}`);
  }

  /** A page of the tickets. */
  getTickets(options: ListOptions = {}): Promise<Page> {
    return this.#face('/tickets', 'rows', options);
  }

  /** A page of the coupons, in every state. */
  getCoupons(options: ListOptions = {}): Promise<Page> {
    return this.#face('/coupon/rich', 'rows', options);
  }

  /** A page of the coupon series; `total` is null where vivenu answers with a bare array. */
  getCouponSeries(options: ListOptions = {}): Promise<Page> {
    return this.#face('/coupon/series', 'docs', options);
  }

  /** One coupon series; asked for again within a minute, it comes from memory. */
  getCouponSeriesById(id: string): Promise<unknown> {
    return this.#lookUp(`/coupon/series/${encodeURIComponent(id)}`);
  }

  /** Ends what is under way, gives back what was taken from a shared budget; the connections close with the last client of the origin. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DOMException('the client was closed', 'AbortError'));
    this.#ending.unlink();
    await this.#giveBack();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #face(path: string, items: string, { skip = 0, limit = MAX_TOP, ...filters }: ListOptions): Promise<Page> {
    const given = Object.entries(filters).filter(([, value]) => value !== undefined);
    const params = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    return this.list({ path, items, bareArray: items === 'docs', params, skip, top: limit });
  }

  #lookUp(path: string): Promise<unknown> {
    return this.#cache.get(path, () => this.get(path));
  }

  async #ask<T>(
    path: string,
    signal: AbortSignal | undefined,
    question: Omit<Question<T>, 'path' | 'signal'>,
  ) {
    const linked = linkSignals([this.#ending.signal, signal]);
    try {
      return await this.#send<T>({ ...question, path, signal: linked.signal });
    } finally {
      linked.unlink();
    }
  }
}

/** An option that is undefined is one that is not given. */
const defined = (options: ClientOptions) =>
  Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as ClientOptions;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A request must be able to outwait several pauses. */
function pausesOf({ backoffMs, maxWaitMs }: { backoffMs: number; maxWaitMs: number }): number[] {
  return BREAKER.pauses.map((pause) => Math.min(pause * backoffMs, BREAKER.mostOfWait * maxWaitMs));
}

function check(token: string, baseUrl: string, insecure: boolean): void {
  const problems: string[] = [];
  if (!/^[\x21-\x7e]+$/.test(token)) problems.push('token: expected the API key without spaces and accents');
  const host = URL.canParse(baseUrl) ? [new URL(baseUrl).host] : [];
  const wrong = baseUrlProblem(baseUrl, insecure ? host : []);
  if (wrong !== null) problems.push(`baseUrl: ${wrong}`);
  if (problems.length > 0) throw new UsageError(problems);
}
