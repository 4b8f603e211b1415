/** How far the figures of each region can be trusted, in words that the dashboard and `status` share. */
import { keyId, type Config, type RegionConfig } from '../config/config.js';
import { nextLaunchTick, nextTick } from '../config/schedule.js';
import type { Database } from '../load/client.js';
import { booksOf, heldLocks } from '../load/status.js';
import {
  budgetBooks,
  rejectCounts,
  runBooks,
  streamBooks,
  type BudgetBook,
  type RunBook,
  type StreamBook,
} from '../load/trust.js';
import { streams } from '../streams/index.js';
import { runLock } from '../sync/choose.js';
import { budgetLeft } from './budget-left.js';
import { isPlanned } from './due.js';

export type TrustState =
  'complete' | 'reading' | 'stale' | 'incomplete' | 'not_read' | 'waiting' | 'interrupted' | 'never_read';

/** How far a region's figures can be trusted. */
export interface Trust {
  readonly state: TrustState;
  /** In words, without its age. */
  readonly says: string;
  /** What its age is counted from (ISO 8601, UTC), and the word before it. */
  readonly since: {
    readonly word: 'proven' | 'last proven' | 'read' | 'figures from';
    readonly at: string;
  } | null;
  readonly cause: string | null;
  readonly short: number | null;
  readonly set_aside: number;
  readonly progress: number | null;
  readonly run_id: string | null;
  readonly stream: string | null;
}

/** What is known of one region. */
export interface TrustFacts {
  readonly config: Pick<RegionConfig, 'schedule' | 'fullSchedule' | 'launches'>;
  /** Somebody holds it now: a run, or who works on what is stored. */
  readonly isHeld: boolean;
  readonly run: RunBook | undefined;
  readonly streams: readonly StreamBook[];
  readonly setAside: number;
  /** Until when its key has no request left, in milliseconds since 1970; null: it has. */
  readonly waitsUntil: number | null;
  readonly now: number;
}

const NAMES = streams.map(({ name }) => name);
/** The stream that the figures rest on, and whose proof counts. */
const MAIN = streams.find((stream) => 'timed' in stream && stream.timed !== null)?.name ?? '';
const DAY_MS = 86_400_000;
/** A run of a schedule takes its time. */
const LATE_MS = 120_000;

/** Looks up every configured region at once; asks the database only. */
export async function trustOfAll(db: Database, { events, http }: Config): Promise<Map<string, Trust>> {
  const { exist, now } = await booksOf(db);
  if (!exist) return new Map(events.map((config) => [config.region, neverRead(config)]));
  const schemas = events.map(({ schema }) => schema);
  const ids = new Map(events.map((region) => [region.region, keyId(region.token, region.baseUrl)]));
  const [held, books, runs, rejects, budgets] = await Promise.all([
    heldLocks(db, events.map(runLock)),
    streamBooks(db, schemas, NAMES),
    runBooks(
      db,
      events.map(({ region }) => region),
    ),
    rejectCounts(db, schemas),
    budgetBooks(db, [...new Set(ids.values())]),
  ]);
  const bySchema = new Map<string, StreamBook[]>();
  for (const book of books) bySchema.set(book.schema, [...(bySchema.get(book.schema) ?? []), book]);
  const byRegion = new Map(runs.map((run) => [run.region, run]));
  const waits = new Map(budgets.map((one) => [one.key_id, waitsUntil(one, http.requestsPerHour, +now)]));
  const factsOf = (config: RegionConfig): TrustFacts => ({
    config,
    isHeld: held.has(runLock(config)),
    run: byRegion.get(config.region),
    streams: bySchema.get(config.schema) ?? [],
    setAside: rejects.get(config.schema) ?? 0,
    waitsUntil: waits.get(ids.get(config.region) ?? '') ?? null,
    now: +now,
  });
  return new Map(events.map((config) => [config.region, trustOf(factsOf(config))]));
}

/** A wait that is over before anybody reads of it is none. */
const WORTH_MS = 5000;

function waitsUntil(book: BudgetBook, perHour: number, now: number): number | null {
  const { waits_until: until } = budgetLeft(book, perHour, now);
  return until !== null && until - now > WORTH_MS ? until : null;
}

/** How far one region can be trusted; pure. */
export function trustOf(facts: TrustFacts): Trust {
  const { config, run, streams: books, isHeld } = facts;
  if (run === undefined && books.length === 0) return neverRead(config);
  const known = settled(facts);
  // Others hold a region too, for a moment each: who works out its summaries, or tries again what was set aside.
  if (isHeld && run?.status === 'running') return { ...known, ...underWay(facts) };
  const isCut = run?.status === 'running' || run?.status === 'interrupted' || run?.status === 'killed';
  if (isCut && known.state !== 'not_read') {
    const says = 'interrupted, goes on at the next run';
    return { ...known, state: 'interrupted', says, since: lastProven(facts), run_id: run.run_id };
  }
  return known;
}

