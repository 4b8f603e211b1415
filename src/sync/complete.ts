import { unseenRows, type Part } from '../load/counts.js';
import { closeUnseen } from '../load/rejects.js';
import { dropWindow } from '../load/windows.js';
import type { Seen } from '../source/reader.js';
import type { Window } from '../streams/window.js';
import { heldIn } from './held.js';
import { countedParts, type Reading } from './plan.js';
import type { TimedSync } from './read.js';
import { alive, tableFor, tallyFor, type Region } from './region.js';

interface Completed {
  readonly reading: Reading;
  readonly window: Window;
  readonly seen: Seen | null;
  /** Regions that held rows before the read. */
  readonly mayLack: ReadonlySet<Region>;
}

/** A window of creation times that was read whole tells which stored rows are gone; any other tells nothing of that. */
export async function completeWindow(
  sync: TimedSync,
  { reading, window, seen, mayLack }: Completed,
): Promise<void> {
  const { run, stream } = sync;
  const parts = regionParts(reading, window).filter(({ region }) => alive(region));
  for (const { region } of parts) tallyFor(region, stream.name).windows += 1;
  if (seen !== null && window.by === 'created')
    await findMissing(sync, {
      reading,
      window,
      seen,
      parts: parts.filter(({ region }) => mayLack.has(region)),
    });
  if (window.id !== null) await run.db.transaction((client) => dropWindow(client, window));
}

async function findMissing(
  sync: TimedSync,
  {
    reading,
    window,
    seen,
    parts,
  }: { reading: Reading; window: Window; seen: Seen; parts: readonly RegionPart[] },
): Promise<void> {
  const { run, stream, missing } = sync;
  const { requestedAt } = seen;
  for (const { region, events } of run.options.dryRun ? [] : parts) {
    const table = tableFor(region, stream.name);
    await run.db.transaction((client) => closeUnseen(client, table, { ...window, events }, requestedAt));
  }
  // What was seen is stored or set aside by now: as many rows are held as were seen only when none of them is gone.
  if (parts.length === 0 || (await accountedIn(sync, reading, window)) === seen.keys.length) return;
  for (const { region, events } of parts) {
    const part = { from: window.from, to: window.to, events };
    const keys = await unseenRows(run.db, tableFor(region, stream.name), part, seen.keys);
    if (keys.length > 0) missing.set(region, [...(missing.get(region) ?? []), { keys, requestedAt }]);
  }
}

interface RegionPart {
  readonly region: Region;
  readonly events: readonly string[] | null;
}

/** Each region with the events of a window that are its own. */
function regionParts({ targets }: Reading, window: Window): RegionPart[] {
  return [...new Set(targets.map(({ region }) => region))].map((region) => ({
    region,
    events: within(region, window.events),
  }));
}

/** A region's events among those of a window; null: all. */
function within(region: Region, events: readonly string[] | null): readonly string[] | null {
  if (region.events === null) return events;
  return [...region.events].filter((event) => events?.includes(event) ?? true);
}

/** Rows and rejects that the database holds of a window, each counted once however many regions take it. */
export async function accountedIn(sync: TimedSync, { targets }: Reading, window: Window): Promise<number> {
  const { run, stream } = sync;
  let sum = 0;
  for (const { region, events } of countedParts(targets)) {
    const narrowed = events?.filter((event) => window.events?.includes(event) ?? true) ?? window.events;
    const part: Part = { events: narrowed, from: window.from, to: window.to, by: window.by };
    const { stored, rejected } = await heldIn(run, tableFor(region, stream.name), part);
    sum += stored + rejected;
  }
  return sum;
}
