import { verdictOf } from '../../work/verdict.js';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Trust } from '../../work/trust.js';
import { attentionOf, attentionTo, byUrgency, durationOf, urgencyOf } from './attention.js';
import type { EventsByRegion } from './kept.js';
import type { ApiParts } from './parts.js';
import type { EventFacts } from './region-events.js';
import { overview } from './schemas/sales.js';
import { doubting, trustOfAll } from './trust.js';
import type { Overview, OverviewEvent, OverviewRegion } from './types.js';

/** `GET /overview`: every region and event, what needs attention first. */
export function routeOverview(app: FastifyInstance, parts: ApiParts, eventsOf: EventsByRegion): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get('/overview', { schema: { response: { 200: overview } } }, async () => {
    const { events: configured } = parts.config;
    const [known, ...facts] = await Promise.all([trustOfAll(parts), ...configured.map(eventsOf)]);
    const blind = configured.filter((_, n) => facts[n] === null).map(({ region }) => region);
    const trusts = doubting(known, blind);
    const regions = configured.flatMap(({ region }, n) => {
      const trust = trusts.get(region);
      return trust === undefined ? [] : [regionOf(region, trust, facts[n] ?? [])];
    });
    return {
      at: new Date().toISOString(),
      verdict: verdictOf(trusts),
      totals: totalsOf(regions, facts),
      regions: regions.sort(inOrder),
    } satisfies Overview;
  });
}

/** An event as it is told. */
export const eventOf = (region: string, facts: EventFacts): OverviewEvent => ({
  ...{ region, event_id: facts.event_id, name: facts.name, zone: facts.zone },
  starts_at: facts.starts_at?.toISOString() ?? null,
  ends_at: facts.ends_at?.toISOString() ?? null,
  is_over: facts.is_over,
  ...{ sold: facts.sold, capacity: facts.capacity, last_hour: facts.last_hour, last_day: facts.last_day },
  days: [...facts.days],
  ...{ trigger: facts.trigger, trigger_name: facts.trigger === null ? null : facts.trigger_name },
  ...{ minutes_to_trigger: facts.minutes_to_trigger, days_full: facts.days_full },
  attention: attentionOf(facts),
});

const NO_DAYS = Array<number>(14).fill(0);

function regionOf(region: string, trust: Trust, facts: readonly EventFacts[]): OverviewRegion {
  const events = facts.map((one) => eventOf(region, one));
  const attention = byUrgency([...attentionTo(trust), ...events.flatMap((one) => one.attention)]);
  const toCome = events.filter(({ is_over: isOver }) => !isOver);
  const counted = toCome.length > 0 ? toCome : events;
  const sum = (of: (event: OverviewEvent) => number) =>
    counted.reduce((total, event) => total + of(event), 0);
  return {
    ...{ region, trust, attention, urgency: urgencyOf(attention), events },
    sold: sum(({ sold }) => sold),
    // Where one has no limit, all of them have none.
    capacity:
      counted.length === 0 || counted.some(({ capacity }) => capacity === null)
        ? null
        : sum(({ capacity }) => capacity ?? 0),
    last_hour: sum(({ last_hour: sold }) => sold),
    last_day: sum(({ last_day: sold }) => sold),
    days: NO_DAYS.map((_, n) => sum(({ days }) => days[n] ?? 0)),
  };
}

function totalsOf(
  regions: readonly OverviewRegion[],
  facts: readonly (readonly EventFacts[] | null)[],
): Overview['totals'] {
  const sum = (of: 'sold' | 'last_hour' | 'last_day') => regions.reduce((total, one) => total + one[of], 0);
  return {
    ...{ sold: sum('sold'), last_hour: sum('last_hour'), last_day: sum('last_day') },
    at_least:
      facts.includes(null) ||
      regions.some(({ trust }) => (trust.short ?? 0) > 0 || trust.state === 'not_read'),
    problems: facts
      .flatMap((all) => all ?? [])
      .reduce((total, { is_over: isOver, problems }) => total + (isOver ? 0 : problems), 0),
    next_trigger: nextTrigger(regions),
  };
}

function nextTrigger(regions: readonly OverviewRegion[]): Overview['totals']['next_trigger'] {
  const [next] = regions
    .flatMap(({ events }) => events)
    .filter(
      ({ is_over: isOver, sold, trigger, minutes_to_trigger: minutes }) =>
        !isOver && minutes !== null && trigger !== null && sold < trigger,
    )
    .sort((a, b) => (a.minutes_to_trigger ?? 0) - (b.minutes_to_trigger ?? 0));
  if (next?.minutes_to_trigger == null) return null;
  const { region, event_id: id, name, minutes_to_trigger: minutes } = next;
  const says = `${next.trigger_name ?? 'trigger'} in ~${durationOf(minutes)}`;
  return { region, event_id: id, name, minutes, says };
}

/** When its next event begins; regions without one come last. */
const start = ({ events: [next] }: OverviewRegion) =>
  next === undefined || next.is_over ? '9' : (next.starts_at ?? '9');

const inOrder = (a: OverviewRegion, b: OverviewRegion) =>
  b.urgency - a.urgency || start(a).localeCompare(start(b)) || a.region.localeCompare(b.region);
