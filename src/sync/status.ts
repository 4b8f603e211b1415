import { keyId, type Config } from '../config/config.js';
import type { Database } from '../load/client.js';
import { openRejectsByStream } from '../load/rejects.js';
import {
  booksOf,
  cursorState,
  heldLocks,
  knownEvents,
  openRuns,
  regionRun,
  rowCounts,
  streamRuns,
  type CursorState,
  type LastRun,
  type RegionRun,
  type UnfinishedRead,
} from '../load/status.js';
import { isNested, type Stream } from '../streams/define.js';
import { streams } from '../streams/index.js';
import { chooseRegions, runLock } from './choose.js';
import { tableFor, type Region } from './region.js';

/** How a stream of a region stands. */
export interface StreamState {
  readonly stream: string;
  /** Null where the table is not there. */
  readonly rows: { readonly live: number; readonly deleted: number } | null;
  readonly set_aside: number;
  /** Null for a stream that is read whole on each run, and before the first run. */
  readonly cursor: CursorState | null;
  /** Configured events that were never read to the end; 0 for a stream that has no events. */
  readonly events_unread: number;
  readonly unfinished: readonly UnfinishedRead[];
  readonly proven_at: Date | null;
  readonly last_run: LastRun | null;
}

export interface RegionState {
  readonly region: string;
  readonly schema: string;
  readonly key_id: string;
  /** A run holds it now. */
  readonly running: boolean;
  readonly last_run: RegionRun | null;
  readonly streams: readonly StreamState[];
}

/** How everything that is configured stands in the database. */
export interface Status {
  /** By the database's clock. */
  readonly now: Date;
  /** False before the first run into this database. */
  readonly ever_run: boolean;
  readonly running: readonly {
    readonly run_id: string;
    readonly started_at: Date;
    readonly regions: readonly string[];
  }[];
  readonly regions: readonly RegionState[];
}

/** Reads how every configured region and stream stands; asks the database only. */
export async function statusOfAll(db: Database, config: Config): Promise<Status> {
  const regions = chooseRegions(config, null);
  const { exist, now } = await booksOf(db);
  if (!exist) return { now, ever_run: false, running: [], regions: [] };
  const held = await heldLocks(db, regions.map(runLock));
  const isHeld = (region: Region | undefined) => region === undefined || held.has(runLock(region));
  const open = await openRuns(db);
  // A run that was killed leaves its books open, but not its locks.
  const running = open.filter((run) =>
    run.regions.every((name) => isHeld(regions.find((region) => region.name === name))),
  );
  const states: RegionState[] = [];
  for (const region of regions) states.push(await regionState(db, region, isHeld(region)));
  return { now, ever_run: states.some(({ last_run }) => last_run !== null), running, regions: states };
}

async function regionState(db: Database, region: Region, running: boolean): Promise<RegionState> {
  const { name, schema, config } = region;
  const id = keyId(config.token, config.baseUrl);
  const aside = await openRejectsByStream(db, schema);
  const last = await regionRun(db, name);
  const events =
    config.eventIds === null ? ['*'] : await knownEvents(db, tableFor(region, 'events'), config.eventIds);
  const states: StreamState[] = [];
  for (const stream of streams) {
    const wanted = isTimed(stream) ? events : ['*'];
    const { cursor, unfinished } = await cursorState(db, { keyId: id, schema, stream: stream.name }, wanted);
    const runs = await streamRuns(db, schema, stream.name);
    states.push({
      stream: stream.name,
      rows: await rowCounts(db, tableFor(region, stream.name)),
      set_aside: aside.get(stream.name) ?? 0,
      cursor,
      events_unread: isTimed(stream) ? wanted.length - (cursor?.events ?? 0) : 0,
      unfinished,
      proven_at: runs.provenAt,
      last_run: runs.last,
    });
  }
  const killed = last?.status === 'running' && !running;
  return {
    region: name,
    schema,
    key_id: id,
    running,
    last_run: killed ? { ...last, status: 'killed' } : last,
    streams: states,
  };
}

const isTimed = (stream: Stream) => !isNested(stream) && stream.timed !== null;
