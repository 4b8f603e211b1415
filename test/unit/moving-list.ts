/**
 * A vivenu list in memory that moves while it is read, with the place that stores it: `Reader` over rows that are sold, edited,
 * imported, deleted and become visible late between any two requests, and that checks each `complete` as it is called.
 */
import { freshWindow, type Pass, type Window } from '../../src/streams/window.js';
import type { Answer, Reader, RowFacts, Seen } from '../../src/source/reader.js';

export interface ListRow {
  readonly id: string | null;
  readonly created: number;
  updated: number | null;
  readonly event: string;
  content: number;
  /** The request since which it is listed. */
  since: number;
}

/** `ties shaken`: by creation, but rows of one millisecond stand anew on each request. */
export type Order =
  'oldest' | 'newest' | 'oldest update' | 'newest update' | 'by id' | 'ties shaken' | 'random';
export const ORDERS: readonly Order[] = [
  'oldest',
  'newest',
  'oldest update',
  'newest update',
  'by id',
  'ties shaken',
  'random',
];

export interface ListOptions {
  readonly rows: readonly ListRow[];
  readonly order: Order;
  /** Rows in one answer, at most: more is clamped in silence. */
  readonly cap: number;
  /** Rows asked for. */
  readonly top: number;
  readonly workers: number;
  readonly earliest: number;
  readonly seed: number;
  /** What happens to the list before each request is answered. */
  readonly motion?: (list: MovingList) => void;
  /** May throw in place of what the reader is asked to do; `after` once it is done. */
  readonly fault?: (call: Call, when: 'before' | 'after') => void;
}

export type Call = 'fetch' | 'store' | 'complete' | 'replace' | 'accounted';

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const hash = (text: string) => {
  let value = 7;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x9e3779b1) >>> 0;
  return value;
};

/** Its id, or its content, as the transformation tells rows apart. */
export const keyOf = (row: ListRow) =>
  row.id ?? `#${row.created}/${row.updated ?? ''}/${row.event}/${row.content}`;

const within = (time: number | null, from: number | null, to: number | null) =>
  time !== null && (from === null || from <= time) && (to === null || time <= to);

export const isIn = (row: ListRow, window: Window): boolean =>
  within(row[window.by], window.from, window.to) &&
  (window.events === null || window.events.includes(row.event)) &&
  (window.other === undefined ||
    within(row[window.by === 'created' ? 'updated' : 'created'], window.other.from, window.other.to));

export class MovingList {
  readonly options: ListOptions;
  readonly random: () => number;
  rows: ListRow[];
  requests = 0;
  /** Windows that are still to be read, by id. */
  readonly kept = new Map<string, Window>();
  /** What `complete` was told of each window, with what it should have been told. */
  readonly completed: { window: Window; seen: Seen | null; lacking: string[] }[] = [];
  /** Rows whose keys are in memory, now and at most: those answered for windows that are neither complete nor replaced. */
  held = 0;
  mostHeld = 0;
  /** Pages asked for at this moment, and at most. */
  underWay = 0;
  mostUnderWay = 0;
  readonly stop = new AbortController();
  readonly stored = new Map<string, ListRow>();
  readonly rejected = new Map<string, ListRow>();
  readonly #heldBy = new Map<string, number>();
  #sorted: ListRow[] | null = null;
  #top: number;
  #ids = 0;

  constructor(options: ListOptions) {
    this.options = options;
    this.random = randomFrom(options.seed);
    this.rows = [...options.rows];
    this.#top = options.top;
  }

  get reader(): Reader {
    return {
      workers: this.options.workers,
      earliest: this.options.earliest,
      stop: this.stop.signal,
      pageSize: () => this.#top,
      facts: (row) => factsOf(row as ListRow),
      fetch: (window, skip, top) => this.#call('fetch', () => this.#fetch(window, skip, top)),
      store: (window, answer, page) => this.#call('store', () => this.#store(window, answer, page)),
      complete: (window, seen) => this.#call('complete', () => this.#complete(window, seen)),
      replace: (window, by) => this.#call('replace', () => this.#replace(window, by)),
      accounted: (window) => this.#call('accounted', () => this.#accounted(window)),
    };
  }

  /** Keeps a window to be read; its id is what progress is noted under. */
  keep(window: Pick<Window, 'by' | 'from' | 'to' | 'events'>): Window {
    const kept = { ...freshWindow(window), id: `w${(this.#ids += 1)}` };
    this.kept.set(kept.id, kept);
    return kept;
  }

  /** What another process finds: the kept windows with their passes, and nothing else. */
  resumed(options: Partial<ListOptions>): MovingList {
    const next = new MovingList({ ...this.options, seed: this.options.seed + 1, ...options });
    next.rows = this.rows;
    next.requests = this.requests;
    next.#ids = this.#ids;
    for (const [id, window] of this.kept) next.kept.set(id, window);
    for (const [key, row] of this.stored) next.stored.set(key, row);
    for (const [key, row] of this.rejected) next.rejected.set(key, row);
    next.completed.push(...this.completed);
    return next;
  }

