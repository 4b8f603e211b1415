import { randomUUID } from 'node:crypto';
import type { Cursor, CursorKey, Read } from '../load/cursors.js';
import type { ListStream } from '../streams/define.js';
import type { Clock } from './context.js';
import type { Region } from './region.js';

/** One event of one region, with how far it has been read; `*` stands for all events of the key. */
export interface Target extends CursorKey {
  readonly region: Region;
  readonly cursor: Cursor | undefined;
}

/** Events that are read together: in full, or what changed since the smallest of their cursors. */
export interface Reading {
  readonly read: Read;
  readonly targets: readonly Target[];
  /** Begun by an earlier run: its windows are kept. */
  readonly resumed: boolean;
  /** Increments: nothing older is read. */
  readonly from: number | null;
}

/** A list of events in a URL stays shorter than this, in characters. */
const MAX_LIST = 6000;

/** The events of regions with their cursors. */
export function targetsOf(regions: readonly Region[], cursors: readonly Cursor[]): Target[] {
  const find = (schema: string, eventId: string) =>
    cursors.find((cursor) => cursor.schema === schema && cursor.eventId === eventId);
  return regions.flatMap((region) =>
    (region.events === null ? ['*'] : [...region.events]).map((eventId) => ({
      region,
      schema: region.schema,
      eventId,
      cursor: find(region.schema, eventId),
    })),
  );
}

/**
 * Unfinished reads that can go on: all that hold one are targets of this run. A read that began for more than that is left to
 * the others, and its targets here begin anew. With `full`, only full reads go on.
 */
export function resumable(targets: readonly Target[], cursors: readonly Cursor[], full: boolean): Reading[] {
  const ids = new Set(targets.flatMap(({ cursor }) => cursor?.read?.id ?? []));
  return [...ids].flatMap((id): Reading[] => {
    const holders = targets.filter(({ cursor }) => cursor?.read?.id === id);
    const read = holders[0]?.cursor?.read;
    const everyone = cursors.filter((cursor) => cursor.read?.id === id).length;
    if (!read || holders.length < everyone || (full && read.kind !== 'full')) return [];
    return [{ read, targets: holders, resumed: true, from: null }];
  });
}

/** A read of everything for the events that were never read to the end, or were asked to be read in full; null where there is none. */
export function fullReading(targets: readonly Target[], { beganAt, until }: Clock): Reading | null {
  if (targets.length === 0) return null;
  return { read: { id: randomUUID(), kind: 'full', beganAt, until }, targets, resumed: false, from: null };
}

/** A read of what changed since the smallest cursor; null where there is none. */
export function incrementReading(
  targets: readonly Target[],
  { beganAt, until }: Clock,
  overlapMs: number,
): Reading | null {
  if (targets.length === 0) return null;
  const from = Math.min(...targets.map(({ cursor }) => positionOf(cursor))) - overlapMs;
  return { read: { id: randomUUID(), kind: 'incremental', beganAt, until }, targets, resumed: false, from };
}

/** Milliseconds by which vivenu's clock was set back since an event was read, 0 where it was not: what was stamped since lies behind the cursor. */
export function setBackMs({ cursor }: Target, clock: Clock, overlapMs: number): number {
  const ms = positionOf(cursor) - clock.beganAt;
  return clock.isLocal !== true && ms > overlapMs ? ms : 0;
}

/** The smaller of when the last complete read began and the newest update that was read, milliseconds since 1970. */
function positionOf(cursor: Cursor | undefined): number {
  const readAt = cursor?.readAt ?? 0;
  return Math.min(readAt, cursor?.newestUpdatedAt ?? readAt);
}

/** Event lists for the scope of a read, each short enough for a URL; one null where no list narrows it. */
export function scopesOf(
  stream: ListStream,
  targets: readonly { eventId: string }[],
): (readonly string[] | null)[] {
  const events = [...new Set(targets.map(({ eventId }) => eventId))];
  if (stream.timed === null || events.includes('*')) return [null];
  const scopes: string[][] = [];
  let length = Infinity;
  for (const event of events) {
    if (length + event.length + 1 > MAX_LIST) {
      scopes.push([]);
      length = 0;
    }
    scopes.at(-1)?.push(event);
    length += event.length + 1;
  }
  return scopes;
}

/** Regions with the events to count in each so that no row counts twice; null events: all of the region's. */
export function countedParts(
  targets: readonly Target[],
): { region: Region; events: readonly string[] | null }[] {
  const everything = targets.find(({ eventId }) => eventId === '*');
  if (everything) return [{ region: everything.region, events: null }];
  const counted = new Set<string>();
  return [...new Set(targets.map(({ region }) => region))].map((region) => {
    const events = targets
      .filter((target) => target.region === region && !counted.has(target.eventId))
      .map(({ eventId }) => eventId);
    for (const event of events) counted.add(event);
    return { region, events };
  });
}
