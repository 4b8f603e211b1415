import type { Query, Range } from './query.js';
import { isInRange } from './query.js';
import { orderBy, type Draw } from './random.js';
import type { TicketColumns } from './ticket-columns.js';

/**
 * Order of a list: `oldest` and `newest` by creation, `updated` and `updated-newest` by change, `shuffled` at random but
 * always the same, `random` anew on each request.
 */
export type Order = 'oldest' | 'newest' | 'updated' | 'updated-newest' | 'shuffled' | 'random';
export const ORDERS: readonly Order[] = [
  'oldest',
  'newest',
  'updated',
  'updated-newest',
  'shuffled',
  'random',
];

export interface Selection {
  /** Rows that match, of which `rows` is one page. */
  total: number;
  rows: number[];
}

export interface TicketFilter {
  created: Range | null;
  updated: Range | null;
  /** 1 for each event that is asked for; null for all. */
  events: Uint8Array | null;
  /** Bit by status. */
  statuses: number;
  /** What is left to check, dearly. */
  rest: ((row: number) => boolean) | null;
}

interface Page extends Pick<Query, 'top' | 'skip'> {
  order: Order;
  draw: Draw;
}

/** One page of tickets. A pass over typed arrays: a few milliseconds for a million. */
export function selectTickets(tickets: TicketColumns, filter: TicketFilter, page: Page): Selection {
  const matches = (row: number): boolean => {
    const { created, updated, events, statuses, rest } = filter;
    if (!tickets.isListed(row)) return false;
    if (created !== null && !isInRange(tickets.created[row] ?? NaN, created)) return false;
    if (updated !== null && !isInRange(tickets.updated[row] ?? NaN, updated)) return false;
    if (events !== null && events[tickets.event[row] ?? 0] !== 1) return false;
    return ((statuses >>> (tickets.status[row] ?? 0)) & 1) === 1 && (rest === null || rest(row));
  };
  const [from, to] = rowsToVisit(tickets, filter.created);
  if (page.order === 'oldest') return walk({ from, to, matches }, page);
  if (page.order === 'newest') return walk({ from, to, matches, rowAt: (i) => to - 1 - (i - from) }, page);
  if (page.order === 'random') return sample({ from, to, matches }, page);
  const rows = ticketOrder(tickets, page.order);
  return walk({ from: 0, to: rows.length, matches, rowAt: (i) => rows[i] ?? 0 }, page);
}

/** One page of a list that is short enough to be kept as records. */
export function selectRecords<T extends { created: number; updated: number; removed: boolean }>(
  records: readonly T[],
  matches: (record: T) => boolean,
  page: Page,
): Selection {
  const time = page.order.startsWith('updated') ? 'updated' : 'created';
  const sign = page.order.endsWith('newest') ? -1 : 1;
  const rows = [...records.keys()].filter((i) => {
    const record = records[i];
    return record !== undefined && !record.removed && matches(record);
  });
  const timeOf = (i: number) => records[i]?.[time] || 0;
  const list = { from: 0, to: rows.length, matches: () => true, rowAt: (i: number) => rows[i] ?? 0 };
  if (page.order === 'random') return sample(list, page);
  if (page.order === 'shuffled') rows.sort((a, b) => scatter(a) - scatter(b));
  else rows.sort((a, b) => sign * (timeOf(a) - timeOf(b) || a - b));
  return walk(list, page);
}

interface Candidates {
  from: number;
  to: number;
  matches: (row: number) => boolean;
  rowAt?: (position: number) => number;
}

function walk({ from, to, matches, rowAt }: Candidates, { skip, top }: Page): Selection {
  const rows: number[] = [];
  let total = 0;
  for (let position = from; position < to; position++) {
    const row = rowAt === undefined ? position : rowAt(position);
    if (!matches(row)) continue;
    if (total >= skip && rows.length < top) rows.push(row);
    total++;
  }
  return { total, rows };
}

/** A page of a list that is in a new order on each request: any rows, as many as the page would hold. */
function sample({ from, to, matches, rowAt }: Candidates, { skip, top, draw }: Page): Selection {
  const found = new Uint32Array(to - from);
  let total = 0;
  for (let position = from; position < to; position++) {
    const row = rowAt === undefined ? position : rowAt(position);
    if (matches(row)) found[total++] = row;
  }
  const count = Math.max(0, Math.min(top, total - skip));
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(draw() * (total - i));
    const row = found[other] ?? 0;
    found[other] = found[i] ?? 0;
    found[i] = row;
  }
  return { total, rows: Array.from(found.subarray(0, count)) };
}

/** Rows that can lie in a range of creation: all of them, unless the rows are known to be in that order. */
function rowsToVisit(tickets: TicketColumns, created: Range | null): [from: number, to: number] {
  if (created === null || !tickets.sorted) return [0, tickets.length];
  return [firstFrom(tickets, created.min), firstFrom(tickets, created.max + 1)];
}

/** First row created at `time` or later, in rows that are in that order. */
function firstFrom(tickets: TicketColumns, time: number): number {
  let low = 0;
  let high = tickets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tickets.created[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const kept = new WeakMap<TicketColumns, { order: Order; changes: number; rows: Uint32Array }>();

/** All rows in an order that no column is in; computed anew after a change. */
function ticketOrder(tickets: TicketColumns, order: Order): Uint32Array {
  const last = kept.get(tickets);
  if (last?.order === order && last.changes === tickets.changes) return last.rows;
  const rows = orderBy(tickets.length, (row) => {
    if (order === 'shuffled') return scatter(row);
    // A missing time (NaN) comes first, as in MongoDB.
    return Math.max(0, (tickets.updated[row] ?? 0) - BEGIN || 0);
  });
  if (order === 'updated-newest') rows.reverse();
  kept.set(tickets, { order, changes: tickets.changes, rows });
  return rows;
}

/** 2000-01-01, so that times fit the sort key. */
const BEGIN = 946_684_800_000;

const scatter = (row: number) => Math.imul(row ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
