import { randomUUID } from 'node:crypto';
import { RetryableError } from '../errors.js';
import { medianCreation, unplaced } from '../load/counts.js';
import { rehearsedOf } from '../load/rehearsed.js';
import { noteProof } from '../load/cursors.js';
import { readWindows } from '../source/windows.js';
import { freshWindow } from '../streams/window.js';
import type { Clock } from './context.js';
import { countAtVivenu, countStored, type Unit } from './count.js';
import { markMissing } from './deletes.js';
import type { Reading, Target } from './plan.js';
import { readerOf, type TimedSync } from './read.js';
import { tableFor, tallyFor, type Region } from './region.js';

const MAX_ROUNDS = 3;
/** Below this many pages reading is cheaper than counting on. */
const READ_PAGES = 4;

/**
 * Shows that what vivenu lists up to the run's time is what the database holds, rejects included; finds and repairs what differs,
 * at most three times. A region that still differs ends incomplete, and its tally says by how much.
 */
export async function prove(sync: TimedSync, targets: readonly Target[], clock: Clock): Promise<void> {
  for (const unit of unitsOf(targets)) {
    if (await proveUnit(sync, unit, { clock, rounds: MAX_ROUNDS })) await noteProven(sync, unit, targets);
    else
      for (const alone of eachRegion(unit))
        if (await proveUnit(sync, alone, { clock, rounds: 0 })) await noteProven(sync, alone, targets);
  }
}

/** One count for all regions whose events do not overlap, otherwise one each. */
export function unitsOf(targets: readonly Target[]): Unit[] {
  const regions = [...new Set(targets.map(({ region }) => region))];
  const events = regions.flatMap((region) => (region.events === null ? [] : [...region.events]));
  const disjoint =
    regions.every((region) => region.events !== null) && new Set(events).size === events.length;
  if (disjoint) return [{ regions, events }];
  return regions.map((region) => ({ regions: [region], events: region.events && [...region.events] }));
}

/** Compares the counts of a unit and repairs what differs for some rounds; of a single region says in its tally what stays. */
async function proveUnit(
  sync: TimedSync,
  unit: Unit,
  { clock, rounds }: { clock: Clock; rounds: number },
): Promise<boolean> {
  for (let round = 0; ; round += 1) {
    const { total } = await countAtVivenu(sync, unit.events, { from: null, to: clock.until });
    const held = await countStored(sync, unit, { from: null, to: clock.until });
    tellProof(sync, unit, { api: total, ...held });
    await noteTotals(sync, unit, total, clock);
    if (total === held.sum) return true;
    if (round === rounds) {
      const says = `vivenu lists ${total} ${sync.stream.name}; ${held.stored} are stored and ${held.rejected} set aside`;
      if (unit.regions.length === 1)
        for (const region of unit.regions) tallyFor(region, sync.stream.name).fail(new RetryableError(says));
      return false;
    }
    for (const part of unit.events && unit.events.length > 1 ? eachEvent(unit) : [unit])
      await repair(sync, part, clock);
    if (!(await settleMissing(sync))) rounds = round + 1;
  }
}

const eachRegion = (unit: Unit): Unit[] =>
  unit.regions.map((region) => ({ regions: [region], events: region.events && [...region.events] }));

const eachEvent = (unit: Unit): Unit[] =>
  (unit.events ?? []).map((event) => ({
    regions: unit.regions.filter((region) => region.events?.has(event)),
    events: [event],
  }));

async function repair(sync: TimedSync, unit: Unit, clock: Clock): Promise<void> {
  const span = { from: null, to: clock.until };
  const { total } = await countAtVivenu(sync, unit.events, span);
  const { sum } = await countStored(sync, unit, span);
  if (total !== sum) await repairSpan(sync, unit, { ...span, total, sum });
}

interface Difference {
  readonly from: number | null;
  readonly to: number;
  readonly total: number;
  readonly sum: number;
}

