import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { takesDeliveries } from '../config/webhooks.js';
import type { Observer, SyncEvent } from '../observer.js';
import { limitFloods } from './flood.js';
import { routeHealth, type HealthParts } from './health.js';
import type { Inbox } from './inbox.js';
import { deliveryOf, type Receiver } from './receive.js';
import { isSigned } from './signature.js';
import { closeUnused } from './unused.js';

/** What the routes work with. */
export interface AppParts extends HealthParts {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly inbox: Pick<Inbox, 'put' | 'isAway'>;
  readonly observe: Observer;
  /** Proxies that are believed about who asks. @default none */
  readonly trustProxy?: Config['serve']['dashboard']['trustProxy'];
  /** Called when a delivery of a region was written down that had not come before. */
  readonly onDelivery: (region: string) => void;
}

const SECOND = 1000;
/** The largest event documents seen have 300 KB. */
const MAX_BODY = 8 * 1024 * 1024;
/** For sending a request. */
const WHOLE_WITHIN_MS = 10 * SECOND;
/** vivenu gives up after about 10 s, and then does not know whether it was heard. */
const ANSWER_WITHIN_MS = 5 * SECOND;

type Outcome = Extract<SyncEvent, { type: 'delivery' }>['outcome'];

interface Answer {
  readonly status: number;
  readonly outcome: Outcome;
  readonly says: string;
}

/** The HTTP side of `serve`: deliveries, health, figures. Nothing of a request's content is in an answer. */
export function createApp(parts: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    trustProxy: [...(parts.trustProxy ?? [])],
    bodyLimit: MAX_BODY,
    requestTimeout: WHOLE_WITHIN_MS,
    // Node looks for slow requests twice a minute otherwise.
    http: { headersTimeout: WHOLE_WITHIN_MS, connectionsCheckingInterval: SECOND },
    routerOptions: { maxParamLength: 1000 },
    // An address that cannot be read.
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      void reply.code(400).send({ error: 'not readable' }),
    // As long as a load balancer's, so that it never sends into a connection that is being closed.
    keepAliveTimeout: 65 * SECOND,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
  });
  closeUnused(app);
  limitFloods(app, {
    largestBody: MAX_BODY,
    onRefused: (ms) => parts.observe({ type: 'delivery', region: null, outcome: 'unavailable', ms }),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));
  app.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (request.method === 'POST' && request.url.startsWith('/webhooks/'))
      parts.observe({ type: 'delivery', region: null, outcome: 'unreadable', ms: reply.elapsedTime });
    return reply.code(status).send({ error: status === 413 ? 'too large' : 'not readable' });
  });
  app.post<{ Params: { region: string } }>('/webhooks/:region', async (request, reply) => {
    const { status, outcome, says } = await receive(parts, request);
    const region = parts.receivers.has(request.params.region) ? request.params.region : null;
    parts.observe({ type: 'delivery', region, outcome, ms: reply.elapsedTime });
    return await answer(reply, status, says);
  });
  routeHealth(app, parts);
  return app;
}

function answer(reply: FastifyReply, status: number, says: string): FastifyReply {
  if (status === 503) void reply.header('retry-after', '5');
  return reply.code(status).send(status === 200 ? { status: says } : { error: says });
}

const UNSIGNED: Answer = { status: 401, outcome: 'unsigned', says: 'the signature is missing or wrong' };
const AWAY: Answer = {
  status: 503,
  outcome: 'unavailable',
  says: 'the database is away; send it again',
};
const UNREADABLE: Answer = { status: 400, outcome: 'unreadable', says: 'expected a JSON object' };

async function receive(
  { receivers, inbox, onDelivery }: AppParts,
  request: FastifyRequest<{ Params: { region: string } }>,
): Promise<Answer> {
  const receivedAt = new Date();
  const receiver = receivers.get(request.params.region);
  if (receiver === undefined) return { status: 404, outcome: 'refused', says: 'no such region' };
  const { region, webhookKey } = receiver.config;
  if (!takesDeliveries(receiver.config))
    return { status: 403, outcome: 'refused', says: 'this region takes no deliveries' };
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const signature = request.headers['x-vivenu-signature'];
  if (webhookKey !== null && !isSigned(body, signature, webhookKey)) return UNSIGNED;
  if (inbox.isAway) return AWAY;
  const delivery = deliveryOf(receiver, body, receivedAt);
  if (delivery === null) return UNREADABLE;
  try {
    const isNew = await inTime(inbox.put(delivery));
    if (isNew) onDelivery(region);
    return isNew
      ? { status: 200, outcome: 'accepted', says: 'accepted' }
      : { status: 200, outcome: 'doubled', says: 'known' };
  } catch {
    return AWAY;
  }
}

/** What is written after all although it was given up is known by its id when it comes again. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
