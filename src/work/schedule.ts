import { setTimeout as sleep } from 'node:timers/promises';
import { keyId, type Config, type RegionConfig } from '../config/config.js';
import { RetryableError } from '../errors.js';
import type { Database } from '../load/client.js';
import type { Observer } from '../observer.js';
import { BusyError } from '../sync/choose.js';
import { messageOf } from '../sync/tally.js';
import { nextOf, readBooks, type Books, type NextRuns } from './books.js';
import { dueRuns, isPlanned, type Begun, type DueRun } from './due.js';

/** What a scheduler works with. */
export interface ScheduleWorld {
  readonly config: Config;
  readonly db: Database;
  readonly observe: Observer;
  /** Aborted: nothing more is begun. */
  readonly stop: AbortSignal;
  /** Carries a run out, or has it carried out; asked again for the same one until the books say that it was begun. */
  readonly start: (due: DueRun) => Promise<unknown>;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Milliseconds until what could not be begun is looked at again. @default 5000 */
  readonly lookAgainMs?: number;
}

/** The regions of one key: at most one run of them is under way. */
interface Key {
  readonly id: string;
  readonly regions: readonly RegionConfig[];
  /** Nothing is due before, by the clock, so that nobody is asked. */
  dueAt: number;
  /** It is left alone until then, by `performance`. */
  quietUntil: number;
  running: Promise<void> | null;
  failures: number;
}

const SECOND = 1000;
const LOOK_AGAIN_MS = 5 * SECOND;
/** The clock is looked at so often in that time: it may be set, and a machine may sleep. The database is asked only when something can be due. */
const GLANCES = 5;
/** Runs at once; each is of another key, and waits for vivenu for the most part. */
const RUNS_AT_ONCE = 4;
/** Of hundreds of keys that are due at the same time only these are asked about before the first of them are begun. */
const KEYS_AT_A_LOOK = 20;
/** Looks that are left out after what nobody expected: a minute at first, a quarter of an hour at most. */
const FIRST_PAUSE = 12;
const LONGEST_PAUSE = 180;

/** Begins runs when they are due, whatever this or another process did before: it asks the books of the database, and remembers nothing. */
export class Scheduler implements AsyncDisposable {
  readonly #world: ScheduleWorld;
  readonly #keys: readonly Key[];
  readonly #begun = new Map<string, Begun>();
  readonly #now: () => number;
  readonly #lookAgainMs: number;
  readonly #ending = new AbortController();
  readonly #stop: AbortSignal;
  #wake = new AbortController();
  #working: Promise<void> = Promise.resolve();

  private constructor(world: ScheduleWorld) {
    this.#world = world;
    this.#keys = keysOf(world.config.events.filter(isPlanned));
    this.#now = world.now ?? Date.now;
    this.#lookAgainMs = world.lookAgainMs ?? LOOK_AGAIN_MS;
    this.#stop = AbortSignal.any([world.stop, this.#ending.signal]);
    this.#stop.addEventListener('abort', () => this.#wake.abort(), { once: true });
  }

  /** Looks what is due, begins it, and goes on doing so until it is stopped or disposed of. Never throws: what cannot be begun is waited for. */
  static async begin(world: ScheduleWorld): Promise<Scheduler> {
    const scheduler = new Scheduler(world);
    await scheduler.#look(scheduler.#keys.length);
    scheduler.#working = scheduler.#work();
    return scheduler;
  }

  /** When each region that has a schedule is run next, as far as is known. */
  next(): NextRuns[] {
    const regions = this.#keys.flatMap((key) => key.regions);
    return regions.map((region) => nextOf(region, this.#begun.get(region.region), this.#now()));
  }

  /** Begins nothing more, and waits for what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#working;
    await Promise.all(this.#keys.flatMap(({ running }) => running ?? []));
  }

  async #work(): Promise<void> {
    while (!this.#stop.aborted) {
      this.#wake = new AbortController();
      const { signal } = this.#wake;
      await sleep(this.#lookAgainMs / GLANCES, undefined, { signal }).catch(() => undefined);
      await this.#look(KEYS_AT_A_LOOK);
    }
  }

  /** Asks the books about keys of which something can be due, those that are most overdue first, and begins what is. */
  async #look(atMost: number): Promise<void> {
    const now = this.#now();
    const ready = this.#keys
      .filter((key) => key.running === null && key.dueAt <= now && key.quietUntil <= performance.now())
      .sort((one, other) => (one.dueAt < other.dueAt ? -1 : 1))
      .slice(0, atMost);
    if (ready.length === 0 || this.#free() === 0 || this.#stop.aborted) return;
    let books: Books;
    try {
      books = await readBooks(
        this.#world.db,
        ready.flatMap((key) => key.regions),
      );
    } catch (error) {
      for (const key of ready) this.#wait(key, this.#lookAgainMs, error);
      return;
    }
    for (const [region, begun] of books.begun) this.#begun.set(region, begun);
    for (const key of ready) this.#decide(key, books, now);
  }

  /** The first time of a key's regions, of which each is told. */
  #nextOf({ regions }: Key, now: number): number {
    const times = regions.map((region) => {
      const { run, full } = nextOf(region, this.#begun.get(region.region), now);
      const at = Math.min(run?.getTime() ?? Infinity, full?.getTime() ?? Infinity);
      if (at < Infinity) this.#world.observe({ type: 'schedule.next', region: region.region, at });
      return at;
    });
    return Math.min(...times);
  }

  #free(): number {
    return RUNS_AT_ONCE - this.#keys.filter(({ running }) => running !== null).length;
  }

  #decide(key: Key, { begun, busy }: Books, now: number): void {
    const [due] = dueRuns(key.regions, begun, now);
    const next = this.#nextOf(key, now);
    // Also where nothing is due: whoever is at it may be killed.
    if (busy.has(key.id)) leave(key, this.#lookAgainMs);
    else if (due === undefined) key.dueAt = next;
    else if (this.#free() > 0 && !this.#stop.aborted)
      key.running = this.#start(key, due).finally(() => {
        key.running = null;
        this.#wake.abort();
      });
  }

  async #start(key: Key, due: DueRun): Promise<void> {
    try {
      await this.#world.start(due);
      key.failures = 0;
      leave(key, this.#lookAgainMs);
    } catch (error) {
      if (error instanceof BusyError) leave(key, this.#lookAgainMs);
      else if (error instanceof RetryableError) this.#wait(key, this.#lookAgainMs, error);
      else
        this.#wait(
          key,
          this.#lookAgainMs * Math.min(FIRST_PAUSE * 2 ** key.failures++, LONGEST_PAUSE),
          error,
        );
    }
  }

  #wait(key: Key, ms: number, error: unknown): void {
    leave(key, ms);
    if (this.#stop.aborted) return;
    const regions = key.regions.map(({ region }) => region);
    this.#world.observe({ type: 'schedule.wait', regions, ms, reason: messageOf(error) });
  }
}

function leave(key: Key, ms: number): void {
  key.quietUntil = performance.now() + ms;
}

function keysOf(regions: readonly RegionConfig[]): Key[] {
  const ids = new Map(regions.map((region) => [region, keyId(region.token, region.baseUrl)]));
  return [...new Set(ids.values())].map((id) => ({
    id,
    regions: regions.filter((region) => ids.get(region) === id),
    dueAt: -Infinity,
    quietUntil: -Infinity,
    running: null,
    failures: 0,
  }));
}