/** Halves creation time until what differs is a few pages, and reads those. */
async function repairSpan(sync: TimedSync, unit: Unit, difference: Difference): Promise<void> {
  const { from, to, total, sum } = difference;
  const fewPages = total <= READ_PAGES * sync.account.client.pageSize(sync.stream.path);
  const middle = fewPages || sum === 0 ? null : await middleOf(sync, unit, difference);
  if (middle === null) {
    await readSpan(sync, unit, difference);
    return;
  }
  const early = { from, to: middle };
  const { total: earlyTotal } = await countAtVivenu(sync, unit.events, early);
  const { sum: earlySum } = await countStored(sync, unit, early);
  if (earlyTotal !== earlySum) await repairSpan(sync, unit, { ...early, total: earlyTotal, sum: earlySum });
  const late = { from: middle + 1, to, total: total - earlyTotal, sum: sum - earlySum };
  if (late.total !== late.sum) await repairSpan(sync, unit, late);
}

/** The creation time that halves the stored rows of a span; null where it cannot be halved. */
async function middleOf(
  { run, stream }: TimedSync,
  unit: Unit,
  { from, to }: Difference,
): Promise<number | null> {
  const [region] = unit.regions;
  if (region === undefined || from === to) return null;
  const middle = await medianCreation(run.db, tableFor(region, stream.name), {
    events: unit.events,
    from,
    to,
  });
  return middle === null ? null : Math.min(middle, to - 1);
}

async function readSpan(sync: TimedSync, unit: Unit, { from, to }: Difference): Promise<void> {
  const targets = unit.regions.flatMap((region) =>
    (region.events === null ? ['*'] : (unit.events ?? [...region.events])).map((eventId) => ({
      region,
      schema: region.schema,
      eventId,
      cursor: undefined,
    })),
  );
  const reading: Reading = {
    read: { id: randomUUID(), kind: 'full', beganAt: to, until: to },
    targets,
    resumed: false,
    from: null,
  };
  const window = freshWindow({ by: 'created', from, to, events: unit.events });
  await readWindows([window], await readerOf(sync, reading));
}

/** Marks what complete reads lacked; false when a region's brake held, whose proof cannot succeed then. */
export async function settleMissing({ run, stream, missing }: TimedSync): Promise<boolean> {
  let settled = true;
  for (const [region, rows] of missing)
    settled = (await markMissing(run, region, stream.name, rows)) && settled;
  missing.clear();
  return settled;
}

/** Looks for rows that no creation time places: they are in the count without time, and in neither half of time. */
export async function countUnplaced(sync: TimedSync, unit: Unit, clock: Clock): Promise<number> {
  const all = await countAtVivenu(sync, unit.events, { from: null, to: null });
  const until = await countAtVivenu(sync, unit.events, { from: null, to: clock.until });
  const after = await countAtVivenu(sync, unit.events, { from: clock.until + 1, to: null });
  let known = 0;
  const { run, stream } = sync;
  for (const region of unit.regions) {
    const table = tableFor(region, stream.name);
    const events = region.events && [...region.events];
    known += await unplaced(run.db, table, events);
    if (run.options.dryRun) known += await rehearsedOf(run.db, table, events, true);
  }
  return all.total - until.total - after.total - known;
}

async function noteProven(
  { run, account, stream }: TimedSync,
  unit: Unit,
  targets: readonly Target[],
): Promise<void> {
  const proven = targets.filter(({ region }) => unit.regions.includes(region));
  if (!run.options.dryRun)
    await run.db.transaction((client) => noteProof(client, account.keyId, stream.name, proven));
  for (const region of unit.regions) tallyFor(region, stream.name).proven = true;
}

async function noteTotals(sync: TimedSync, unit: Unit, total: number, clock: Clock): Promise<void> {
  if (unit.regions.length === sync.account.regions.length) sync.account.total = total;
  for (const region of unit.regions) {
    const tally = tallyFor(region, sync.stream.name);
    const { stored } = await countStored(
      sync,
      { ...unit, regions: [region] },
      { from: null, to: clock.until },
    );
    tally.storedTotal = stored;
    tally.apiTotal = unit.regions.length === 1 ? total : null;
  }
}

function tellProof(
  { run, account, stream }: TimedSync,
  unit: Unit,
  counts: { api: number; stored: number; rejected: number },
): void {
  const regions: readonly Region[] = unit.regions;
  const { api, stored, rejected } = counts;
  run.observe({
    type: 'proof',
    keyId: account.keyId,
    stream: stream.name,
    regions: regions.map(({ name }) => name),
    api,
    stored,
    rejected,
  });
}
