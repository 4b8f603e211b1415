import type { Trust } from '../../work/trust.js';
import type { EventFacts } from './region-events.js';
import type { Attention } from './types.js';

const HOUR = 60;
const DAY = 24 * HOUR;
/** A trigger that is nearer is told. */
const SOON_MINUTES = 2 * DAY;

/** From the least urgent to the most. */
const URGENCY: readonly Attention['kind'][] = [
  'stale',
  'days_full',
  'trigger_soon',
  'trigger_passed',
  'over_capacity',
  'incomplete',
  'not_read',
];

/** How urgent the most urgent of them is; 0: there is none. */
export const urgencyOf = (all: readonly Attention[]): number =>
  Math.max(0, ...all.map(({ kind }) => URGENCY.indexOf(kind) + 1));

/** The most urgent first. */
export const byUrgency = (all: readonly Attention[]): Attention[] =>
  all.toSorted((a, b) => URGENCY.indexOf(b.kind) - URGENCY.indexOf(a.kind));

/** Why an event stands above the others, in words; nothing can be done about one that is over. */
export function attentionOf(event: EventFacts): Attention[] {
  if (event.is_over) return [];
  const { sold, capacity, trigger, days_full: full, places_over: over } = event;
  const tier = event.trigger_name ?? 'trigger';
  const all: Attention[] = [];
  const isOver = capacity !== null && sold > capacity;
  if (isOver) all.push({ kind: 'over_capacity', says: `${sold - capacity} over` });
  else if (over > 0) all.push({ kind: 'over_capacity', says: `${over} over in a division` });
  if (trigger !== null && sold >= trigger) all.push({ kind: 'trigger_passed', says: `${tier} passed` });
  else if (event.minutes_to_trigger !== null && event.minutes_to_trigger < SOON_MINUTES)
    all.push({ kind: 'trigger_soon', says: `${tier} in ~${durationOf(event.minutes_to_trigger)}` });
  if (full > 0) all.push({ kind: 'days_full', says: `${full} full` });
  return byUrgency(all);
}

/** What of a region's trust is a reason to look. */
export function attentionTo({ state, says }: Trust): Attention[] {
  if (state === 'not_read') return [{ kind: 'not_read', says }];
  if (state === 'incomplete' || state === 'interrupted') return [{ kind: 'incomplete', says }];
  return state === 'stale' ? [{ kind: 'stale', says }] : [];
}

/** `40 min`, `17 h`, `13 days`. */
export function durationOf(minutes: number): string {
  if (minutes < 2 * HOUR) return `${Math.max(1, Math.round(minutes))} min`;
  return minutes < SOON_MINUTES ? `${Math.round(minutes / HOUR)} h` : `${Math.round(minutes / DAY)} days`;
}
