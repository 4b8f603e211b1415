import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { listRejects } from '../../load/set-aside.js';
import { BusyError } from '../../sync/choose.js';
import type { Retried as Tried } from '../../sync/retry-rejects.js';
import type { ApiParts } from './parts.js';
import { rejects, retried, retryRejects } from './schemas/runs.js';
import type { Retried } from './types.js';
import type { WorkParts } from './work.js';

const PAGE = 100;

/** `GET /rejects` and `POST /rejects/retry`. */
export function routeRejects(app: FastifyInstance, { db, work }: ApiParts & WorkParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const querystring = z.object({
    region: z.string().optional(),
    after: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional(),
  });
  api.get('/rejects', { schema: { querystring, response: { 200: rejects } } }, async (request) => {
    const { region, after } = request.query;
    const filter = {
      ...{ regions: region === undefined ? null : [region], stream: null, closed: false },
      before: after === undefined ? null : Number(after),
    };
    const page = await listRejects(db, filter, PAGE);
    const last = page.rejects.length === PAGE ? page.rejects.at(-1) : undefined;
    return {
      total: page.total,
      rows: page.rejects.map(({ number, id, first_seen_at: first, last_seen_at: seen, ...one }) => ({
        ...{ reject_id: String(number), region: one.region, stream: one.stream, record_id: id },
        ...{ field: one.field, reason: one.reason },
        first_seen_at: first.toISOString(),
        last_seen_at: seen.toISOString(),
      })),
      next: last === undefined ? null : String(last.number),
    };
  });
  const retry = {
    config: { role: 'operator' },
    schema: { body: retryRejects, response: { 200: retried } },
  } as const;
  api.post('/rejects/retry', retry, async (request) => {
    const { region, ids } = request.body;
    return await outcomeOf(work.retryRejects(region, ids?.map(Number) ?? null));
  });
}

/** A run that is under way is no mistake of who asks. */
async function outcomeOf(trying: Promise<readonly Tried[]>): Promise<Retried> {
  try {
    const done = await trying;
    const still = done.flatMap((one) => one.still ?? []);
    const stored = done.length - still.length;
    const why = still[0] === undefined ? '' : `, ${still.length} still set aside: ${still[0].reason}`;
    return { stored, still: still.length, says: `${stored} stored${why}` };
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    return { stored: 0, still: 0, says: 'a run is under way there: nothing was tried; try again after it' };
  }
}
