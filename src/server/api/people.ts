import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Refused } from './errors.js';
import { configuredRegion } from './event.js';
import type { ApiParts } from './parts.js';
import { inRegion } from './schema-reader.js';
import { person } from './schemas/tickets.js';
import type { Person } from './types.js';

const params = z.object({ region: z.string(), ticket_id: z.string().max(200) });

/** Columns that a profile or `exclude_fields` has left out are not there, so they are read by name from the whole row. */
const PERSON = `
select id as ticket_id, coalesce(row->>'name', nullif(concat_ws(' ', row->>'firstname', row->>'lastname'), '')) as name,
  row->>'email' as email, row->>'birthday' as birth_date
from (select id, to_jsonb(tickets) - 'raw' as row from tickets where id = $1 and deleted_at is null) as found`;

/** `GET /people/:region/:ticket_id`: whom a ticket is for; each look is told, without what was seen. */
export function routePeople(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const options = { config: { role: 'operator' }, schema: { params, response: { 200: person } } } as const;
  api.get('/people/:region/:ticket_id', options, async (request) => {
    const { ticket_id: ticket } = request.params;
    const { region, schema } = configuredRegion(parts, request.params.region);
    const rows = await inRegion(parts.db, schema, (ask) => ask<Person>(PERSON, [ticket]));
    const [found] = rows ?? [];
    if (found === undefined) throw new Refused(404, `${region} has no ticket of this id`);
    parts.observe({ type: 'dashboard.person', region, ticket: found.ticket_id, address: request.ip });
    return found;
  });
}
