import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RegionConfig } from '../../config/config.js';
import { nearest } from '../../nearest.js';
import { blocksOf, couponsOf, seriesOf } from './event-facts.js';
import { Refused } from './errors.js';
import type { EventsByRegion } from './kept.js';
import { eventOf } from './overview.js';
import type { ApiParts } from './parts.js';
import type { EventFacts } from './region-events.js';
import { inRegion } from './schema-reader.js';
import { comparable, eventPage, salesSeries } from './schemas/sales.js';
import { trustOfAll } from './trust.js';
import type { Comparable, EventPage } from './types.js';
import { problemSays } from './words.js';

const params = z.object({ region: z.string(), event_id: z.string() });
const day = z.iso.date();
/** Hours of a longer time are no curve any more. */
const MAX_HOURS_DAYS = 31;
const DAY_MS = 86_400_000;

/** `GET /events/:region/:event_id`, its `/sales`, and what it can be compared with. */
export function routeEvent(app: FastifyInstance, parts: ApiParts, eventsOf: EventsByRegion): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get(
    '/events/:region/:event_id',
    { schema: { params, response: { 200: eventPage } } },
    async (request) => {
      const region = configuredRegion(parts, request.params.region);
      const facts = factsOf((await eventsOf(region)) ?? [], region, request.params.event_id);
      return await pageOf(parts, region, facts);
    },
  );
  // By itself: it asks every region, and nobody waits for it.
  const others = { schema: { params, response: { 200: comparable } } };
  api.get('/events/:region/:event_id/comparable', others, async (request) => {
    const region = configuredRegion(parts, request.params.region);
    const facts = factsOf((await eventsOf(region)) ?? [], region, request.params.event_id);
    return { events: await comparableTo(parts, eventsOf, { own: region, facts }) };
  });
  const querystring = z.object({ by: z.enum(['day', 'hour']), from: day, to: day });
  const schema = { params, querystring, response: { 200: salesSeries } };
  api.get('/events/:region/:event_id/sales', { schema }, async (request) => {
    const { by, from, to } = request.query;
    if (by === 'hour' && Date.parse(to) - Date.parse(from) > MAX_HOURS_DAYS * DAY_MS)
      throw new Refused(
        400,
        `by=hour: from ${from} to ${to} is longer than ${MAX_HOURS_DAYS} days; ask by=day`,
      );
    const region = configuredRegion(parts, request.params.region);
    const facts = factsOf((await eventsOf(region)) ?? [], region, request.params.event_id);
    const { event_id: id, zone, starts_at: start } = facts;
    const points = await inRegion(parts.db, region.schema, (ask) => seriesOf(ask, id, request.query));
    return { by, zone, starts_at: start?.toISOString() ?? null, points: points ?? [] };
  });
}

/** The region of this name. Throws a Refused that names the nearest. */
export function configuredRegion({ config }: Pick<ApiParts, 'config'>, name: string): RegionConfig {
  const found = config.events.find(({ region }) => region === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    config.events.map(({ region }) => region),
  );
  throw new Refused(
    404,
    `no region is called ${name.slice(0, 80)}${near === null ? '' : `; did you mean ${near}?`}`,
  );
}

function factsOf(events: readonly EventFacts[], { region }: RegionConfig, id: string): EventFacts {
  const found = events.find(({ event_id }) => event_id === id);
  if (found !== undefined) return found;
  const why =
    events.length === 0 ? 'was never read, or sells nothing' : 'has no event of this id that sells tickets';
  throw new Refused(404, `${region} ${why}`);
}

/** A longer list is no choice any more; the address of the page takes any event. */
const MOST_COMPARABLE = 100;

/** Others with a start: those of the same region first, then the nearest by time, since last year's race is what this year's is held against. */
async function comparableTo(
  { config }: ApiParts,
  eventsOf: EventsByRegion,
  { own, facts }: { own: RegionConfig; facts: EventFacts },
): Promise<Comparable['events']> {
  const all = await Promise.all(
    config.events.map(async (region) =>
      ((await eventsOf(region)) ?? []).map((event) => ({ region: region.region, event })),
    ),
  );
  const begin = facts.starts_at?.getTime() ?? 0;
  const away = ({ starts_at: start }: Comparable['events'][number]) => Math.abs(Date.parse(start) - begin);
  const isOwn = ({ region }: { readonly region: string }) => Number(region === own.region);
  return all
    .flat()
    .flatMap(({ region, event: { event_id: id, name, starts_at: start } }) =>
      start === null || (region === own.region && id === facts.event_id)
        ? []
        : [{ region, event_id: id, name, starts_at: start.toISOString() }],
    )
    .sort((a, b) => isOwn(b) - isOwn(a) || away(a) - away(b))
    .slice(0, MOST_COMPARABLE);
}

async function pageOf(parts: ApiParts, region: RegionConfig, facts: EventFacts): Promise<EventPage> {
  const id = facts.event_id;
  const trust = (await trustOfAll(parts)).get(region.region);
  const answer = await inRegion(parts.db, region.schema, async (ask) => {
    const [place] = await ask<{ location: string | null }>(
      `select nullif(concat_ws(', ', location_name, location_city), '') as location from events where id = $1`,
      [id],
    );
    return {
      location: place?.location ?? null,
      blocks: await blocksOf(ask, id),
      coupons: await couponsOf(ask, region.schema),
    };
  });
  if (answer === null || trust === undefined)
    throw new Refused(404, `${region.region} lacks views that this page is made of: the next run makes them`);
  const { location, blocks, coupons } = answer;
  const problems = Object.entries(facts.kinds).map(([problem, tickets]) => ({ problem, tickets }));
  return {
    at: new Date().toISOString(),
    event: {
      ...eventOf(region.region, facts),
      ...{ location, currency: facts.currency, revenue: facts.revenue },
    },
    ...{ trust, ...blocks, coupons },
    problems: problems
      .sort((a, b) => b.tickets - a.tickets)
      .map((one) => ({ ...one, says: problemSays(one.problem) })),
  };
}
