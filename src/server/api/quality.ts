import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { roleOf } from './access.js';
import type { ApiParts } from './parts.js';
import { questionOf, reading } from './report-question.js';
import { quality } from './schemas/tickets.js';
import { trustOfAll, verdictOf } from './trust.js';
import type { Quality } from './types.js';
import { problemSays } from './words.js';

const PAGE = 100;
const text = z.string().max(500).optional();
const querystring = z.object({
  ...{ region: text, event: text, problem: text, ticket_id: text },
  after: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
});

type Row = Omit<Quality['rows'][number], 'says' | 'since'> & { readonly created_at: Date | null };

/** `GET /quality`: which tickets need somebody, and why; ids alone. */
export function routeQuality(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get('/quality', { schema: { querystring, response: { 200: quality } } }, async (request) => {
    const { region, event, problem, ticket_id: ticket, after = '0' } = request.query;
    const filters = { event_id: event, ticket_id: ticket };
    const given = Object.entries(filters).filter((one): one is [string, string] => one[1] !== undefined);
    const wanted = {
      report: 'data-quality',
      region,
      sort: '-created_at',
      filters: Object.fromEntries(given),
    };
    const trusts = await trustOfAll(parts);
    const own = new Map([...trusts].filter(([name]) => region === undefined || name === region));
    return {
      ...(await found(parts, wanted, { problem, after: Number(after) })),
      at: new Date().toISOString(),
      at_least: [...own.values()].some(({ short, state }) => (short ?? 0) > 0 || state === 'not_read'),
      trust_says: verdictOf(own).says,
      set_aside: [...own.values()].reduce((sum, one) => sum + one.set_aside, 0),
      may_see_people: roleOf(request) === 'operator',
    };
  });
}

type Found = Pick<Quality, 'tickets' | 'kinds' | 'rows' | 'next'>;

/** Kinds are of all that was asked for; rows of the one kind, where one was chosen. */
async function found(
  parts: ApiParts,
  wanted: Parameters<typeof questionOf>[1],
  { problem, after }: { problem: string | undefined; after: number },
): Promise<Found> {
  const all = await questionOf(parts, wanted);
  const chosen =
    problem === undefined
      ? all
      : await questionOf(parts, { ...wanted, filters: { ...wanted.filters, problem } });
  return await reading(parts, async (client) => {
    const kinds = await client.query<{ problem: string; tickets: number }>(
      `select problem, count(distinct ticket_id)::int as tickets from (${all.text}) as counted group by 1 order by 2 desc, 1`,
    );
    const counted = await client.query<{ tickets: number; rows: number }>(
      `select count(distinct ticket_id)::int as tickets, count(*)::int as rows from (${chosen.text}) as counted`,
    );
    const { rows } = await client.query<Row>(`${chosen.text} ${chosen.order} limit ${PAGE} offset ${after}`);
    const [count] = counted.rows;
    return {
      tickets: count?.tickets ?? 0,
      kinds: kinds.rows.map((one) => ({ ...one, says: problemSays(one.problem) })),
      rows: rows.map(rowOf),
      next: after + PAGE < (count?.rows ?? 0) ? String(after + PAGE) : null,
    };
  });
}

const rowOf = (row: Row): Quality['rows'][number] => ({
  ...{ region: row.region, event_id: row.event_id, event_name: row.event_name, problem: row.problem },
  ...{
    says: problemSays(row.problem),
    ticket_id: row.ticket_id,
    order_id: row.order_id,
    division: row.division,
  },
  ...{ event_day: row.event_day, status: row.status, detail: row.detail },
  since: row.created_at?.toISOString() ?? null,
});
