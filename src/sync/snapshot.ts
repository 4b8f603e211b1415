import { RetryableError } from '../errors.js';
import { Stopped } from '../source/windows.js';

/** One answer of a list that is read whole. */
export interface ListAnswer {
  readonly rows: readonly unknown[];
  /** Null for a bare array, which has no total. */
  readonly total: number | null;
  readonly requestedAt: number;
  /** `Date` of the answer, milliseconds since 1970. */
  readonly serverTime: number | null;
}

export interface SnapshotReader {
  /** `shard` narrows the list to a part of it. */
  fetch(skip: number, shard: string | null): Promise<ListAnswer>;
  /** Takes each answer before the next is asked for. */
  take(answer: ListAnswer): Promise<void>;
  readonly key: (row: unknown) => string;
  /** Parts that the list can be narrowed to when it will not hold still. */
  shards(): Promise<readonly string[]>;
  readonly stop: AbortSignal;
}

export interface Snapshot {
  readonly keys: ReadonlySet<string>;
  readonly total: number;
  /** When the first request of the read was sent, milliseconds since 1970. */
  readonly requestedAt: number;
}

const MAX_PASSES = 10;

/**
 * Reads a list that cannot be narrowed by time: passes over all of it, until the distinct rows seen are as many as a total that did not
 * move, then part by part. A bare array is read until a pass brings nothing new. Throws a RetryableError when it never comes to rest.
 */
export async function readSnapshot(reader: SnapshotReader): Promise<Snapshot> {
  const state: State = { keys: new Set(), total: null, requestedAt: Infinity, moved: false };
  for (let pass = 0; pass < MAX_PASSES; pass += 1) if (await onePass(reader, state)) return snapshotOf(state);
  for (const shard of await reader.shards()) await walk(reader, state, shard);
  if (await onePass(reader, state)) return snapshotOf(state);
  throw new RetryableError(
    `the list kept moving: ${state.keys.size} of ${state.total ?? 'unknown'} rows seen in ${MAX_PASSES} passes`,
  );
}

interface State {
  keys: Set<string>;
  total: number | null;
  requestedAt: number;
  /** The total changed during the pass. */
  moved: boolean;
}

const snapshotOf = ({ keys, requestedAt }: State): Snapshot => ({ keys, total: keys.size, requestedAt });

async function onePass(reader: SnapshotReader, state: State): Promise<boolean> {
  const before = state.keys.size;
  const pages = await walk(reader, state, null);
  if (state.total === null) return pages <= 1 || state.keys.size === before;
  if (state.keys.size > state.total) state.keys = new Set();
  return !state.moved && state.keys.size === state.total;
}

/** Walks over the list or a part of it once; returns the answers that had rows. */
async function walk(reader: SnapshotReader, state: State, shard: string | null): Promise<number> {
  const walked = new Set<string>();
  state.moved = false;
  let at = 0;
  for (let pages = 0; ; pages += 1) {
    if (reader.stop.aborted) throw new Stopped('stopped before this page');
    const answer = await reader.fetch(at, shard);
    state.requestedAt = Math.min(state.requestedAt, answer.requestedAt);
    if (shard === null) noteTotal(state, answer.total);
    await reader.take(answer);
    const keys = answer.rows.map(reader.key);
    const isNew = keys.some((key) => !walked.has(key));
    for (const key of keys) walked.add(key);
    addKeys(state.keys, keys);
    at += answer.rows.length;
    if (answer.rows.length === 0) return pages;
    if (answer.total !== null && at >= answer.total) return pages + 1;
    // A bare array has no end but an empty answer, or the same rows again from a server that ignores `skip`.
    if (answer.total === null && !isNew) return pages;
  }
}

/** Rows that vanish make what was seen before doubtful; rows that are added do not. */
function noteTotal(state: State, total: number | null): void {
  if (state.total !== null && total !== null && total !== state.total) {
    state.moved = true;
    if (total < state.total) state.keys = new Set();
  }
  state.total = total;
}

/** Within one answer every row counts, even with a repeated key. */
function addKeys(keys: Set<string>, added: readonly string[]): void {
  const times = new Map<string, number>();
  for (const key of added) {
    const before = times.get(key) ?? 0;
    times.set(key, before + 1);
    keys.add(before === 0 ? key : `${key}#${before}`);
  }
}
