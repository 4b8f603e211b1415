import type { Pass, Window } from '../streams/window.js';

/** One answer of a list. */
export interface Answer {
  readonly rows: readonly unknown[];
  /** Rows that match, as the server says. */
  readonly total: number;
  /** When the request was sent, milliseconds since 1970, local clock. */
  readonly requestedAt: number;
}

/** What reading needs to know of a row. Times are milliseconds since 1970; null: absent or unreadable. */
export interface RowFacts {
  /** Its id, or a hash of its content. */
  readonly key: string;
  readonly created: number | null;
  readonly updated: number | null;
}

/** What a complete read of a window has seen, to find what it lacks. */
export interface Seen {
  readonly keys: readonly string[];
  /** When its first request was sent. */
  readonly requestedAt: number;
}

/** The list to read and the place to store it, as the reading of windows sees them. */
export interface Reader {
  /** Pages read and stored at once. */
  readonly workers: number;
  /** No row is older: where the halving of a window without a beginning starts. */
  readonly earliest: number;
  /** Rows that the server gives at most in one answer, as far as is known. */
  pageSize(): number;
  fetch(window: Window, skip: number, top: number): Promise<Answer>;
  readonly facts: (row: unknown) => RowFacts;
  /** Stores the rows of an answer and, with them, the page of the pass that they finish. */
  store(
    window: Window,
    answer: Answer,
    page: { skip: number; total: number; pageSize: number } | null,
  ): Promise<void>;
  /** Everything in the window is stored; `seen` is null when an earlier run saw part of it. */
  complete(window: Window, seen: Seen | null): Promise<void>;
  /** Puts smaller windows in a window's place and returns them as kept. */
  replace(window: Window, by: readonly Window[]): Promise<readonly Window[]>;
  /** Rows and rejects that the database holds of a window. */
  accounted(window: Window): Promise<number>;
  /** Aborted when no further page is to be begun. */
  readonly stop: AbortSignal;
}

/** Rows that a pass without order is to know of each page that it will be cut into. */
const SAMPLE = 20;

/** What one pass over a window's pages has seen. */
export class Sight {
  readonly keys = new Set<string>();
  readonly created: number[] = [];
  readonly updated: number[] = [];
  /** First and last time of each page, to tell whether the list is in the order of that time. */
  readonly spans = { created: [] as [number, number][], updated: [] as [number, number][] };
  requestedAt = Infinity;
  /** Why the pass proves nothing; null while it may. */
  broken: 'moved' | 'repeated' | 'short' | null = null;

  /** What every answer of the pass must say. */
  readonly total: number;

  constructor(total: number) {
    this.total = total;
  }

  /** Takes an answer in: within one answer every row counts, even with a repeated id; across answers a repeated id shows that the order does not hold. */
  look(answer: Answer, facts: (row: unknown) => RowFacts): void {
    if (answer.total !== this.total) this.broken ??= 'moved';
    this.requestedAt = Math.min(this.requestedAt, answer.requestedAt);
    const created: number[] = [];
    const updated: number[] = [];
    for (const [key, row] of withinAnswer(answer.rows.map(facts))) {
      if (this.keys.has(key)) {
        this.broken ??= 'repeated';
        continue;
      }
      this.keys.add(key);
      if (row.created !== null) created.push(row.created);
      if (row.updated !== null) updated.push(row.updated);
    }
    this.#note('created', created);
    this.#note('updated', updated);
  }

  /** Whether the pages came in the order of a time: their spans do not overlap. */
  inOrderOf(by: Window['by']): boolean {
    const spans = this.spans[by].toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
    return spans.every((span, index) => index === 0 || (spans[index - 1]?.[1] ?? 0) <= span[0]);
  }

  /** Whether further pages of the pass are of no use: it proves nothing, and as a sample of the times it is large enough. */
  isSpent(pageSize: number): boolean {
    if (this.broken === 'repeated') return this.keys.size * pageSize >= SAMPLE * this.total;
    return this.broken !== null;
  }

  get seen(): Seen {
    return { keys: [...this.keys], requestedAt: this.requestedAt };
  }

  #note(by: Window['by'], times: number[]): void {
    if (times.length === 0) return;
    let first = Infinity;
    let last = -Infinity;
    for (const time of times) {
      first = Math.min(first, time);
      last = Math.max(last, time);
      this[by].push(time);
    }
    this.spans[by].push([first, last]);
  }
}

/** Rows of one answer under keys that are distinct within it. */
function* withinAnswer(rows: readonly RowFacts[]): Generator<[string, RowFacts]> {
  const times = new Map<string, number>();
  for (const row of rows) {
    const before = times.get(row.key) ?? 0;
    times.set(row.key, before + 1);
    yield [before === 0 ? row.key : `${row.key}#${before}`, row];
  }
}

/** Offsets of a pass that are still to be read. */
export function missingPages(pass: Pass): number[] {
  const done = new Set(pass.done);
  const missing: number[] = [];
  for (let skip = 0; skip < pass.total; skip += pass.pageSize) if (!done.has(skip)) missing.push(skip);
  return missing;
}
