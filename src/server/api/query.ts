import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { nearest } from '../../nearest.js';
import { Refused } from './errors.js';

/** Refuses names behind the `?` that a route does not know; one whose schema is loose takes any. */
export function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const schema = request.routeOptions.schema?.querystring;
    if (schema instanceof z.ZodObject && schema.def.catchall !== undefined) {
      done();
      return;
    }
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const unknown = Object.keys(request.query as object).find((name) => !known.includes(name));
    if (unknown === undefined) done();
    else throw new Refused(400, `?${unknown.slice(0, 80)} is not known: ${mendOf(unknown, known)}`);
  });
}

function mendOf(name: string, known: readonly string[]): string {
  const right = nearest(name, known);
  if (right !== null) return `did you mean ${right}?`;
  return known.length === 0 ? 'nothing can be asked for here' : `there are ${known.join(', ')}`;
}
