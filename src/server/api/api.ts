import compress from '@fastify/compress';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { constants } from 'node:zlib';
import { VERSION } from '../../version.js';
import { guard, type AccessParts } from './access.js';
import { answerErrors } from './errors.js';
import { addHeaders } from './headers.js';
import { routeLive } from './live.js';
import { routePage } from './page.js';
import type { ApiParts } from './parts.js';
import { refuseUnknownQueries } from './query.js';
import { routeEvent } from './event.js';
import { routeJobs } from './jobs.js';
import { keepEvents } from './kept.js';
import { routeOverview } from './overview.js';
import { routeRejects } from './rejects.js';
import { routePeople } from './people.js';
import { routeQuality } from './quality.js';
import { routeRows } from './rows.js';
import { routeRuns } from './runs.js';
import { routeSession } from './session.js';
import type { WorkParts } from './work.js';

/** What a request may bring: a password, or a list of ids. */
const MAX_BODY = 64 * 1024;

/** What all of the dashboard works with. */
export type DashboardParts = ApiParts & AccessParts & WorkParts;

/** Adds the dashboard, its page and its API, beside the routes that are there, whose parsers and limits stay theirs. */
export async function routeDashboard(root: FastifyInstance, parts: DashboardParts): Promise<void> {
  await root.register(async (app) => {
    takeJson(app);
    addHeaders(app);
    answerErrors(app, parts.observe);
    await app.register(compress, { brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } } });
    await routePage(app, parts);
    await app.register(async (api) => await routeApi(api, parts), { prefix: '/api/v1' });
  });
}

/** Not of the document: what is sent is no JSON of a schema. */
const HIDDEN = { hide: true };

async function routeApi(app: FastifyInstance, parts: DashboardParts): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'vivenu-ingest', version: VERSION } },
    transform: jsonSchemaTransform,
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'no such address of the API' }));
  guard(app, parts);
  refuseUnknownQueries(app);
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  app.get('/openapi.json', { schema: HIDDEN }, () => app.swagger());
  routeSession(app, parts);
  routeLive(app, parts);
  const eventsOf = keepEvents(app, parts);
  routeOverview(app, parts, eventsOf);
  routeEvent(app, parts, eventsOf);
  routeQuality(app, parts, eventsOf);
  routePeople(app, parts);
  routeRows(app, parts);
  routeRuns(app, parts);
  routeRejects(app, parts);
  routeJobs(app, parts);
}

function takeJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: MAX_BODY }, readJson);
}

function readJson(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, body?: unknown) => void,
) {
  try {
    done(null, JSON.parse(String(body)));
  } catch {
    done(Object.assign(new Error('expected JSON'), { statusCode: 400 }));
  }
}
