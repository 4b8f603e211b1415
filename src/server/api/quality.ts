import { verdictOf } from '../../work/verdict.js';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { roleOf } from './access.js';
import { configuredRegion } from './event.js';
import type { EventsByRegion } from './kept.js';
import type { ApiParts } from './parts.js';
import { pageOfTickets, searched, type Place } from './quality-rows.js';
import { quality } from './schemas/tickets.js';
import { doubting, trustOfAll } from './trust.js';
import type { Quality } from './types.js';
import { problemSays } from './words.js';

const text = z.string().max(500).optional();
const querystring = z.object({
  ...{ region: text, event: text, problem: text },
  search: z.string().min(4).max(100).optional().describe('How the id of a ticket or of its order begins'),
  after: z.string().max(2000).optional(),
});

/** `GET /quality`: which tickets need somebody before the event, and why; ids alone. Those of an event that is over come where it is asked for. */
export function routeQuality(app: FastifyInstance, parts: ApiParts, eventsOf: EventsByRegion): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get('/quality', { schema: { querystring, response: { 200: quality } } }, async (request) => {
    const { region: name, event, problem, search, after } = request.query;
    const regions = name === undefined ? parts.config.events : [configuredRegion(parts, name)];
    const [trusts, ...facts] = await Promise.all([trustOfAll(parts), ...regions.map(eventsOf)]);
    const places = regions.map((region, n) => (facts[n] ?? []).map((one) => ({ region, facts: one })));
    const isAsked = ({ facts: { event_id: id, is_over: isOver } }: Place) =>
      event === undefined ? !isOver : id === event;
    const asked = places.flat().filter(isAsked);
    const { missing, ...found } =
      search === undefined
        ? { ...countsOf(asked, problem), ...(await pageOfTickets(parts, asked, { problem, after })) }
        : await searched(parts, search, { region: name, event, problem });
    const blind = regions
      .filter(({ region }, n) => facts[n] === null || missing.includes(region))
      .map(({ region }) => region);
    const known = doubting(trusts, blind);
    const own = new Map([...known].filter(([one]) => regions.some(({ region }) => region === one)));
    return {
      ...found,
      kinds: found.kinds.map((one) => ({ ...one, says: problemSays(one.problem) })),
      regions:
        name === undefined ? places.flatMap((own) => regionOf(own.filter(isAsked))).sort(byTickets) : [],
      events: name === undefined ? [] : places.flat().flatMap(eventOf).sort(byTickets),
      over:
        event === undefined && search === undefined
          ? sumOf(places.flat().filter(({ facts }) => facts.is_over))
          : 0,
      at: new Date().toISOString(),
      at_least:
        blind.length > 0 ||
        [...own.values()].some(({ short, state }) => (short ?? 0) > 0 || state === 'not_read'),
      trust_says: verdictOf(own).says,
      set_aside: [...own.values()].reduce((sum, one) => sum + one.set_aside, 0),
      may_see_people: roleOf(request) === 'operator',
    };
  });
}

/** Kinds are of all that was asked for, tickets of the one kind, where one was chosen. */
function countsOf(places: readonly Place[], problem: string | undefined) {
  const kinds = new Map<string, number>();
  for (const { facts } of places)
    for (const [kind, tickets] of Object.entries(facts.kinds))
      kinds.set(kind, (kinds.get(kind) ?? 0) + tickets);
  return {
    tickets: problem === undefined ? sumOf(places) : (kinds.get(problem) ?? 0),
    kinds: [...kinds].map(([kind, tickets]) => ({ problem: kind, tickets })).sort(byTickets),
  };
}

const sumOf = (places: readonly Place[]) => places.reduce((sum, { facts }) => sum + facts.problems, 0);

const byTickets = (a: { readonly tickets: number }, b: { readonly tickets: number }) => b.tickets - a.tickets;

/** Regions and events in which nobody is needed are not told of. */
function regionOf(own: readonly Place[]): Quality['regions'] {
  const [tickets, region] = [sumOf(own), own[0]?.region.region];
  return tickets === 0 || region === undefined ? [] : [{ region, tickets }];
}

const eventOf = ({ facts: { event_id: id, name, problems: tickets } }: Place): Quality['events'] =>
  tickets === 0 ? [] : [{ event_id: id, name, tickets }];
