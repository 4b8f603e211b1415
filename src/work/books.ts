import { keyId, type Config, type RegionConfig } from '../config/config.js';
import { lastBegun } from '../load/begun.js';
import type { Database } from '../load/client.js';
import { booksOf, heldLocks } from '../load/status.js';
import { keyLock, runLock } from '../sync/choose.js';
import { dueTimes, isPlanned, type Begun } from './due.js';

/** What the books say of regions. */
export interface Books {
  readonly begun: ReadonlyMap<string, Begun>;
  /** Keys of which a run is under way, whoever began it. */
  readonly busy: ReadonlySet<string>;
}

const idOf = ({ token, baseUrl }: RegionConfig) => keyId(token, baseUrl);

/** Reads what was begun last for each of these regions, and which keys are being read now. */
export async function readBooks(db: Database, regions: readonly RegionConfig[]): Promise<Books> {
  const locksOf = (region: RegionConfig) => [runLock(region), keyLock(idOf(region))];
  const held = await heldLocks(db, regions.flatMap(locksOf));
  const isHeld = (region: RegionConfig) => held.has(runLock(region));
  const busy = regions.filter((region) => locksOf(region).some((lock) => held.has(lock)));
  return { begun: await begunOf(db, regions, isHeld), busy: new Set(busy.map(idOf)) };
}

/** When each of these regions was begun last; of one that is not held, no run is under way. */
export async function begunOf(
  db: Database,
  regions: readonly RegionConfig[],
  isHeld: (region: RegionConfig) => boolean,
): Promise<Map<string, Begun>> {
  const booked = regions.map((config) => {
    const { region, schema } = config;
    return { region, schema, keyId: idOf(config), isHeld: isHeld(config) };
  });
  const ms = (date: Date | null) => date?.getTime() ?? null;
  const rows = await lastBegun(db, booked);
  return new Map(rows.map(({ region, run, full }) => [region, { run: ms(run), full: ms(full) }]));
}

/** When a region is run next without being asked, if `serve` runs; null: never. What is past is due now. */
export interface NextRuns {
  readonly region: string;
  readonly run: Date | null;
  /** One that reads everything. */
  readonly full: Date | null;
}

/** When each region that has a schedule is run next; asks the database only. */
export async function nextRuns(
  db: Database,
  { events }: Pick<Config, 'events'>,
  now: number,
): Promise<NextRuns[]> {
  const planned = events.filter(isPlanned);
  if (planned.length === 0) return [];
  const { exist } = await booksOf(db);
  const { begun } = exist ? await readBooks(db, planned) : { begun: new Map<string, Begun>() };
  return planned.map((region) => nextOf(region, begun.get(region.region), now));
}

/** When a region is run next, from what was begun last. */
export function nextOf(region: RegionConfig, begun: Begun | undefined, now: number): NextRuns {
  const { run, full } = dueTimes(region, begun ?? { run: null, full: null });
  const date = (at: number) => (at === Infinity ? null : new Date(at === -Infinity ? now : at));
  return { region: region.region, run: date(run), full: date(full) };
}
