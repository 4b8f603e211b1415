import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { quoteIdentifier, type Client } from '../../load/database.js';
import { columnOf } from '../../reports/export-columns.js';
import { provenUntil } from '../../reports/export-views.js';
import { csvWriter, type Column, type Row } from '../../reports/export-text.js';
import { refuseTooMany, workbook } from '../../reports/export-xlsx.js';
import { Refused } from './errors.js';
import type { ApiParts } from './parts.js';
import { questionOf, reading, type Question } from './report-question.js';
import { rows } from './schemas/tickets.js';
import { trustOfAll, verdictOf } from './trust.js';
import type { Rows } from './types.js';

const PAGE = 100;
const params = z.object({ report: z.string().max(60) });
const text = z.string().max(500);
/** Whatever else is given is a column. */
const querystring = z
  .object({
    region: text.optional(),
    event: text.optional(),
    sort: text.optional(),
    after: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
  })
  .catchall(text);

type Query = Readonly<Record<string, string | undefined>>;

const NO_COLUMNS = new Set(['region', 'sort', 'after']);

/** `GET /rows/:report`, and the same as a file. */
export function routeRows(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const schema = { params, querystring };
  api.get('/rows/:report', { schema: { ...schema, response: { 200: rows } } }, async (request) => {
    const { report } = request.params;
    const question = await questionOf(parts, wantedOf(report, request.query));
    return await pageOf(parts, question, Number(request.query.after ?? 0));
  });
  for (const format of ['csv', 'xlsx'] as const)
    api.get(`/rows/:report.${format}`, { schema: { ...schema, hide: true } }, async (request, reply) => {
      const { report } = request.params;
      const question = await questionOf(parts, wantedOf(report, request.query));
      return await (format === 'csv' ? sendCsv : sendXlsx)(parts, question, { request, reply });
    });
}

function wantedOf(report: string, query: Query) {
  const { region, sort } = query;
  const filters = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined || NO_COLUMNS.has(name)) return [];
    return [[name === 'event' ? 'event_id' : name, value]];
  });
  return { report, region, sort, filters: Object.fromEntries(filters) as Record<string, string> };
}

async function pageOf(parts: ApiParts, question: Question, after: number): Promise<Rows> {
  const { found, columns, text: wanted, order } = question;
  const trusts = await trustOfAll(parts);
  const own = new Map([...trusts].filter(([name]) => found.regions.some(({ region }) => region === name)));
  return await reading(parts, async (client) => {
    const { rows: counted } = await client.query<{ total: number }>(
      `select count(*)::int as total from (${wanted}) as counted`,
    );
    const total = counted[0]?.total ?? 0;
    const page = await client.query<Record<string, unknown>>(
      `${wanted} ${order} limit ${PAGE} offset ${after}`,
    );
    return {
      ...{ view: found.report.view, title: found.report.title, question: found.question },
      columns: columns.map(({ name, type, meaning }) => ({ name, type: kindOf(type), meaning })),
      rows: page.rows.map((row) => columns.map(({ name }) => cellOf(row[name]))),
      total,
      next: after + PAGE < total ? String(after + PAGE) : null,
      trust_says: verdictOf(own).says,
    };
  });
}

const KINDS: Readonly<Record<string, Rows['columns'][number]['type']>> = {
  ...{
    integer: 'number',
    bigint: 'number',
    smallint: 'number',
    numeric: 'number',
    'double precision': 'number',
  },
  ...{ boolean: 'boolean', date: 'day', 'timestamp with time zone': 'time' },
};

const kindOf = (type: string) => KINDS[type] ?? 'text';

/** Numbers as numbers; a day and a local hour as their text, since they are of no zone. */
function cellOf(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const BATCH = 500;
/** A file is made in memory, and no longer than a statement may take. */
const MOST_ROWS = 200_000;

/** All rows, each cell as PostgreSQL writes it. */
async function allRows(client: Client, question: Question): Promise<{ columns: Column[]; rows: Row[] }> {
  const { columns, text: wanted, order } = question;
  const { rows: types } = await client.query<{ id: number }>(
    `select type::regtype::oid::int as id from unnest($1::text[]) with ordinality as given (type, place) order by place`,
    [columns.map(({ type }) => type)],
  );
  const texts = columns.map(({ name }) => `${quoteIdentifier(name)}::text`).join(', ');
  const { rows: asked } = await client.query<{ cells: Row }>(
    `select array[${texts}] as cells from (${wanted} ${order} limit ${MOST_ROWS + 1}) as report`,
  );
  if (asked.length > MOST_ROWS)
    throw new Refused(
      400,
      `more than ${MOST_ROWS.toLocaleString('en')} rows: filter them, or use vivenu-ingest report`,
    );
  return {
    columns: columns.map(({ name }, n) => columnOf(name, types[n]?.id ?? 0)),
    rows: asked.map(({ cells }) => cells),
  };
}

async function sendCsv(parts: ApiParts, question: Question, exchange: Exchange): Promise<FastifyReply> {
  const { columns, rows: all } = await reading(parts, (client) => allRows(client, question));
  const writer = csvWriter({ formulas: 'defused' });
  const pieces = [writer.begin(columns)];
  for (let from = 0; from < all.length; from += BATCH)
    pieces.push(writer.rows(all.slice(from, from + BATCH)));
  return attachment(exchange, question, 'csv').type('text/csv; charset=utf-8').send(pieces.join(''));
}

async function sendXlsx(parts: ApiParts, question: Question, exchange: Exchange): Promise<FastifyReply> {
  const { found } = question;
  const { columns, rows: all } = await reading(parts, (client) => allRows(client, question));
  refuseTooMany(all.length * columns.length);
  const until = await provenUntil(parts.db, found.regions);
  const sheet = {
    ...{ title: found.report.title, question: found.question ?? '', remarks: [] },
    ...{ regions: found.regions.map(({ region }) => region), columns, meanings: question.columns, rows: all },
  };
  const about = { made: new Date(), regions: until.map((one) => ({ ...one, remark: '' })) };
  const { bytes } = await workbook([sheet], about);
  return attachment(exchange, question, 'xlsx')
    .type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
    .send(bytes);
}

/** Named by report, region, event and day, of characters that every file system takes. */
function attachment({ request, reply }: Exchange, { found }: Question, format: string): FastifyReply {
  const { region, event } = request.query as Query;
  const name = [found.report.name, region, event, new Date().toISOString().slice(0, 10)]
    .filter(Boolean)
    .join('-')
    .replaceAll(/[^\w-]+/g, '_');
  return reply.header('content-disposition', `attachment; filename="${name}.${format}"`);
}
