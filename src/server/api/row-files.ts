import type { FastifyReply, FastifyRequest } from 'fastify';
import { quoteIdentifier, type Client } from '../../load/database.js';
import { columnOf } from '../../reports/export-columns.js';
import { csvWriter, type Column, type Row } from '../../reports/export-text.js';
import { provenUntil } from '../../reports/export-views.js';
import { refuseTooMany, workbook } from '../../reports/export-xlsx.js';
import { Refused } from './errors.js';
import { orderBy } from './keyset.js';
import type { ApiParts } from './parts.js';
import { reading, type Question } from './report-question.js';
import { missingSays } from './trust.js';

/** A request and what answers it. */
interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const BATCH = 500;
/** A file is made in memory, and no longer than a statement may take. */
const MOST_ROWS = 200_000;

/** All rows, each cell as PostgreSQL writes it. */
async function allRows(client: Client, question: Question): Promise<{ columns: Column[]; rows: Row[] }> {
  const { columns, keys, text: wanted, values } = question;
  const { rows: types } = await client.query<{ id: number }>(
    `select type::regtype::oid::int as id from unnest($1::text[]) with ordinality as given (type, place) order by place`,
    [columns.map(({ type }) => type)],
  );
  const texts = columns.map(({ name }) => `${quoteIdentifier(name)}::text`).join(', ');
  const { rows: asked } = await client.query<{ cells: Row }>(
    `select array[${texts}] as cells from (${wanted} ${orderBy(keys)} limit ${MOST_ROWS + 1}) as report`,
    [...values],
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

/** Answers all rows as csv, with formulas defused. */
export async function sendCsv(
  parts: ApiParts,
  question: Question,
  exchange: Exchange,
): Promise<FastifyReply> {
  const { columns, rows: all } = await reading(parts, (client) => allRows(client, question));
  const writer = csvWriter({ formulas: 'defused' });
  const pieces = [writer.begin(columns)];
  for (let from = 0; from < all.length; from += BATCH)
    pieces.push(writer.rows(all.slice(from, from + BATCH)));
  return attachment(exchange, question, 'csv').type('text/csv; charset=utf-8').send(pieces.join(''));
}

/** Answers all rows as a workbook with a sheet that says up to when they are proven. Throws a UsageError for more cells than a sheet takes. */
export async function sendXlsx(
  parts: ApiParts,
  question: Question,
  exchange: Exchange,
): Promise<FastifyReply> {
  const { found } = question;
  const { columns, rows: all } = await reading(parts, (client) => allRows(client, question));
  refuseTooMany(all.length * columns.length);
  const until = await provenUntil(parts.db, found.regions);
  const sheet = {
    ...{ title: found.report.title, question: found.question ?? '', remarks: missingSays(question.missing) },
    ...{ regions: found.regions.map(({ region }) => region), columns, meanings: question.columns, rows: all },
  };
  const about = { made: new Date(), regions: until.map((one) => ({ ...one, remark: '' })) };
  const { bytes } = await workbook([sheet], about);
  return attachment(exchange, question, 'xlsx')
    .type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')
    .send(bytes);
}

/** Named by report, region, event and day, of characters that every file system takes. */
function attachment(
  { request, reply }: Exchange,
  { found, missing }: Question,
  format: string,
): FastifyReply {
  const { region, event } = request.query as Readonly<Record<string, string | undefined>>;
  const without = missing.length === 0 ? [] : [`without ${missing.slice(0, 3).join(' ')}`];
  const name = [found.report.name, region, event, ...without, new Date().toISOString().slice(0, 10)]
    .filter(Boolean)
    .join('-')
    .replaceAll(/[^\w-]+/g, '_');
  return reply.header('content-disposition', `attachment; filename="${name}.${format}"`);
}
