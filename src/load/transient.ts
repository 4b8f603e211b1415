import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { RetryableError } from '../errors.js';
import { errorFacts } from './connection.js';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const TOO_MANY_CONNECTIONS = '53300';
/** Shut down by an administrator, after a crash, or not up yet. */
const SERVER_GOES_OR_COMES = ['57P01', '57P02', '57P03'];
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
    SERVER_GOES_OR_COMES.includes(code) ||
    SOCKET.includes(code) ||
    LOST_MESSAGE.test(message)
  );
}

/** Whether the server undid the transaction because of another one: running it again can succeed. */
export function isConflict(error: unknown): boolean {
  return [SERIALIZATION_FAILURE, DEADLOCK].includes(errorFacts(error).code);
}

/** Whether the same transaction may go through when run again. */
export function isTransient(error: unknown): boolean {
  return isConflict(error) || isLostConnection(error) || errorFacts(error).code === TOO_MANY_CONNECTIONS;
}

// Up to about 20 s in all: long enough for a server that restarts. The delays carry jitter.
const BACKOFF = { maxAttempts: 8, backoff: new ExponentialBackoff({ initialDelay: 50, maxDelay: 5000 }) };

/** Runs a whole transaction again while its failure is transient. */
export const retryTransaction = retry(handleWhen(isTransient), BACKOFF);
/** Runs one statement again when the server undid it; a connection lost midway may have committed, so not then. */
export const retryStatement = retry(handleWhen(isConflict), BACKOFF);
/** Waits for a server that is starting up. */
export const retryStarting = retry(
  handleWhen((error) => errorFacts(error).code === '57P03'),
  BACKOFF,
);

/** A transient failure that outlived its retries as a RetryableError; any other error as it is. */
export function settle(error: unknown, place: string): unknown {
  if (!isTransient(error)) return error;
  return new RetryableError(`PostgreSQL at ${place}: ${errorFacts(error).message}`, { cause: error });
}
