import { FatalError } from '../errors.js';
import type { ListStream } from '../streams/define.js';
import type { Window } from '../streams/window.js';
import { copyOf } from '../transform/copy.js';
import type { Target } from './plan.js';
import type { Region } from './region.js';
import type { Parcel } from './store.js';

/** Which regions take a row: those of its event, else those of its root event, and those that take everything. */
export class Routes {
  readonly #byEvent = new Map<string, Region[]>();
  readonly #everything: readonly Region[];
  readonly #stream: ListStream;

  constructor(stream: ListStream, targets: readonly Target[]) {
    this.#stream = stream;
    this.#everything = targets.filter(({ eventId }) => eventId === '*').map(({ region }) => region);
    for (const { region, eventId } of targets) push(this.#byEvent, eventId, region);
  }

  /** Rows of a window by region; throws a FatalError for a row that the window does not ask for. */
  parcels(window: Window, rows: readonly unknown[]): Parcel[] {
    const byRegion = new Map<Region, unknown[]>();
    for (const row of rows) {
      const [first, ...others] = this.#regionsOf(window, row);
      // Each region takes its own fields out of a record, in place.
      for (const region of others) push(byRegion, region, copyOf(row));
      if (first) push(byRegion, first, row);
    }
    const parcels = [...byRegion].map(([region, records]) => ({
      region,
      records: records.map((record) => [record]),
    }));
    return parcels.map((parcel) => ({ ...parcel, stream: this.#stream }));
  }

  #regionsOf(window: Window, row: unknown): Region[] {
    const event = textOf(row, 'eventId');
    const root = textOf(row, 'rootEventId');
    const known = this.#byEvent.get(event);
    if (known && this.#everything.length === 0) return known;
    const regions = new Set([
      ...(this.#byEvent.get(event) ?? this.#byRoot(event, root)),
      ...this.#everything,
    ]);
    // A region that left this read since it began reads its rows by itself.
    const asked = window.events === null || window.events.includes(event) || window.events.includes(root);
    if (regions.size === 0 && event === '' && root === '') return this.#firstOf(window);
    if (regions.size > 0 || asked) return [...regions];
    throw new FatalError(`vivenu answered a row of event "${event}", which was not asked for`);
  }

  /** What names no event was asked for all the same: one region sets it aside. */
  #firstOf({ events }: Window): Region[] {
    const takers = (events ?? []).flatMap((event) => this.#byEvent.get(event) ?? []);
    return takers.slice(0, 1);
  }

  /** An event that is known only by its root belongs to the root's regions from here on. */
  #byRoot(event: string, root: string): Region[] {
    const regions = this.#byEvent.get(root) ?? [];
    for (const region of event === '' ? [] : regions) {
      push(this.#byEvent, event, region);
      region.events?.add(event);
    }
    return regions;
  }
}

const textOf = (row: unknown, key: 'eventId' | 'rootEventId'): string => {
  const value = typeof row === 'object' && row !== null ? (row as Partial<Record<string, unknown>>)[key] : '';
  return typeof value === 'string' ? value : '';
};

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
