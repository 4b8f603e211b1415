import type { Clock } from './clock.js';
import { familyOf, newTicket } from './fill.js';
import { mix, type Draw } from './random.js';
import type { SentType } from './listeners.js';
import { rowOfTicket, ticketId } from './render-ticket.js';
import type { Seller } from './seller.js';
import {
  AT_TILL,
  BLANK,
  DETAILSREQUIRED,
  HIDDEN,
  INVALID,
  PERSONALISED,
  REMOVED,
  RESERVED,
  VALID,
} from './ticket-columns.js';
import { orderedTypes, TICKET_TYPES } from './ticket-types.js';

/** How many, or which: ids that are unknown or do not suit are passed over. */
export type Which = number | readonly string[];

export interface EditOptions {
  /** The rows' `updatedAt` moves. @default true */
  movesUpdatedAt?: boolean;
  /** All of them get one and the same `updatedAt`. @default false */
  together?: boolean;
}

/** Rows moved after each list request that is answered; fractions add up over requests. */
export interface MotionRates {
  sellPerRequest?: number;
  editPerRequest?: number;
  bulkEditPerRequest?: number;
  flipPerRequest?: number;
  cancelPerRequest?: number;
  personalisePerRequest?: number;
  transferPerRequest?: number;
  deletePerRequest?: number;
  redeemPerRequest?: number;
  /** Tickets a second of the simulator's clock, for each seller. */
  sellPerSecond?: number;
  /** Edits a second of the simulator's clock, for each seller. */
  editPerSecond?: number;
}

/** What a change needs to know. */
export interface World {
  readonly clock: Clock;
  readonly draw: Draw;
  readonly visibleAfterMs: number;
  readonly redemptionMovesUpdatedAt: boolean;
  /** Tells the listeners of a change as it shows: the row of a ticket, or the place of an event. */
  readonly tell: (seller: Seller, type: SentType, row: number) => void;
}

/** Lets what is due show in the answers. */
export function settle(seller: Seller, now: number): void {
  for (let next = seller.pending[0]; next !== undefined && next.due <= now; next = seller.pending[0]) {
    seller.pending.shift();
    next.apply();
  }
}

function whenVisible(world: World, seller: Seller, apply: () => void): void {
  if (world.visibleAfterMs === 0) apply();
  else seller.pending.push({ due: world.clock.now() + world.visibleAfterMs, apply });
}

/** Tries for a row at random before looking through them all. */
const TRIES = 40;

function choose({ draw }: World, seller: Seller, which: Which, suits: (row: number) => boolean): number[] {
  const fits = (row: number) => seller.tickets.isListed(row) && suits(row);
  if (typeof which !== 'number') {
    return which.flatMap((id) => rowOfTicket(seller, id) ?? []).filter(fits);
  }
  const rows = new Set<number>();
  const { length } = seller.tickets;
  for (let n = 0; n < which; n++) {
    let row = Math.floor(draw() * length);
    const isFree = () => !rows.has(row) && fits(row);
    for (let tries = 0; tries < TRIES && !isFree(); tries++) row = Math.floor(draw() * length);
    for (let steps = 0; steps < length && !isFree(); steps++) row = (row + 1) % length;
    if (isFree()) rows.add(row);
  }
  return [...rows];
}

export interface SellOptions {
  /** Sell for this event (and its children) only. */
  eventId?: string;
  /** Time of the sale, milliseconds since 1970. @default now */
  at?: number;
}

/** Sells tickets, in orders of one to four. @returns the ids */
export function sell(
  world: World,
  seller: Seller,
  count: number,
  { eventId, at }: SellOptions = {},
): string[] {
  const events = (eventId === undefined ? seller.events : familyOf(seller, eventId)).filter(
    ({ removed }) => !removed,
  );
  const rows: number[] = [];
  while (rows.length < count && events.length > 0) {
    const bits = mix(seller.seed, Math.floor(world.draw() * 2 ** 32));
    const chosen = events[bits % events.length];
    const order = seller.tickets.nextOrder();
    const created = world.clock.stamp(at);
    for (const type of orderedTypes(mix(bits, 1)).slice(0, count - rows.length)) {
      const ticket = newTicket(type, mix(bits, 20 + rows.length));
      const event = chosen === undefined ? 0 : seller.events.indexOf(chosen);
      rows.push(addHidden(world, seller, { ...ticket, type, created, updated: created, event, order }));
    }
  }
  return rows.map((row) => ticketId(seller, row));
}