/** What the runs that ended say. */
function settled(facts: TrustFacts): Trust {
  const { run, streams: books, setAside: set_aside, now, config } = facts;
  const main = books.find(({ stream }) => stream === MAIN);
  const of = (book: StreamBook | undefined) => ({
    ...{ short: null, set_aside, progress: null, cause: null },
    run_id: book?.run_id ?? run?.run_id ?? null,
    stream: book?.stream ?? null,
  });
  const proven = provenAt(facts);
  const figures = proven === null ? null : ({ word: 'figures from', at: proven.toISOString() } as const);
  if (run?.error != null && run.status !== 'running')
    return {
      ...of(main),
      state: 'not_read',
      says: 'not read',
      since: figures,
      cause: run.error,
      run_id: run.run_id,
    };
  if (main?.status === 'failed')
    return { ...of(main), state: 'not_read', says: 'not read', since: figures, cause: main.error };
  const lacking = [main, ...books].find((book) => book?.status === 'incomplete' || book?.status === 'failed');
  if (lacking !== undefined) return { ...of(lacking), ...incomplete(lacking) };
  if (proven === null) {
    const says = 'not proven yet';
    return { ...of(main), state: main === undefined ? 'not_read' : 'incomplete', says, since: null };
  }
  const since = lastProven(facts);
  if (now > staleAt(config, proven.getTime())) return { ...of(main), state: 'stale', says: 'stale', since };
  return {
    ...of(main),
    ...{ state: 'complete', says: 'complete', since: { word: 'proven', at: proven.toISOString() } },
  };
}

function incomplete(book: StreamBook): Pick<Trust, 'state' | 'says' | 'since' | 'cause' | 'short'> {
  const { stream, api_total: api, stored_total: stored, rejected, error, finished_at: at } = book;
  const difference = api === null || stored === null ? null : api - stored - rejected;
  const short = difference === 0 ? null : difference;
  const rows = stream === MAIN ? '' : ` ${stream}`;
  const lacks =
    short === null
      ? `${stream} not complete`
      : short > 0
        ? `${grouped(short)}${rows} short`
        : `${grouped(-short)}${rows} too many`;
  return {
    ...{ state: 'incomplete', says: `incomplete, ${lacks}`, short },
    since: { word: 'read', at: at.toISOString() },
    cause: error === null ? null : `${stream}: ${error}`,
  };
}

/** Waiting for requests is told where that is what a run does now. */
function underWay(
  facts: TrustFacts,
): Pick<Trust, 'state' | 'says' | 'since' | 'progress' | 'run_id' | 'stream'> {
  const { run, waitsUntil: until } = facts;
  const reads = run?.status === 'running' ? (run.progress ?? []) : [];
  const read = reads.find(({ stream }) => stream === MAIN) ?? reads[0];
  const share = read?.expected ? Math.min(1, read.done / read.expected) : null;
  const common = { since: lastProven(facts), run_id: run?.run_id ?? null, stream: read?.stream ?? null };
  if (until !== null)
    return {
      ...common,
      state: 'waiting',
      says: `waiting for requests until ${clock(until)}`,
      progress: share,
    };
  const says = share === null ? 'reading' : `reading, ${Math.floor(share * 100)} %`;
  return { ...common, state: 'reading', says, progress: share };
}

function neverRead(config: TrustFacts['config']): Trust {
  const cause = isPlanned(config)
    ? 'its first run is due: it begins when serve or a worker runs'
    : 'nothing runs it: run `vivenu-ingest run`, or set SCHEDULE';
  return {
    ...{ state: 'never_read', says: 'never read', since: null, cause, short: null, set_aside: 0 },
    ...{ progress: null, run_id: null, stream: null },
  };
}

const provenAt = ({ streams: books }: TrustFacts): Date | null =>
  books.find(({ stream }) => stream === MAIN)?.proven_at ?? null;

function lastProven(facts: TrustFacts): Trust['since'] {
  const at = provenAt(facts);
  return at === null ? null : { word: 'last proven', at: at.toISOString() };
}

/** After the second time of its schedule that brought no proof; of a region without one, after a day. */
function staleAt({ schedule, launches }: TrustFacts['config'], proven: number): number {
  const next = (at: number) =>
    Math.min(schedule === null ? Infinity : nextTick(schedule, at), nextLaunchTick(launches, at));
  const second = schedule === null ? Infinity : next(next(proven));
  return second === Infinity ? proven + DAY_MS : second + LATE_MS;
}

const grouped = (count: number) => count.toLocaleString('en');
const clock = (at: number) => `${new Date(at).toISOString().slice(11, 16)} UTC`;
