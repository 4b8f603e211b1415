import type { Part } from '../load/counts.js';
import { fetchList } from './lists.js';
import { scopesOf } from './plan.js';
import { paramsOf, type TimedSync } from './read.js';
import { tableFor, type Region } from './region.js';
import { clockOf, type Clock } from './context.js';
import { heldIn } from './held.js';
import { Stopped } from '../source/windows.js';

/** What is counted at once: regions whose events do not overlap, with all of their events; null: everything of the key. */
export interface Unit {
  readonly regions: readonly Region[];
  readonly events: readonly string[] | null;
}

/** A span of creation times, milliseconds, inclusive; null: no bound. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

/** Rows that vivenu lists of events, by creation time and state, and the server's time of the answer. */
export async function countAtVivenu(
  { run, account, stream, timed }: TimedSync,
  events: readonly string[] | null,
  span: Span,
  states?: readonly string[],
): Promise<{ total: number; clock: Clock }> {
  let total = 0;
  let clock: Clock | null = null;
  for (const scope of events === null
    ? [null]
    : scopesOf(
        stream,
        events.map((eventId) => ({ eventId })),
      )) {
    if (run.stop.aborted) throw new Stopped('stopped before this count');
    const params = paramsOf(timed, { by: 'created', events: scope, ...span });
    if (states) params[timed.state.param] = states.join(',');
    const answer = await fetchList(account, stream, { skip: 0, top: 1 }, params);
    clock = clockOf(answer);
    total += answer.total ?? 0;
  }
  return { total, clock: clock ?? { beganAt: 0, until: 0 } };
}

/** Rows and open rejects that the database holds of a unit. */
export async function countStored(
  { run, stream }: TimedSync,
  unit: Unit,
  part: Omit<Part, 'events'>,
): Promise<{ stored: number; rejected: number; sum: number }> {
  let [stored, rejected] = [0, 0];
  for (const region of unit.regions) {
    const counts = await heldIn(run, tableFor(region, stream.name), {
      ...part,
      events: eventsIn(region, unit),
    });
    stored += counts.stored;
    rejected += counts.rejected;
  }
  return { stored, rejected, sum: stored + rejected };
}

const eventsIn = (region: Region, unit: Unit): readonly string[] | null => {
  if (region.events === null) return unit.events;
  return [...region.events].filter((event) => unit.events?.includes(event) ?? true);
};