function addHidden(world: World, seller: Seller, ticket: Parameters<Seller['tickets']['append']>[0]): number {
  const row = seller.tickets.append({ ...ticket, flags: ticket.flags | HIDDEN });
  whenVisible(world, seller, () => {
    seller.tickets.setFlag(row, HIDDEN, false);
    world.tell(seller, 'ticket.created', row);
  });
  return row;
}

/** A change of chosen rows; `change` writes all but the version and the time. @returns the ids */
function alter(
  world: World,
  seller: Seller,
  { rows, movesUpdatedAt = true, together = false }: EditOptions & { rows: number[] },
  change: (row: number) => void,
): string[] {
  const shared = world.clock.stamp();
  for (const row of rows) {
    const at = together ? shared : world.clock.stamp();
    whenVisible(world, seller, () => {
      change(row);
      seller.tickets.touch(row, movesUpdatedAt ? at : undefined);
      world.tell(seller, 'ticket.updated', row);
    });
  }
  return rows.map((row) => ticketId(seller, row));
}

/** Changes a price in a third of the rows, the holder in another, other fields in all. */
export function edit(world: World, seller: Seller, which: Which, options: EditOptions = {}): string[] {
  const { tickets } = seller;
  return alter(world, seller, { ...options, rows: choose(world, seller, which, () => true) }, (row) => {
    const kind = Math.floor(world.draw() * 3);
    if (kind === 0)
      tickets.cents[row] = Math.floor(world.draw() * (TICKET_TYPES[tickets.type[row] ?? 0]?.cents ?? 1000));
    if (kind === 1) tickets.holder[row] = (tickets.holder[row] ?? 0) + 1;
  });
}

function setStatus(seller: Seller, row: number, status: number): void {
  seller.tickets.status[row] = status;
}

/** Turns VALID into RESERVED, BLANK or DETAILSREQUIRED, and all else into VALID. */
export function flip(world: World, seller: Seller, which: Which, options: EditOptions = {}): string[] {
  const others = [RESERVED, BLANK, DETAILSREQUIRED];
  return alter(world, seller, { ...options, rows: choose(world, seller, which, () => true) }, (row) =>
    setStatus(
      seller,
      row,
      seller.tickets.status[row] === VALID ? (others[Math.floor(world.draw() * 3)] ?? BLANK) : VALID,
    ),
  );
}

/** Makes tickets INVALID; they stay in the list. */
export function cancel(world: World, seller: Seller, which: Which, options: EditOptions = {}): string[] {
  const rows = choose(world, seller, which, (row) => seller.tickets.status[row] !== INVALID);
  return alter(world, seller, { ...options, rows }, (row) => setStatus(seller, row, INVALID));
}

/** Fills in what was missing: DETAILSREQUIRED becomes VALID. */
export function personalise(world: World, seller: Seller, which: Which, options: EditOptions = {}): string[] {
  const rows = choose(world, seller, which, (row) => seller.tickets.status[row] === DETAILSREQUIRED);
  return alter(world, seller, { ...options, rows }, (row) => {
    setStatus(seller, row, VALID);
    seller.tickets.setFlag(row, PERSONALISED, true);
  });
}

/** Hands tickets on: the old ones become INVALID, new ones name them in `originTicketId`. @returns the new ids */
export function transfer(world: World, seller: Seller, which: Which): string[] {
  const { tickets } = seller;
  const rows = choose(world, seller, which, (row) => tickets.status[row] === VALID);
  alter(world, seller, { rows }, (row) => setStatus(seller, row, INVALID));
  const moved = rows.map((row) => {
    const at = world.clock.stamp();
    const copy = {
      event: tickets.at(tickets.event, row),
      type: tickets.at(tickets.type, row),
      order: tickets.at(tickets.order, row),
    };
    const ticket = {
      ...copy,
      created: at,
      updated: at,
      cents: tickets.at(tickets.cents, row),
      status: VALID,
    };
    // Before it is told of.
    tickets.cameFrom.set(tickets.length, row);
    return addHidden(world, seller, { ...ticket, flags: tickets.at(tickets.flags, row) & ~AT_TILL });
  });
  return moved.map((row) => ticketId(seller, row));
}

/** Deletes tickets for good, which vivenu does not do by itself. */
export function remove(world: World, seller: Seller, which: Which): string[] {
  const rows = choose(world, seller, which, () => true);
  for (const row of rows) whenVisible(world, seller, () => seller.tickets.setFlag(row, REMOVED, true));
  return rows.map((row) => ticketId(seller, row));
}
