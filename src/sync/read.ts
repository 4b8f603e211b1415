import { FatalError } from '../errors.js';
import { liveRows } from '../load/counts.js';
import { beginRead, dropOrphans, endRead, leaveRead } from '../load/cursors.js';
import { dropWindow, keepWindows, loadWindows, noteNewest, notePage } from '../load/windows.js';
import type { Answer, Reader, RowFacts } from '../source/reader.js';
import { readWindows } from '../source/windows.js';
import { instantOf } from '../streams/columns.js';
import type { ListStream, Timed } from '../streams/define.js';
import { freshWindow, type Window } from '../streams/window.js';
import { accountedIn, completeWindow } from './complete.js';
import type { Account, Run } from './context.js';
import type { Missing } from './deletes.js';
import { fetchList, pageRows, rowKey } from './lists.js';
import { scopesOf, type Reading } from './plan.js';
import { alive, tableFor, type Region } from './region.js';
import { Routes } from './routes.js';
import { store } from './store.js';

/** A timed stream of one key during a run. */
export interface TimedSync {
  readonly run: Run;
  readonly account: Account;
  readonly stream: ListStream;
  readonly timed: Timed;
  /** No row is older: where halving in time starts. */
  readonly earliest: number;
  /** Rows that complete reads lacked, by region. */
  readonly missing: Map<Region, Missing[]>;
}

/** Parameters that narrow a list to a window, and its events. */
export function paramsOf(
  timed: Timed,
  window: Pick<Window, 'by' | 'from' | 'events' | 'other'> & { readonly to: number | null },
): Record<string, string> {
  const params: Record<string, string> = {};
  const set = (key: string, time: number | null) => {
    if (time !== null) params[key] = new Date(time).toISOString();
  };
  const bound = (by: Window['by'], from: number | null, to: number | null) => {
    set(by === 'created' ? timed.created.from : `${timed.updated.param}[$gte]`, from);
    set(by === 'created' ? timed.created.to : `${timed.updated.param}[$lte]`, to);
  };
  if (window.events !== null) params[timed.scope.param] = window.events.join(',');
  bound(window.by, window.from, window.to);
  if (window.other)
    bound(window.by === 'created' ? 'updated' : 'created', window.other.from, window.other.to);
  return params;
}

/** Carries out a read: begins it or goes on with it, reads its windows, and moves its cursors when all of it is stored. */
export async function carryOut(sync: TimedSync, reading: Reading, expected: number | null): Promise<void> {
  const { run } = sync;
  const { read, targets } = reading;
  const windows = reading.resumed
    ? await loadWindows(run.db, read.id)
    : await begin(sync, reading, rootWindows(sync, reading, expected));
  sync.account.client.expectPageSize(sync.stream.path, pageSizeOf(windows));
  const reader = await readerOf(sync, reading);
  if (run.options.dryRun) {
    await readWindows(
      windows.map((window) => ({ ...window, id: null })),
      reader,
    );
    return;
  }
  await readWindows(windows, reader);
  // A region that failed meanwhile has not stored all: its events are read again from where they were.
  const failed = targets.filter(({ region }) => !alive(region)).map(({ schema }) => schema);
  await run.db.transaction(async (client) => {
    await leaveRead(client, read.id, failed);
    await endRead(client, read.id);
  });
}

/** Rows that the server gave in one answer when an earlier run began these passes, so that no page is spent on learning it again. */
function pageSizeOf(windows: readonly Window[]): number {
  const sizes = windows.flatMap(({ pass }) => pass?.pageSize ?? []);
  return sizes.length > 0 ? Math.max(...sizes) : Infinity;
}

async function begin(
  { run, account, stream }: TimedSync,
  { read, targets }: Reading,
  windows: readonly Window[],
): Promise<readonly Window[]> {
  if (run.options.dryRun) return windows;
  return await run.db.transaction(async (client) => {
    await beginRead(client, account.keyId, stream.name, { read, keys: targets });
    await dropOrphans(client);
    return await keepWindows(client, read.id, windows);
  });
}

