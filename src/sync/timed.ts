import { RetryableError } from '../errors.js';
import { eventsOfRoots, undatedRows } from '../load/counts.js';
import { loadCursors } from '../load/cursors.js';
import { Stopped } from '../source/windows.js';
import type { ListStream, Timed } from '../streams/define.js';
import { clockOf, type Account, type Clock, type Run } from './context.js';
import { countAtVivenu, countStored, type Unit } from './count.js';
import type { EventList } from './events.js';
import { fetchList, pageRows, rowKey } from './lists.js';
import {
  fullReading,
  incrementReading,
  resumable,
  scopesOf,
  setBackMs,
  targetsOf,
  type Target,
} from './plan.js';
import { countUnplaced, prove, settleMissing, unitsOf } from './proof.js';
import { carryOut, factsOf, paramsOf, type TimedSync } from './read.js';
import { alive, tableFor, tallyFor, type Region } from './region.js';
import { Routes } from './routes.js';
import { store } from './store.js';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Brings a timed stream of a key up to the run's time, and proves it: unfinished reads, then full ones, then what changed. */
export async function syncTimed(
  run: Run,
  account: Account,
  stream: ListStream & { timed: Timed },
  list: EventList,
): Promise<void> {
  const clock = account.clock ?? clockOf({ serverTime: null, requestedAt: Date.now() });
  const earliest = list.earliest ?? clock.until - YEAR_MS;
  const sync: TimedSync = { run, account, stream, timed: stream.timed, earliest, missing: new Map() };
  await addStoredEvents(sync);
  const full = await readAll(sync, clock);
  const braked = !(await settleMissing(sync));
  const targets = (await targetsNow(sync)).filter(
    ({ region }) => !braked || tallyFor(region, stream.name).error === undefined,
  );
  await proveAll(sync, { targets, clock, full });
  for (const region of new Set(targets.map((target) => target.region))) {
    const tally = tallyFor(region, stream.name);
    if (tally.proven && tally.error === undefined) tally.status = 'complete';
    tally.withoutUpdateTime = await undatedRows(run.db, tableFor(region, stream.name));
  }
}

/** Events that stored rows name beside a configured root are read with it. */
async function addStoredEvents({ run, account, stream }: TimedSync): Promise<void> {
  for (const region of account.regions.filter(alive)) {
    if (region.events === null) continue;
    const events = await eventsOfRoots(run.db, tableFor(region, stream.name), [...region.events]);
    for (const event of events) region.events.add(event);
  }
}

async function targetsNow({ run, account, stream }: TimedSync): Promise<Target[]> {
  const cursors = await loadCursors(run.db, account.keyId, stream.name);
  return targetsOf(account.regions.filter(alive), cursors);
}

/** Reads everything that is to be read; returns the regions of which something was read in full. */
async function readAll(sync: TimedSync, clock: Clock): Promise<ReadonlySet<Region>> {
  const { run, account, stream } = sync;
  const { full } = run.options;
  const cursors = await loadCursors(run.db, account.keyId, stream.name);
  const targets = targetsOf(account.regions.filter(alive), cursors);
  const resumed = resumable(targets, cursors, full);
  const begun = new Set(resumed.flatMap((reading) => reading.targets));
  const back = setBack(sync, targets, clock);
  const anew = targets.filter(
    (target) => !begun.has(target) && (full || target.cursor?.readAt == null || back.has(target)),
  );
  const inFull = new Set(
    [
      ...anew,
      ...resumed.filter(({ read }) => read.kind === 'full').flatMap((reading) => reading.targets),
    ].map(({ region }) => region),
  );
  for (const region of account.regions.filter(alive))
    tallyFor(region, stream.name).mode = inFull.has(region) ? 'full' : 'incremental';
  for (const reading of resumed) await carryOut(sync, reading, null);
  const whole = fullReading(anew, clock);
  if (whole) {
    const events = scopesOf(stream, anew).flatMap((scope) => scope ?? []);
    const { total } = await countAtVivenu(sync, events.length > 0 ? events : null, {
      from: null,
      to: clock.until,
    });
    tellBegin(sync, [...inFull], total);
    await carryOut(sync, whole, total);
  }
  const wholeNow = new Set(anew.map(({ schema, eventId }) => `${schema} ${eventId}`));
  // What a region that failed meanwhile, or a dry run, has not read to the end has no cursor to go on from.
  const begunOnce = (await targetsNow(sync)).filter(({ cursor }) => cursor?.readAt != null);
  const changed = begunOnce.filter(({ schema, eventId }) => !wholeNow.has(`${schema} ${eventId}`));
  await readChanges(sync, changed, clock);
  return inFull;
}

/** Events that no increment can bring up to date, because vivenu's clock was set back since they were read. */
function setBack({ run, stream }: TimedSync, targets: readonly Target[], clock: Clock): ReadonlySet<Target> {
  const { overlapMs } = run.config.sync;
  const back = targets.filter((target) => setBackMs(target, clock, overlapMs) > 0);
  for (const region of new Set(back.map((target) => target.region))) {
    const ms = Math.max(...back.map((target) => setBackMs(target, clock, overlapMs)));
    const says = `vivenu's clock was set back by about ${Math.round(ms / 60_000)} min since the last run: everything is read again`;
    tallyFor(region, stream.name).warnings.push(says);
  }
  return new Set(back);
}

