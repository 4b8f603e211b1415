/** The tickets that need somebody, a page at a time. */
import { z } from 'zod';
import type { RegionConfig } from '../../config/config.js';
import { Refused } from './errors.js';
import type { ApiParts } from './parts.js';
import type { EventFacts } from './region-events.js';
import { questionOf, reading } from './report-question.js';
import { inRegion } from './schema-reader.js';
import type { Quality } from './types.js';
import { problemSays } from './words.js';

/** An event and its region. */
export interface Place {
  readonly region: RegionConfig;
  readonly facts: EventFacts;
}

const PAGE = 100;

type Told = Quality['rows'][number];
type Row = Omit<Told, 'says' | 'since' | 'region'> & { readonly created_at: Date | null };

const COLUMNS =
  'event_id, event_name, problem, ticket_id, order_id, division, event_day, status, detail, created_at';

const ROWS = `
select ${COLUMNS} from v_data_quality
where event_id = $1 and ($2::text is null or problem = $2) and (problem, ticket_id) > ($3, $4)
order by problem, ticket_id limit $5`;

/** After which row a page begins: region, event, problem and ticket. */
const cursor = z.tuple([z.string(), z.string(), z.string(), z.string()]);

/** A page of the tickets of these events, those of the event that begins first before the others; and the regions whose rows are not to be seen. */
export async function pageOfTickets(
  { db }: Pick<ApiParts, 'db'>,
  places: readonly Place[],
  { problem, after }: { readonly problem: string | undefined; readonly after: string | undefined },
): Promise<Pick<Quality, 'rows' | 'next'> & { readonly missing: readonly string[] }> {
  const ordered = places.toSorted(bySoonest);
  const [region, event, ...last] = after === undefined ? ['', '', '', ''] : readCursor(after);
  const from = ordered.findIndex((one) => one.region.region === region && one.facts.event_id === event);
  if (after !== undefined && from < 0) throw new Refused(400, 'after: that event is not there any more');
  const rows: Told[] = [];
  const missing = new Set<string>();
  for (const [n, { region: config, facts }] of ordered.slice(Math.max(0, from)).entries()) {
    if ((problem === undefined ? facts.problems : (facts.kinds[problem] ?? 0)) === 0) continue;
    const begin = after !== undefined && n === 0 ? last : ['', ''];
    const values = [facts.event_id, problem ?? null, ...begin, PAGE + 1 - rows.length];
    const found = await inRegion(db, config.schema, (ask) => ask<Row>(ROWS, values));
    if (found === null) missing.add(config.region);
    else rows.push(...found.map((row) => told(config.region, row)));
    if (rows.length > PAGE) break;
  }
  const end = rows[PAGE - 1];
  return {
    rows: rows.slice(0, PAGE),
    next: rows.length > PAGE && end !== undefined ? cursorOf(end) : null,
    missing: [...missing],
  };
}

/** The first tickets whose id, or whose order's, begins so. */
export async function searched(
  parts: ApiParts,
  search: string,
  { region, event, problem }: Readonly<Record<'region' | 'event' | 'problem', string | undefined>>,
) {
  const filters = Object.entries({ event_id: event, problem }).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  const wanted = { report: 'data-quality', region, sort: undefined, filters: Object.fromEntries(filters) };
  const { text, values, missing } = await questionOf(parts, wanted);
  const n = `$${values.length + 1}`;
  const found = `(${text}) as told where starts_with(ticket_id, ${n}) or starts_with(order_id, ${n})`;
  return await reading(parts, async (client) => {
    const { rows: kinds } = await client.query<{ problem: string | null; tickets: number }>(
      `select problem, count(distinct ticket_id)::int as tickets from ${found} group by rollup (problem) order by 2 desc, 1`,
      [...values, search],
    );
    const { rows } = await client.query<Row & { region: string }>(
      `select region, ${COLUMNS} from ${found} order by region, event_id, problem, ticket_id limit ${PAGE}`,
      [...values, search],
    );
    return {
      tickets: kinds.find((one) => one.problem === null)?.tickets ?? 0,
      kinds: kinds.flatMap(({ problem: kind, tickets }) =>
        kind === null ? [] : [{ problem: kind, tickets }],
      ),
      rows: rows.map((row) => told(row.region, row)),
      next: null,
      missing,
    };
  });
}

function bySoonest({ facts: a }: Place, { facts: b }: Place): number {
  const start = ({ starts_at: at }: EventFacts) => at?.getTime() ?? Number.MAX_VALUE;
  return start(a) - start(b) || a.event_id.localeCompare(b.event_id);
}

const cursorOf = ({ region, event_id: event, problem, ticket_id: ticket }: Told) =>
  Buffer.from(JSON.stringify([region, event, problem, ticket])).toString('base64url');

function readCursor(text: string): z.infer<typeof cursor> {
  try {
    return cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new Refused(400, `after: expected what an answer gave as \`next\`, got ${text.slice(0, 40)}`);
  }
}

const told = (region: string, { created_at: since, ...row }: Row): Told => ({
  ...row,
  region,
  says: problemSays(row.problem),
  since: since?.toISOString() ?? null,
});
