/** What an answer, or its absence, means: stop or again. */
import { FatalError, RetryableError } from '../errors.js';
import { redactText } from '../redact.js';

/** The part of an answer that its meaning hangs on. */
export interface AnswerHead {
  /** Method and path without the query, such as `GET /tickets`. */
  readonly asked: string;
  /** The origin that was asked. */
  readonly origin: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The error that an answer other than 2xx stands for; `body` lends its `message` and nothing else. */
export function errorOf(head: AnswerHead, body: string): FatalError | RetryableError {
  const { asked, status } = head;
  if (status >= 300 && status < 400) {
    const mend =
      'redirects are not followed, so that the key stays with its host: set base_url to the address that answers itself';
    return new FatalError(`${asked}: ${status} to ${target(head)}; ${mend}`, { status });
  }
  const message = `${asked}: ${status}${vivenuSays(body)}`;
  if (status === 408 || status === 429 || status >= 500) {
    const retryAfterMs = retryAfter(head.headers);
    return new RetryableError(message, { status, ...(retryAfterMs === null ? {} : { retryAfterMs }) });
  }
  return new FatalError(`${message}; ${mendOf(status, head.origin)}`, { status });
}

/** The error that a failed exchange stands for; what is no fault of the network is handed back as it is. */
export function networkError(asked: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  const message = `${asked}: ${redactText(error.message || code)}${error.message.includes(code) ? '' : ` (${code})`}`;
  if (
    /^(ERR_TLS_(?!HANDSHAKE)|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|EPROTO$)/.test(
      code,
    )
  ) {
    const mend =
      'the certificate or the encryption of the host cannot be trusted: check base_url; for a test server of your own, HTTP_INSECURE_HOSTS';
    return new FatalError(`${message}; ${mend}`, { cause: error });
  }
  if (code === 'UND_ERR_INVALID_ARG') return error;
  return new RetryableError(message, { cause: error });
}

/** The body as JSON. Throws a RetryableError that tells its size and type only: a parser's own message quotes the body. */
export function parseBody(head: AnswerHead, body: string): unknown {
  if (body.length > LOOKED_OVER && isDeep(body))
    throw new RetryableError(`${head.asked}: ${head.status} with a body that is nested too deep to be read`, {
      status: head.status,
    });
  try {
    return JSON.parse(body) as unknown;
  } catch {
    const type = String(head.headers['content-type'] ?? 'no content-type').slice(0, 60);
    const what = `${head.status} with a body that is cut off or not JSON (${type}, ${body.length} characters)`;
    throw new RetryableError(`${head.asked}: ${what}`, { status: head.status });
  }
}

/** A page has 3 million characters; only of far larger bodies can the nesting alone exhaust the memory, at 47 bytes a bracket. */
const LOOKED_OVER = 16 * 1024 * 1024;
/** Deeper than any record that is stored (`transform/clean.ts`), with room for those that are set aside. */
const DEEPEST = 100_000;

/** Whether brackets open more than so many levels; those inside of texts count too, which no honest body comes near. */
function isDeep(body: string): boolean {
  for (let at = 0, depth = 0; at < body.length; at++) {
    const sign = body[at];
    if (sign === '[' || sign === '{') depth++;
    else if (sign === ']' || sign === '}') depth--;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Milliseconds since 1970 of the `Date` header, or null. */
export function serverTime(headers: AnswerHead['headers']): number | null {
  return httpDate(headers.date);
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date against the server's own clock; null for anything else. */
export function retryAfter(headers: AnswerHead['headers']): number | null {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1000;
  const date = httpDate(text);
  return date === null ? null : Math.max(0, date - (serverTime(headers) ?? Date.now()));
}

/** Date.parse alone reads a date into almost any text that holds a number. */
function httpDate(text: string | string[] | undefined): number | null {
  if (typeof text !== 'string' || !/^[A-Z][a-z]{2,8}, .*\d\d:\d\d:\d\d GMT$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function vivenuSays(body: string): string {
  let error: unknown;
  try {
    error = JSON.parse(body.slice(0, 10_000));
  } catch {
    return '';
  }
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  const message = Array.isArray(error.message) ? error.message.join(', ') : error.message;
  if (typeof message !== 'string' || message === '') return '';
  const clean = redactText(message.replace(/\s+/g, ' ')).replace(/[^\s@]+@[^\s@]+/g, '[hidden]');
  return ` (vivenu: ${clean.slice(0, 200)})`;
}

function mendOf(status: number, origin: string): string {
  if (status === 401) {
    return `the key was refused: check EVENT_CONFIGS__<region>__token of the regions that use it, and that it is a key of ${origin}`;
  }
  if (status === 403) return 'the key may not do this: give it the right in vivenu, or use another key';
  if (status === 404) {
    return `nothing is there: check EVENT_CONFIGS__<region>__base_url (on vivenu's hosts it ends with /api) and the event_id`;
  }
  return 'vivenu refuses the question as it was asked; asking again cannot help';
}

function target({ origin, headers }: AnswerHead): string {
  const { location } = headers;
  if (typeof location !== 'string' || !URL.canParse(location, origin)) return 'an address that is not named';
  return new URL(location, origin).origin;
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.name;
}
