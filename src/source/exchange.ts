/** One exchange with vivenu: a request sent, its answer read and checked; nothing is repeated here. */
import { performance } from 'node:perf_hooks';
import type { Pool } from 'undici';
import { UsageError } from '../errors.js';
import { abortable } from './abort.js';
import { errorOf, networkError, parseBody, serverTime, type AnswerHead } from './answer.js';
import type { BreakerState } from './breaker.js';
import type { WaitReason } from './turn.js';

/** What happens to the requests of a client, in order. A request that got no answer shows as a retry only. */
export type ClientEvent =
  | { type: 'request'; method: string; path: string; status: number; ms: number; rows?: number }
  | { type: 'retry'; path: string; attempt: number; delayMs: number; reason: string }
  /** Held back by the budget, or because vivenu asked for a pause or is down. */
  | { type: 'wait'; ms: number; reason: WaitReason }
  /** The breaker of the host changed its state, because of this client's requests or another's; `reason` is the failure. */
  | { type: 'breaker'; host: string; state: BreakerState; reason?: string }
  /** The books that share the budget cannot be used: this process counts for itself for a while. */
  | { type: 'budget'; reason: string };

/** What a client has done since it was made. */
export interface ClientStats {
  /** Requests sent, each try counted. */
  requests: number;
  retries: number;
  /** Added up over all requests; those that waited side by side count each. */
  waitedMs: number;
  /** Look-ups by id that were answered from memory, and those that were asked of vivenu. */
  cacheHits: number;
  cacheMisses: number;
}

/** How vivenu is changed. */
export type ChangeMethod = 'POST' | 'PUT' | 'DELETE';

export interface Question<T> {
  /** Begins with a slash; goes behind the base URL. */
  readonly path: string;
  /** Anything but GET changes something; the body of its answer is not looked at. @default 'GET' */
  readonly method?: ChangeMethod | 'GET';
  /** Sent as JSON. */
  readonly body?: object | undefined;
  /** Put anew for each try. */
  readonly params?: () => Readonly<Record<string, string>>;
  /** Hears of each failed try that was sent. */
  readonly failed?: (error: unknown) => void;
  /** Turns the JSON into the value; a RetryableError of its counts as a broken answer and is tried again. */
  readonly read: (body: unknown, asked: string) => T;
  /** Rows in the value, for the event. */
  readonly rows?: (value: T) => number;
  readonly signal: AbortSignal;
}

/** What of a question is sent. */
type Asked = Pick<Question<unknown>, 'path' | 'params' | 'method' | 'body'>;

export interface Answer<T> {
  readonly value: T;
  /** Milliseconds since 1970 by the local clock, when the request that succeeded was sent. */
  readonly requestedAt: number;
  /** The same by the `Date` header of the answer, or null. */
  readonly serverTime: number | null;
}

export interface ExchangeOptions {
  readonly token: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly pool: Pool;
  readonly stats: ClientStats;
  readonly onEvent: (event: ClientEvent) => void;
}

export type Exchange = <T>(question: Question<T>, signal: AbortSignal) => Promise<Answer<T>>;

/** The function that asks once. It throws FatalError, RetryableError, or what an aborted signal makes of them. */
export function createExchange(options: ExchangeOptions): Exchange {
  const { token, stats, onEvent } = options;
  const ask = asker(options);
  return async (question, signal) => {
    const { path, method = 'GET' } = question;
    const requestedAt = Date.now();
    const began = performance.now();
    stats.requests++;
    const { body, ...head } = await ask(question, signal);
    const ms = Math.round(performance.now() - began);
    const event = { type: 'request', method, path, status: head.status, ms } as const;
    try {
      if (head.status < 200 || head.status > 299) throw errorOf(head, body.replaceAll(token, '[hidden]'));
      const value = question.read(method === 'GET' ? parseBody(head, body) : null, head.asked);
      onEvent(question.rows === undefined ? event : { ...event, rows: question.rows(value) });
      return { value, requestedAt, serverTime: serverTime(head.headers) };
    } catch (error) {
      onEvent(event);
      throw error;
    }
  };
}

function asker({ token, baseUrl, pool }: ExchangeOptions) {
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'user-agent': 'vivenu-ingest',
  };

  return async (
    { path, params, method = 'GET', body: given }: Asked,
    signal: AbortSignal,
  ): Promise<AnswerHead & { body: string }> => {
    const asked = `${method} ${path}`;
    if (!/^\/[^\s?#]*$/.test(path))
      throw new UsageError([`${asked}: expected a path that begins with a slash`]);
    const query = new URLSearchParams(params?.()).toString();
    const target = `${prefix}${path}${query === '' ? '' : `?${query}`}`;
    try {
      // undici 7 hears the signal only once it is connected.
      const sent = { method, path: target, signal, ...content(headers, given) };
      const answer = await abortable(pool.request(sent), signal);
      const body = await answer.body.text();
      return { asked, origin, status: answer.statusCode, headers: answer.headers, body };
    } catch (error) {
      throw networkError(asked, error);
    }
  };
}

const content = (headers: Readonly<Record<string, string>>, body: object | undefined) =>
  body === undefined
    ? { headers }
    : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
