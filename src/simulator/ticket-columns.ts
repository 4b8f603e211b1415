/** Bits of a ticket's `flags`. */
export const REMOVED = 1;
export const HIDDEN = 2;
export const PERSONALISED = 4;
/** Bought at a till: no holder, no address. */
export const AT_TILL = 8;

export const STATUSES = ['VALID', 'INVALID', 'RESERVED', 'DETAILSREQUIRED', 'BLANK', 'CHECKEDIN'] as const;
export const VALID = 0;
export const INVALID = 1;
export const RESERVED = 2;
export const DETAILSREQUIRED = 3;
export const BLANK = 4;
/** Not in vivenu's list: an unknown enum value, for odd rows. */
export const UNKNOWN_STATUS = 5;

export interface NewTicket {
  /** Milliseconds since 1970. */
  created: number;
  updated: number;
  /** The event's place in the seller's list. */
  event: number;
  type: number;
  /** Order number: the tickets of one transaction share it. */
  order: number;
  cents: number;
  status: number;
  flags: number;
}

/** The 24-bit counter at the end of an id. */
export const MAX_TICKETS = 2 ** 24;

/**
 * The tickets of a seller as columns, 32 bytes a ticket; all else is computed from (seed, row, version) when a row is asked for.
 * A row number is never used again.
 */
export class TicketColumns {
  length = 0;
  /** `createdAt` never falls from one row to the next. */
  sorted = true;
  /** Moves with every change, to tell when an order must be computed anew. */
  changes = 0;
  created = new Float64Array(1024);
  updated = new Float64Array(1024);
  cents = new Int32Array(1024);
  order = new Uint32Array(1024);
  event = new Uint16Array(1024);
  version = new Uint16Array(1024);
  type = new Uint8Array(1024);
  status = new Uint8Array(1024);
  flags = new Uint8Array(1024);
  /** How often the holder's name changed. */
  holder = new Uint8Array(1024);
  /** Row of the ticket that a transferred one came from. */
  readonly cameFrom = new Map<number, number>();
  /** When rows were created whose `createdAt` is not a date: their ids still tell. */
  readonly idTimes = new Map<number, number>();
  #orders = 0;

  /** Adds a row. @throws RangeError beyond 2^24 rows */
  append(ticket: NewTicket): number {
    const row = this.length;
    if (row >= MAX_TICKETS) throw new RangeError(`a simulated seller has at most ${MAX_TICKETS} tickets`);
    if (row === this.created.length) this.#grow();
    if (row > 0 && !(ticket.created >= this.at(this.created, row - 1))) this.sorted = false;
    this.created[row] = ticket.created;
    this.updated[row] = ticket.updated;
    this.cents[row] = ticket.cents;
    this.order[row] = ticket.order;
    this.event[row] = ticket.event;
    this.type[row] = ticket.type;
    this.status[row] = ticket.status;
    this.flags[row] = ticket.flags;
    if (ticket.updated > ticket.created) this.version[row] = 1;
    this.length++;
    this.changes++;
    return row;
  }

  /** One cell. @throws RangeError where there is no such row */
  at(column: ArrayLike<number>, row: number): number {
    const value = column[row];
    if (value === undefined) throw new RangeError(`no row ${row}`);
    return value;
  }

  /** The row shows in answers: neither deleted nor still on its way. */
  isListed(row: number): boolean {
    return row < this.length && ((this.flags[row] ?? REMOVED) & (REMOVED | HIDDEN)) === 0;
  }

  /** Writes a change into a row; without `updated` its `updatedAt` stays. */
  touch(row: number, updated?: number): void {
    this.version[row] = this.at(this.version, row) + 1;
    // A row that lacks its `updatedAt` (an odd one) goes on lacking it.
    if (updated !== undefined && !Number.isNaN(this.at(this.updated, row))) this.updated[row] = updated;
    this.changes++;
  }

  setFlag(row: number, flag: number, on: boolean): void {
    const flags = this.at(this.flags, row);
    this.flags[row] = on ? flags | flag : flags & ~flag;
    this.changes++;
  }

  /** A number for a new order. */
  nextOrder(): number {
    return ++this.#orders;
  }

  #grow(): void {
    const size = Math.min(MAX_TICKETS, this.created.length * 2);
    const grown = <T extends { set(from: T): void }>(next: T, old: T) => (next.set(old), next);
    this.created = grown(new Float64Array(size), this.created);
    this.updated = grown(new Float64Array(size), this.updated);
    this.cents = grown(new Int32Array(size), this.cents);
    this.order = grown(new Uint32Array(size), this.order);
    this.event = grown(new Uint16Array(size), this.event);
    this.version = grown(new Uint16Array(size), this.version);
    this.type = grown(new Uint8Array(size), this.type);
    this.status = grown(new Uint8Array(size), this.status);
    this.flags = grown(new Uint8Array(size), this.flags);
    this.holder = grown(new Uint8Array(size), this.holder);
  }
}
