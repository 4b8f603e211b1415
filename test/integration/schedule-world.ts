import { vi, expect } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { migrate } from '../../src/load/migrate.js';
import type { SyncEvent } from '../../src/observer.js';
import type { Report } from '../../src/sync/report.js';
import { carryOut } from '../../src/work/carry-out.js';
import type { DueRun } from '../../src/work/due.js';
import { Scheduler } from '../../src/work/schedule.js';
import { MINUTE, type World } from './world.js';

/** A clock that stands still until it is moved. It is ahead of the machine's, so that no run of a test was begun after it by chance. */
export class Clock {
  #at: number;

  /** At a full hour of tomorrow. */
  constructor() {
    this.#at = Math.ceil(Date.now() / (60 * MINUTE)) * 60 * MINUTE + 24 * 60 * MINUTE;
  }

  readonly now = (): number => this.#at;

  forward(ms: number): number {
    return (this.#at += ms);
  }

  /** Now as the books have it. */
  get text(): string {
    return new Date(this.#at).toISOString();
  }
}

export interface Scheduling extends AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly events: SyncEvent[];
  readonly reports: Report[];
}

/** A scheduler of a process of its own, as far as connections go. */
export async function scheduling(
  here: World,
  clock: Pick<Clock, 'now'>,
  options: { start?: (due: DueRun) => void; watch?: (event: SyncEvent, stop: () => void) => void } = {},
): Promise<Scheduling> {
  const stop = new AbortController();
  const events: SyncEvent[] = [];
  const reports: Report[] = [];
  const observe = (event: SyncEvent) => {
    events.push(event);
    options.watch?.(event, () => stop.abort());
  };
  const db = await DatabaseManager.connect(here.config.database, { signal: stop.signal, observe });
  await migrate(db);
  const world = { config: here.config, db, observe, stop: stop.signal };
  const start = async (due: DueRun) => {
    options.start?.(due);
    reports.push(await carryOut({ ...world, abort: new AbortController().signal }, due));
  };
  const scheduler = await Scheduler.begin({ ...world, start, now: clock.now, lookAgainMs: 100 });
  return {
    scheduler,
    events,
    reports,
    [Symbol.asyncDispose]: async () => {
      await scheduler[Symbol.asyncDispose]();
      await db.close();
    },
  };
}

export interface BookedRun {
  readonly regions: readonly string[];
  readonly full: boolean;
  readonly due: string | null;
  readonly status: string;
  readonly began: number;
  readonly ended: number | null;
}

/** Every run, in the order of their beginning. */
export const runsOf = (here: Pick<World, 'sql'>): Promise<BookedRun[]> =>
  here.sql<BookedRun>(
    `select options->'regions' as regions, (options->>'full')::boolean as full, options->>'due' as due, status,
       extract(epoch from started_at)::float8 as began, extract(epoch from finished_at)::float8 as ended
     from vivenu_ingest.runs order by started_at`,
  );

/** Waits until there are so many runs, all of them ended. */
export async function ran(here: World, count: number): Promise<BookedRun[]> {
  return await vi.waitFor(
    async () => {
      const runs = await runsOf(here);
      expect(runs.filter(({ status }) => status !== 'running')).toHaveLength(count);
      return runs;
    },
    { timeout: 20_000, interval: 30 },
  );
}