function rootWindows({ run, stream }: TimedSync, reading: Reading, expected: number | null): Window[] {
  const { read, targets, from } = reading;
  const scopes = scopesOf(stream, targets);
  if (read.kind === 'full') {
    const share = expected === null ? {} : { expected: Math.ceil(expected / scopes.length) };
    return scopes.map((events) => ({
      ...freshWindow({ by: 'created', from: null, to: read.until, events }),
      ...share,
    }));
  }
  const spans = incrementSpans(from ?? 0, read.until, run.config.sync.overlapMs);
  return scopes.flatMap((events) => spans.map((span) => freshWindow({ by: 'updated', ...span, events })));
}

/**
 * An increment is read apart from its last minutes: only there can a row become visible late, and in a window where one does while
 * another is edited away, the total stands still although a third row was skipped.
 */
function incrementSpans(from: number, until: number, overlapMs: number): { from: number; to: number }[] {
  const settled = until - overlapMs;
  if (settled <= from) return [{ from, to: Math.max(from, until) }];
  return [
    { from, to: settled },
    { from: settled + 1, to: until },
  ];
}

/** The list and the database as the reading of windows sees them; windows without an id are read without books. */
export async function readerOf(sync: TimedSync, reading: Reading): Promise<Reader> {
  const { run, account, stream, timed, earliest } = sync;
  const regions = [...new Set(reading.targets.map(({ region }) => region))];
  const mayLack = new Set<Region>();
  for (const region of regions)
    if ((await liveRows(run.db, tableFor(region, stream.name), null)) > 0) mayLack.add(region);
  return {
    workers: run.config.batch.maxWorkers,
    earliest,
    stop: run.stop,
    pageSize: () => Math.min(account.client.pageSize(stream.path), pageRows(run, stream)),
    fetch: async (window, skip, top) => {
      if (!regions.some(alive)) throw new FatalError('every region of this read has failed');
      const answer = await fetchList(account, stream, { skip, top }, paramsOf(timed, window));
      return { ...answer, total: answer.total ?? answer.rows.length };
    },
    facts: (row) => factsOf(timed, row),
    store: storing(sync, reading),
    complete: (window, seen) => completeWindow(sync, { reading, window, seen, mayLack }),
    replace: (window, by) => replaceWindow(run, reading, window, by),
    accounted: (window) => accountedIn(sync, reading, window),
  };
}

/** Stores pages with their progress, and notes the newest update time that they bring. */
function storing({ run, account, stream, timed }: TimedSync, { read, targets }: Reading): Reader['store'] {
  const routes = new Routes(stream, targets);
  let newest = -Infinity;
  return async (window, answer, page) => {
    const latest = newestOf(timed, answer);
    const isNewer = latest > newest;
    if (isNewer) newest = latest;
    await store(run, routes.parcels(window, answer.rows), {
      keyId: account.keyId,
      requestedAt: answer.requestedAt,
      full: read.kind === 'full',
      window,
      also: async (client) => {
        if (window.id === null) return;
        if (isNewer) await noteNewest(client, read.id, latest);
        if (page) await notePage(client, window, page);
      },
    });
  };
}

async function replaceWindow(
  run: Run,
  { read }: Reading,
  window: Window,
  by: readonly Window[],
): Promise<readonly Window[]> {
  if (window.id === null) return by;
  return await run.db.transaction(async (client) => {
    await dropWindow(client, window);
    return await keepWindows(client, read.id, by);
  });
}

/** What reading needs to know of a row. */
export function factsOf(timed: Timed, row: unknown): RowFacts {
  const fields = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  const time = (path: string) => instantOf(fields[path]);
  return { key: rowKey(row), created: time(timed.created.path), updated: time(timed.updated.path) };
}

function newestOf(timed: Timed, { rows }: Answer): number {
  let newest = -Infinity;
  for (const row of rows) newest = Math.max(newest, factsOf(timed, row).updated ?? -Infinity);
  return newest;
}
