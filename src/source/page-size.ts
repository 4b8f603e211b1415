/** How many rows one request for a list asks for: what the server allows was learnt, and pages that keep failing are made smaller. */
import { RetryableError } from '../errors.js';
import { PAGE } from './policies.js';

/** Rows a request where nothing smaller was learnt: the most that vivenu documents. */
export const MAX_TOP = PAGE.sizes[0];
/** What vivenu promises for every list. */
export const SAFE_TOP = 100;

/** Rows that a try asks for, and why so many. */
export interface Asked {
  readonly top: number;
  /** A probe of a host that was down is small; a trial is larger than what is known to work. */
  readonly as: 'page' | 'probe' | 'trial';
  /** Outages that were over by then. */
  readonly outages: number;
}

interface Rows {
  readonly skip: number;
  readonly count: number;
  /** Null for a bare array. */
  readonly total: number | null;
}

/** The page size of one list. */
export class PageSize {
  /** What the server gives at most. */
  #cap: number = MAX_TOP;
  /** Most rows that came in one answer. */
  #largest = 0;
  /** What is asked for at most, while larger pages fail. */
  #size: number = MAX_TOP;
  /** Failures in a row of pages of this many rows and more. */
  #failing = { count: 0, top: Infinity };
  /** Good pages of the size since it was lowered, and how many it takes until a larger one is tried. */
  #good = 0;
  #patience: number = PAGE.patience;
  #trying = false;
  /** After an outage the whole size was tried once, to see whether it was to blame. */
  #doubted = false;
  #outages = 0;

  /** Rows that one request brings at most; more than before when a larger page is to be tried. */
  get rows(): number {
    const grows = this.#good >= this.#patience && !this.#trying;
    return Math.min(this.#cap, grows ? stepUp(this.#size) : this.#size);
  }

  /** So many rows came in one answer to an earlier run: it begins with that, and goes on to larger ones. */
  expect(rows: number): void {
    this.#size = Math.min(this.#size, rows);
  }

  /** What the next try asks for; `probing`: it is to find out whether the host is back. */
  next(wanted: number, probing: boolean): Asked {
    if (probing && Math.min(wanted, this.#cap) > SAFE_TOP) return this.#asked(SAFE_TOP, 'probe');
    const top = Math.min(wanted, this.rows);
    if (top <= this.#size) return this.#asked(top, 'page');
    this.#trying = true;
    return this.#asked(top, 'trial');
  }

  /** A try failed. */
  failed({ top, as, outages }: Asked, error: unknown): void {
    if (as === 'trial') this.#trying = false;
    // An answer from the outage that comes after its end says nothing of what came back.
    if (outages < this.#outages) return;
    if (!mayBeTooLarge(error) || top <= SAFE_TOP) return;
    if (as === 'trial') {
      this.#good = 0;
      this.#patience = Math.min(PAGE.mostPatience, this.#patience * 2);
      return;
    }
    // It was asked for before the size was lowered.
    if (top > this.#size) return;
    this.#failing = { count: this.#failing.count + 1, top: Math.min(top, this.#failing.top) };
    if (this.#failing.count >= PAGE.failures) this.#lower(stepDown(top));
  }

  /** A try was answered with rows. */
  worked({ top, as }: Asked, { skip, count, total }: Rows): void {
    this.#learn(top, { skip, count, total });
    if (as !== 'probe' && top >= this.#failing.top) {
      this.#failing = { count: 0, top: Infinity };
      this.#doubted = false;
    }
    if (as === 'trial') {
      this.#trying = false;
      this.#good = 0;
      this.#size = Math.max(this.#size, stepUp(top - 1));
    } else if (as === 'page' && top === this.#size) this.#good++;
  }

  /** The host is back. What failed before need not have been too large: it is asked for whole, but only once. */
  recovered(): void {
    this.#outages++;
    if (this.#doubted) {
      this.#doubted = false;
      this.#lower(SAFE_TOP);
      return;
    }
    this.#doubted = this.#failing.count > 0 || this.#size < MAX_TOP;
    this.#size = MAX_TOP;
    // One failure more lowers it, any large page that works clears it.
    if (this.#doubted) this.#failing = { count: PAGE.failures - 1, top: SAFE_TOP + 1 };
  }

  /** Whether the answer of a probe is to be asked for again, because it lacks rows for having been small. */
  isToRepeat({ top, as }: Asked, wanted: number, { skip, count, total }: Rows): boolean {
    const lacks = count >= top && (total === null || skip + count < total);
    return as === 'probe' && lacks && Math.min(wanted, this.rows) > top;
  }

  /** A try ended without a verdict. */
  release({ as }: Asked): void {
    if (as === 'trial') this.#trying = false;
  }

  /** The server refuses more than it promises. */
  refused(): void {
    this.#cap = Math.min(SAFE_TOP, this.#cap);
  }

  #asked(top: number, as: Asked['as']): Asked {
    return { top, as, outages: this.#outages };
  }

  #lower(size: number): void {
    this.#size = size;
    this.#good = 0;
    this.#failing = { count: PAGE.failures - 1, top: size };
  }

  /** A page shorter than asked for that is not the last is the server's own limit, unless a longer one came before. */
  #learn(top: number, { skip, count, total }: Rows): void {
    this.#largest = Math.max(count, this.#largest);
    if (total === null || count === 0 || count >= Math.min(top, total - skip)) return;
    this.#cap = Math.min(this.#largest, this.#cap);
  }
}

const stepUp = (size: number): number => PAGE.sizes.findLast((one) => one > size) ?? MAX_TOP;
const stepDown = (size: number): number => PAGE.sizes.find((one) => one < size) ?? SAFE_TOP;

/** Servers give large pages up in many ways; too many requests is not one of them. */
const mayBeTooLarge = (error: unknown) => error instanceof RetryableError && error.status !== 429;
