/** vivenu as one key sees it: lists page by page, and single documents. */
import { keyId } from '../config.js';
import { baseUrlProblem } from '../config-url.js';
import { FatalError, RetryableError, UsageError } from '../errors.js';
import { linkSignals } from './abort.js';
import { limiterFor } from './limiter.js';
import { takePool } from './pool.js';
import type { ClientEvent, ClientStats, Question } from './exchange.js';
import { createSender, type Send } from './request.js';

export type { ClientEvent, ClientStats } from './exchange.js';

/** Rows a request where nothing smaller was learnt: the most that vivenu documents. */
const MAX_TOP = 1000;
/** What is asked for when a larger page is refused. */
const SAFE_TOP = 100;

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
  /** How long one request may wait for the budget, after a 429 or in an outage. @default 900 s */
  readonly maxWaitMs?: number;
  /** The first back-off; the next ones double up to 30 s, each with full jitter. @default 500 */
  readonly backoffMs?: number;
  /** Leaves the certificate of this client's host unverified and allows plain http to it. @default false */
  readonly insecure?: boolean;
  /** Ends everything that the client does. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ClientEvent) => void;
}

/** One answer of a list. */
export interface Page {
  readonly rows: readonly unknown[];
  /** Rows that match the filter; null for a bare array, which tells none. */
  readonly total: number | null;
  /** Milliseconds since 1970 by the local clock, when the request that succeeded was sent. */
  readonly requestedAt: number;
  /** The `Date` header in milliseconds since 1970, or null. */
  readonly serverTime: number | null;
}

export interface ListQuery {
  readonly path: string;
  /** Where the rows are in the answer: `rows` or `docs`. */
  readonly items: string;
  /**
   * A bare array is accepted too. It has no total, and the server may clamp it in silence:
   * go on by `skip` until an answer is empty or brings no new id.
   */
  readonly bareArray?: boolean;
  readonly params?: Readonly<Record<string, string>>;
  readonly skip: number;
  /** Lowered to the page size that was learnt for the path. */
  readonly top: number;
}

/** Where to begin, how many rows, and vivenu's own filters. */
export interface ListOptions {
  readonly skip?: number;
  readonly limit?: number;
  readonly [filter: string]: string | number | undefined;
}

/**
 * Reads vivenu with one key. Every call rejects with a FatalError (asking again cannot help), a RetryableError
 * (after all tries), or the reason of the signal that ended it.
 */
export class VivenuHTTPClient implements AsyncDisposable {
  readonly stats: Readonly<ClientStats>;
  readonly #send: Send;
  readonly #giveBack: () => Promise<void>;
  readonly #closing = new AbortController();
  /** The user's signal, or closing. */
  readonly #ending: ReturnType<typeof linkSignals>;
  /** Learnt page size by path. */
  readonly #caps = new Map<string, number>();
  /** Most rows that came in one answer, by path. */
  readonly #largest = new Map<string, number>();

