import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { done, retryJobs, sendRun } from './schemas/runs.js';
import type { WorkParts } from './work.js';

/** `POST /runs` and `POST /jobs/retry`. */
export function routeJobs(app: FastifyInstance, { work }: WorkParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const operator = { config: { role: 'operator' } } as const;
  const response = { 200: done };
  api.post('/runs', { ...operator, schema: { body: sendRun, response } }, async (request) => ({
    says: await work.run(request.body.regions, request.body.full),
  }));
  api.post('/jobs/retry', { ...operator, schema: { body: retryJobs, response } }, async (request) => {
    const again = await work.retryJobs(request.body.ids);
    return { says: again === 0 ? 'nothing was set aside any more' : `${again} back in the queue` };
  });
}
