import type { FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { RetryableError, UsageError } from '../../errors.js';
import { errorFacts } from '../../load/connection.js';
import type { Observer } from '../../observer.js';
import { BusyError } from '../../sync/choose.js';
import { messageOf } from '../../sync/tally.js';

/** Ends a request with a status and a sentence for whoever asked. */
export class Refused extends Error {
  override name = 'Refused';
  readonly statusCode: number;
  readonly retryAfterS: number | undefined;

  constructor(statusCode: number, says: string, retryAfterS?: number) {
    super(says);
    this.statusCode = statusCode;
    this.retryAfterS = retryAfterS;
  }
}

const SLOW = 'this takes too long: ask for one region or one event, or use vivenu-ingest report';
const AWAY = 'the database does not answer now; what is shown is what was last heard of it';

/** PostgreSQL's code of a statement that ran into its time limit. */
const TIMED_OUT = '57014';

/** Turns whatever a route throws into `{ error }`; what nobody expected is told to the log, and not to who asked. */
export function answerErrors(app: FastifyInstance, observe: Observer): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, says, retryAfterS } = answerOf(error);
    const route = request.routeOptions.url ?? '';
    if (status >= 500) observe({ type: 'dashboard.error', route, status, reason: reasonOf(error) });
    if (retryAfterS !== undefined) void reply.header('retry-after', String(retryAfterS));
    const more = retryAfterS === undefined ? {} : { retry_after_s: retryAfterS };
    // Past the schema of the answer, which is of what goes well.
    return reply
      .code(status)
      .type('application/json; charset=utf-8')
      .serializer(JSON.stringify)
      .send({ error: says, ...more });
  });
}

const reasonOf = (error: unknown) =>
  isResponseSerializationError(error)
    ? `the answer does not fit its schema: ${error.cause.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ')}`
    : messageOf(error);

function answerOf(error: unknown): { status: number; says: string; retryAfterS?: number | undefined } {
  if (error instanceof Refused)
    return { status: error.statusCode, says: error.message, retryAfterS: error.retryAfterS };
  if (hasZodFastifySchemaValidationErrors(error))
    return {
      status: 400,
      says: error.validation.map(({ instancePath, message }) => `${instancePath}: ${message}`).join('; '),
    };
  if (error instanceof UsageError) return { status: 400, says: error.message };
  if (error instanceof BusyError) return { status: 409, says: error.message };
  if (error instanceof RetryableError && errorFacts(error.cause).code === TIMED_OUT)
    return { status: 503, says: SLOW };
  if (error instanceof RetryableError) return { status: 503, says: AWAY, retryAfterS: 5 };
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) return { status, says: 'too large' };
  if (status === 415) return { status, says: 'expected application/json' };
  if (status >= 400 && status < 500) return { status, says: 'not readable' };
  return { status: 500, says: 'something went wrong here; the log of serve says what' };
}