  /** Throws a UsageError for a token or base URL that cannot work. */
  constructor(options: ClientOptions) {
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    check(options.token, baseUrl, options.insecure === true);
    const { pool, giveBack } = takePool({
      origin: new URL(baseUrl).origin,
      connections: options.maxConnections ?? 100,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      insecure: options.insecure ?? false,
    });
    const limiter = limiterFor(keyId(options.token, baseUrl), {
      requestsPerHour: options.requestsPerHour ?? 1000,
      maxInFlight: options.maxInFlight ?? 5,
    });
    const stats = { requests: 0, retries: 0, waitedMs: 0 };
    this.stats = stats;
    this.#ending = linkSignals([this.#closing.signal, options.signal]);
    this.#giveBack = giveBack;
    this.#send = createSender({
      token: options.token,
      baseUrl,
      pool,
      limiter,
      timeoutMs: options.timeoutMs ?? 30_000,
      retries: options.retries ?? 5,
      maxWaitMs: options.maxWaitMs ?? 900_000,
      backoffMs: options.backoffMs ?? 500,
      stats,
      onEvent: options.onEvent ?? (() => {}),
    });
  }

  /** One page. A `top` above 100 that vivenu refuses is asked again once with 100, which is remembered for the path if it works. */
  async list(query: ListQuery, signal?: AbortSignal): Promise<Page> {
    const top = Math.min(query.top, this.pageSize(query.path));
    try {
      return await this.#page(query, top, signal);
    } catch (error) {
      if (!(error instanceof FatalError && error.status === 400 && top > SAFE_TOP)) throw error;
      const page = await this.#page(query, SAFE_TOP, signal).catch((second: unknown) => {
        throw second instanceof FatalError ? error : second;
      });
      this.#caps.set(query.path, Math.min(SAFE_TOP, this.pageSize(query.path)));
      return page;
    }
  }

  /** Rows that one request to this path brings at most: what was learnt, else 1000. */
  pageSize(path: string): number {
    return this.#caps.get(path) ?? MAX_TOP;
  }

  /** One document. */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    const { value } = await this.#ask(path, signal, { read: (body) => body });
    return value;
  }

  getEvents(options: ListOptions = {}): Promise<Page> {
    return this.#face('/events', 'rows', { limit: SAFE_TOP, ...options });
  }

  getEvent(id: string): Promise<unknown> {
    return this.get(`/events/${encodeURIComponent(id)}`);
  }

  getTickets(options: ListOptions = {}): Promise<Page> {
    return this.#face('/tickets', 'rows', options);
  }

  getCoupons(options: ListOptions = {}): Promise<Page> {
    return this.#face('/coupon/rich', 'rows', options);
  }

  getCouponSeries(options: ListOptions = {}): Promise<Page> {
    return this.#face('/coupon/series', 'docs', options);
  }

  /** Ends what is under way; the connections close with the last client of the origin. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new DOMException('the client was closed', 'AbortError'));
    this.#ending.unlink();
    await this.#giveBack();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #face(path: string, items: string, { skip = 0, limit = MAX_TOP, ...filters }: ListOptions): Promise<Page> {
    const given = Object.entries(filters).filter(([, value]) => value !== undefined);
    const params = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
    return this.list({ path, items, bareArray: items === 'docs', params, skip, top: limit });
  }

  async #page(query: ListQuery, top: number, signal: AbortSignal | undefined): Promise<Page> {
    const { value, ...times } = await this.#ask(query.path, signal, {
      params: { ...query.params, skip: String(query.skip), top: String(top) },
      read: (body, asked) => readList(body, query, asked),
      rows: ({ rows }) => rows.length,
    });
    this.#learn(query, top, value);
    return { ...value, ...times };
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

  /** A page shorter than asked for that is not the last is the server's own limit, unless a longer one came before. */
  #learn({ path, skip }: ListQuery, top: number, { rows, total }: ListBody): void {
    const largest = Math.max(rows.length, this.#largest.get(path) ?? 0);
    this.#largest.set(path, largest);
    if (total === null || rows.length === 0 || rows.length >= Math.min(top, total - skip)) return;
    this.#caps.set(path, Math.min(largest, this.pageSize(path)));
  }
}

interface ListBody {
  readonly rows: readonly unknown[];
  readonly total: number | null;
}

/** Throws a RetryableError for an answer without its array or total: it was cut, and is never an empty list. */
function readList(body: unknown, query: ListQuery, asked: string): ListBody {
  if (Array.isArray(body) && query.bareArray === true) return { rows: body, total: null };
  const fields: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const { [query.items]: rows, total } = fields;
  if (!Array.isArray(rows)) throw new RetryableError(`${asked}: the answer has no array ${query.items}`);
  if (typeof total !== 'number' || !Number.isInteger(total) || total < 0) {
    throw new RetryableError(`${asked}: the answer has no whole number total`);
  }
  return { rows, total };
}

function check(token: string, baseUrl: string, insecure: boolean): void {
  const problems: string[] = [];
  if (!/^[\x21-\x7e]+$/.test(token)) problems.push('token: expected the API key without spaces and accents');
  const host = URL.canParse(baseUrl) ? [new URL(baseUrl).host] : [];
  const wrong = baseUrlProblem(baseUrl, insecure ? host : []);
  if (wrong !== null) problems.push(`baseUrl: ${wrong}`);
  if (problems.length > 0) throw new UsageError(problems);
}
