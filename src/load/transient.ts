import { ExponentialBackoff, handleWhen, retry, type RetryPolicy } from 'cockatiel';
import { RetryableError } from '../errors.js';
import type { Observer } from '../observer.js';
import { errorFacts } from './connection.js';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const TOO_MANY_CONNECTIONS = '53300';
/** Shut down by an administrator, after a crash, or not up yet; the session ended because it did nothing for too long. */
const SESSION_ENDS = ['57P01', '57P02', '57P03', '57P05', '25P03'];
const STARTING = '57P03';
const SOCKET = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
];
// pg has no codes for these.
const LOST_MESSAGE =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Query read timeout)/;

/** Whether the connection is gone (or never came about), so that it must not be used again. */
export function isLostConnection(error: unknown): boolean {
  const { code, message } = errorFacts(error);
  return (
    code.startsWith('08') ||
    SESSION_ENDS.includes(code) ||
    SOCKET.includes(code) ||
    LOST_MESSAGE.test(message)
  );
}

/** Whether no connection comes about now, and may later. */
export function isAway(error: unknown): boolean {
  return isLostConnection(error) || errorFacts(error).code === TOO_MANY_CONNECTIONS;
}

/** Whether the server is up and not ready yet. */
export function isStarting(error: unknown): boolean {
  return errorFacts(error).code === STARTING;
}

/** Whether the server undid the transaction because of another one: running it again can succeed. */
export function isConflict(error: unknown): boolean {
  return [SERIALIZATION_FAILURE, DEADLOCK].includes(errorFacts(error).code);
}

/** Whether the same transaction may go through when run again. */
export function isTransient(error: unknown): boolean {
  return isConflict(error) || isLostConnection(error);
}

// Up to about 20 s in all, with jitter. An outage is waited for where connections are made, not here.
const BACKOFF = { maxAttempts: 8, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 5000 }) };

/** Runs a whole piece of work again while its failure is one of these, and tells of it. */
export function repeating(isWorth: (error: unknown) => boolean, observe?: Observer): RetryPolicy {
  const policy = retry(handleWhen(isWorth), BACKOFF);
  policy.onRetry(({ delay, ...failure }) => {
    const reason = 'error' in failure ? errorFacts(failure.error).message : '';
    observe?.({ type: 'database.retry', ms: Math.round(delay), reason });
  });
  return policy;
}

/** What running it again at once cannot mend, and later may: resources used up, a statement that took too long. */
const LATER: Readonly<Record<string, string>> = {
  '53100': 'the disk of the server is full',
  '53200': 'the server is out of memory',
  '53300': 'all connections are taken: lower POSTGRES_POOL_SIZE or raise max_connections',
  '53400': 'a limit of the server is reached',
  '55P03': 'another program holds a lock',
  '57014': 'raise POSTGRES_STATEMENT_TIMEOUT if it may take that long; another program may hold a lock',
  '58030': 'the server cannot read or write its files',
};

/** A failure that may be gone later as a RetryableError, with its mend where one is known; any other error as it is. */
export function settle(error: unknown, place: string): unknown {
  const { code, message } = errorFacts(error);
  const mend = LATER[code];
  if (!isTransient(error) && mend === undefined) return error;
  const says = mend === undefined ? message : `${message} (${code}): ${mend}`;
  return new RetryableError(`PostgreSQL at ${place}: ${says}`, { cause: error });
}