  async #call<T>(call: Call, work: () => T): Promise<T> {
    if (call === 'fetch') this.mostUnderWay = Math.max(this.mostUnderWay, (this.underWay += 1));
    try {
      await this.#wait();
      this.options.fault?.(call, 'before');
      const result = work();
      this.options.fault?.(call, 'after');
      await this.#wait();
      return result;
    } finally {
      if (call === 'fetch') this.underWay -= 1;
    }
  }

  /** Lets other pages overtake this one. */
  async #wait(): Promise<void> {
    for (let turns = Math.floor(this.random() * 4); turns > 0; turns -= 1) await Promise.resolve();
  }

  #fetch(window: Window, skip: number, top: number): Answer {
    // Sent before the list moves, answered after it.
    const requestedAt = this.requests;
    this.requests += 1;
    this.options.motion?.(this);
    const size = Math.min(top, this.options.cap);
    const { total, rows } = this.#list(window, skip, size);
    if (rows.length < top && skip + rows.length < total && rows.length > 0) this.#top = rows.length;
    // As answered, not as edited while the answer is under way.
    return { rows: this.options.motion ? rows.map((row) => ({ ...row })) : rows, total, requestedAt };
  }

  #list(window: Window, skip: number, size: number): { total: number; rows: ListRow[] } {
    const { order } = this.options;
    const [list, first, end] = this.#matching(window);
    const total = end - first;
    const most = Math.max(0, Math.min(size, total - skip));
    if (order === 'oldest') return { total, rows: list.slice(first + skip, first + skip + most) };
    if (order === 'newest')
      return { total, rows: list.slice(end - skip - most, Math.max(first, end - skip)).reverse() };
    if (order === 'random') return { total, rows: this.#sample(list, first, total, most) };
    const rows = list.slice(first, end);
    const rank = this.#rank(order);
    return { total, rows: rows.sort((a, b) => rank(a) - rank(b)).slice(skip, skip + most) };
  }

  #rank(order: Order): (row: ListRow) => number {
    if (order === 'by id') return (row) => hash(keyOf(row));
    if (order === 'oldest update') return (row) => row.updated ?? 0;
    if (order === 'newest update') return (row) => -(row.updated ?? 0);
    const dice = new Map<ListRow, number>();
    return (row) => {
      if (!dice.has(row)) dice.set(row, this.random());
      return row.created + (dice.get(row) ?? 0) / 2;
    };
  }

  /** The first rows of a stretch that is shuffled anew, without touching the rest of it. */
  #sample(list: readonly ListRow[], first: number, total: number, size: number): ListRow[] {
    const moved = new Map<number, number>();
    return Array.from({ length: size }, (_, i) => {
      const j = i + Math.floor(this.random() * (total - i));
      const taken = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return list[first + taken]!;
    });
  }

  /** Rows of a window, oldest first, as a stretch of a list; a list that stands still is sorted once. */
  #matching(window: Window): [rows: ListRow[], first: number, end: number] {
    if (
      this.options.motion ||
      window.by === 'updated' ||
      window.events !== null ||
      window.other !== undefined
    ) {
      const rows = this.rows.filter((row) => row.since <= this.requests && isIn(row, window));
      rows.sort((a, b) => a.created - b.created);
      return [rows, 0, rows.length];
    }
    this.#sorted ??= this.rows.toSorted((a, b) => a.created - b.created);
    const { from, to } = window;
    return [this.#sorted, from === null ? 0 : firstAt(this.#sorted, from), firstAt(this.#sorted, to + 1)];
  }

  #store(
    window: Window,
    answer: Answer,
    page: { skip: number; total: number; pageSize: number } | null,
  ): void {
    const met = new Map<string, number>();
    for (const row of answer.rows as ListRow[]) {
      const key = keyOf(row);
      const ordinal = met.get(key) ?? 0;
      met.set(key, ordinal + 1);
      // As stored, not as it is edited later.
      if (row.id === null || ordinal > 0) this.rejected.set(`${key}#${ordinal}`, { ...row });
      else if ((this.stored.get(key)?.updated ?? -1) <= (row.updated ?? Infinity))
        this.stored.set(key, this.options.motion ? { ...row } : row);
    }
    const id = window.id ?? '';
    this.#hold(id, answer.rows.length);
    const kept = this.kept.get(id);
    if (page === null || kept === undefined) return;
    const done = [...(kept.pass?.done ?? []), page.skip];
    const pass: Pass = { total: page.total, pageSize: page.pageSize, done };
    this.kept.set(id, { ...kept, pass });
  }

  #hold(id: string, rows: number): void {
    this.#heldBy.set(id, (this.#heldBy.get(id) ?? 0) + rows);
    this.held += rows;
    this.mostHeld = Math.max(this.mostHeld, this.held);
  }

  #release(id: string): void {
    this.held -= this.#heldBy.get(id) ?? 0;
    this.#heldBy.delete(id);
  }

  #complete(window: Window, seen: Seen | null): void {
    const keys = new Set(seen?.keys);
    const [list, first, end] = this.#matching(window);
    const throughout = list.slice(first, end).filter((row) => row.since <= (seen?.requestedAt ?? 0));
    const lacking = seen === null ? [] : throughout.map(keyOf).filter((key) => !keys.has(key));
    this.completed.push({ window, seen, lacking });
    this.kept.delete(window.id ?? '');
    this.#release(window.id ?? '');
  }

  #replace(window: Window, by: readonly Window[]): Window[] {
    this.kept.delete(window.id ?? '');
    this.#release(window.id ?? '');
    return by.map((piece) => {
      const kept = { ...piece, id: `w${(this.#ids += 1)}` };
      this.kept.set(kept.id, kept);
      return kept;
    });
  }

  #accounted(window: Window): number {
    const held = [...this.stored.values(), ...this.rejected.values()];
    return held.filter((row) => isIn(row, window)).length;
  }
}

/** Position of the first row at or after a time. */
function firstAt(rows: readonly ListRow[], time: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.created ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const factsOf = (row: ListRow): RowFacts => ({ key: keyOf(row), created: row.created, updated: row.updated });