async function readChanges(sync: TimedSync, targets: readonly Target[], clock: Clock): Promise<void> {
  const reading = incrementReading(targets, clock, sync.run.config.sync.overlapMs);
  if (reading) await carryOut(sync, reading, null);
}

function tellBegin({ run, account, stream }: TimedSync, regions: readonly Region[], total: number): void {
  run.observe({
    type: 'stream.begin',
    keyId: account.keyId,
    stream: stream.name,
    regions: regions.map(({ name }) => name),
    mode: 'full',
    total,
  });
}

async function proveAll(
  sync: TimedSync,
  { targets, clock, full }: { targets: readonly Target[]; clock: Clock; full: ReadonlySet<Region> },
): Promise<void> {
  for (const region of full) if (alive(region)) tallyFor(region, sync.stream.name).proof = 'ids';
  const units = unitsOf(targets);
  for (const unit of units)
    if (unit.regions.some((region) => full.has(region))) await readUnplaced(sync, unit, { targets, clock });
  await prove(sync, targets, clock);
  for (const region of new Set(targets.map((target) => target.region)))
    tallyFor(region, sync.stream.name).proof ??= 'counts';
  for (const unit of units) await compareStates(sync, unit, { targets, clock });
}

interface Proof {
  readonly targets: readonly Target[];
  readonly clock: Clock;
}

const MAX_PASSES = 10;

/** Rows whose creation time no window finds are looked for in the list without time, until as many as are missing are found. */
async function readUnplaced(sync: TimedSync, unit: Unit, proof: Proof): Promise<void> {
  const missing = await countUnplaced(sync, unit, proof.clock);
  if (missing <= 0) return;
  const search: Search = {
    ...proof,
    routes: new Routes(sync.stream, proof.targets),
    found: new Set(),
    missing,
  };
  const scopes =
    unit.events === null
      ? [null]
      : scopesOf(
          sync.stream,
          unit.events.map((eventId) => ({ eventId })),
        );
  let holds = false;
  for (let pass = 0; pass < MAX_PASSES && !holds && search.found.size < missing; pass += 1) {
    holds = true;
    for (const events of scopes) holds = (await searchOnce(sync, search, events)) && holds;
  }
  const still = await countUnplaced(sync, unit, proof.clock);
  if (still > 0)
    throw new RetryableError(
      `${still} ${sync.stream.name} have a creation time that vivenu's own filters do not find`,
    );
}

interface Search extends Proof {
  readonly routes: Routes;
  readonly found: Set<string>;
  readonly missing: number;
}

/** Looks through the list once; returns whether its order held, so that looking again is of no use. */
async function searchOnce(
  { run, account, stream, timed }: TimedSync,
  { clock, routes, found, missing }: Search,
  events: readonly string[] | null,
): Promise<boolean> {
  const window = { by: 'created' as const, events, from: null, to: null };
  const first = new Set<string>();
  let holds = true;
  for (let skip = 0, total = Infinity; skip < total && found.size < missing;) {
    if (run.stop.aborted) throw new Stopped('stopped before this page');
    const at = { skip, top: Math.min(account.client.pageSize(stream.path), pageRows(run, stream)) };
    const answer = await fetchList(account, stream, at, paramsOf(timed, window));
    const keys = answer.rows.map(rowKey);
    if (skip > 0) holds = holds && !keys.some((key) => first.has(key));
    else for (const key of keys) first.add(key);
    const odd = answer.rows.filter((row) => factsOf(timed, row).created === null);
    for (const row of odd) found.add(rowKey(row));
    await store(run, routes.parcels({ ...window, to: clock.until, pass: null, id: null }, odd), {
      keyId: account.keyId,
      requestedAt: answer.requestedAt,
      full: true,
      window: null,
    });
    if (answer.rows.length === 0) break;
    total = answer.total ?? 0;
    skip += answer.rows.length;
  }
  return holds;
}

/** The second count, of rows in the states that mean sold: narrows the chance that one missing and one vanished row cancel out. */
async function compareStates(sync: TimedSync, unit: Unit, { targets, clock }: Proof): Promise<void> {
  const { values: states } = sync.timed.state;
  const differs = async () => {
    const { total, clock: at } = await countAtVivenu(
      sync,
      unit.events,
      { from: null, to: clock.until },
      states,
    );
    const { sum } = await countStored(sync, unit, { from: null, to: clock.until, states });
    return { total, sum, at };
  };
  const before = await differs();
  if (before.total === before.sum) return;
  const regions = new Set(unit.regions);
  const again = (await targetsNow(sync)).filter(
    ({ region }) => regions.has(region) && targets.some((target) => target.region === region),
  );
  await readChanges(sync, again, before.at);
  const after = await differs();
  if (after.total === after.sum) return;
  const says = `vivenu counts ${after.total} ${states.join(' and ')}, ${after.sum} are stored: tickets are being edited while they are counted`;
  for (const region of unit.regions) tallyFor(region, sync.stream.name).warnings.push(says);
}
