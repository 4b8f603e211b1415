import { verdictOf } from '../../work/verdict.js';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import pg from 'pg';
import { z } from 'zod';
import { quoteIdentifier, type Client } from '../../load/database.js';
import type { ApiParts } from './parts.js';
import { isAfter, keysAsTexts, orderBy, placeText, readPlace, type Place } from './keyset.js';
import { questionOf, reading, REGION, shown, type Question } from './report-question.js';
import { sendCsv, sendXlsx } from './row-files.js';
import { rows } from './schemas/tickets.js';
import { missingSays, trustOfAll } from './trust.js';
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
    after: z.string().max(8000).optional(),
  })
  .catchall(text);

type Query = Readonly<Record<string, string | undefined>>;

const FILES = { csv: sendCsv, xlsx: sendXlsx };
const NO_COLUMNS = new Set(['region', 'sort', 'after']);

/** `GET /rows/:report`, and the same as a file. */
export function routeRows(app: FastifyInstance, parts: ApiParts): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const schema = { params, querystring };
  api.get('/rows/:report', { schema: { ...schema, response: { 200: rows } } }, async (request) => {
    const { report } = request.params;
    const question = await questionOf(parts, wantedOf(report, request.query));
    return await pageOf(parts, question, request.query.after);
  });
  for (const format of ['csv', 'xlsx'] as const)
    api.get(`/rows/:report.${format}`, { schema: { ...schema, hide: true } }, async (request, reply) => {
      const { report } = request.params;
      const question = await questionOf(parts, wantedOf(report, request.query));
      return await FILES[format](parts, question, { request, reply });
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

/** A page of rows; those of a single region are counted with the first one. */
async function pageOf(parts: ApiParts, question: Question, after: string | undefined): Promise<Rows> {
  const { found, missing, columns, keys } = question;
  const place = after === undefined ? null : readPlace(after, keys.length);
  const trusts = await trustOfAll(parts);
  const own = new Map([...trusts].filter(([name]) => found.regions.some(({ region }) => region === name)));
  return await reading(parts, async (client) => {
    const page = await rowsAfter(client, question, place);
    const last = page[PAGE - 1];
    const told = page.slice(0, PAGE).map(({ cells }) => cells);
    const isAll = place === null && page.length <= PAGE;
    const total = isAll ? page.length : (place?.total ?? (await countOf(client, question)));
    return {
      ...{ view: found.report.view, title: found.report.title, question: found.question },
      columns: columns.map(({ name, type, meaning }) => ({ name, type: kindOf(type), meaning })),
      rows: told.map((cells) => cells.map((cell, n) => cellOf(columns[n]?.type, cell))),
      zones: await zonesOf(client, question, told),
      total,
      next: page.length > PAGE && last !== undefined ? placeText({ total, keys: last.keys }) : null,
      trust_says: [verdictOf(own).says, ...missingSays(missing)].join(' '),
      missing: [...missing],
    };
  });
}

interface PlacedRow {
  readonly cells: readonly (string | null)[];
  readonly keys: readonly (string | null)[];
}

/** One row more than a page. In the order of the regions, one is asked after the other, since to ask all takes its time. */
async function rowsAfter(client: Client, question: Question, place: Place | null): Promise<PlacedRow[]> {
  const { found, keys, texts, text } = question;
  const [first, ...rest] = keys;
  if (first?.name !== REGION.name || first.isDown)
    return await select(client, question, { text, keys, place, limit: PAGE + 1 });
  const [from, ...within] = place?.keys ?? [];
  const rows: PlacedRow[] = [];
  const regions = found.regions.map(({ region }, n) => ({ region, text: texts[n] ?? '' }));
  for (const { region, text: own } of regions.sort((a, b) => (a.region < b.region ? -1 : 1))) {
    if (rows.length > PAGE || region < (from ?? '')) continue;
    const begin = region === from ? { total: null, keys: within } : null;
    const limit = PAGE + 1 - rows.length;
    rows.push(...(await select(client, question, { text: own, keys: rest, place: begin, limit })));
  }
  return rows;
}

interface Part {
  readonly text: string;
  readonly keys: Question['keys'];
  readonly place: Place | null;
  readonly limit: number;
}

async function select(client: Client, question: Question, part: Part): Promise<PlacedRow[]> {
  const { columns, values } = question;
  const later = part.place === null ? null : isAfter(part.keys, part.place, values.length);
  const { rows } = await client.query<PlacedRow>(
    `select array[${columns.map(shown).join(', ')}] as cells, ${keysAsTexts(question.keys)} as keys
     from (${part.text}) as wanted ${later === null ? '' : `where ${later.text}`} ${orderBy(part.keys)} limit ${part.limit}`,
    [...values, ...(later?.values ?? [])],
  );
  return rows;
}

/** The zone of each row's event. */
async function zonesOf(
  client: Client,
  { found, columns }: Question,
  told: readonly PlacedRow['cells'][],
): Promise<(string | null)[]> {
  const place = columns.findIndex(({ name }) => name === 'event_id');
  if (place < 0 || told.length === 0) return told.map(() => null);
  const present = new Set(told.map(([region]) => region));
  const texts = found.regions
    .filter(({ region }) => present.has(region))
    .map(
      ({ region, schema }) =>
        `select ${pg.escapeLiteral(region)} as region, id, zone from ${quoteIdentifier(schema)}.events where id = any($1)`,
    );
  const { rows: events } = await client.query<{ region: string; id: string; zone: string | null }>(
    texts.join(' union all '),
    [told.map((cells) => cells[place])],
  );
  const zones = new Map(events.map(({ region, id, zone }) => [JSON.stringify([region, id]), zone]));
  return told.map((cells) => zones.get(JSON.stringify([cells[0], cells[place]])) ?? null);
}

/** Rows in all; null for those of several regions, which are not worth the wait. */
async function countOf(client: Client, { found, text, values }: Question): Promise<number | null> {
  if (found.regions.length > 1) return null;
  const { rows: counted } = await client.query<{ total: number }>(
    `select count(*)::int as total from (${text}) as counted`,
    [...values],
  );
  return counted[0]?.total ?? 0;
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

/** Whole numbers and truths as such, all else as its text: of a fraction no digit is lost. */
function cellOf(type: string | undefined, cell: string | null): string | number | boolean | null {
  if (cell === null) return null;
  const kind = kindOf(type ?? '');
  if (kind === 'boolean') return cell === 'true';
  const isWhole = kind === 'number' && /^-?\d{1,15}$/.test(cell);
  return isWhole ? Number(cell) : cell;
}
