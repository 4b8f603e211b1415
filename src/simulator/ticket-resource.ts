import { rewriteOdd } from './odd.js';
import { isInRange, plainRange, type Query } from './query.js';
import { renderTicket, rowOfTicket, ticketId, TICKET_FIELDS } from './render-ticket.js';
import { asks, contains, type Resource } from './resource.js';
import { selectTickets } from './select.js';
import type { Seller } from './seller.js';
import { STATUSES } from './ticket-columns.js';

/** Parameters of tickets that no column answers. */
const DEAR = [
  'name',
  'barcode',
  'type',
  'deliveryType',
  'statusId',
  'gaName',
  'sectionName',
  'groupName',
  'rowName',
] as const;
const DEARER = [
  'seatName',
  'customerId',
  'checkoutId',
  'batch',
  'purchaseIntentId',
  'subscriptionId',
  'packageId',
] as const;

export const tickets: Resource = {
  list: '/tickets',
  one: '/tickets/',
  envelope: 'rows',
  parameters: {
    ...{
      start: 'date',
      end: 'date',
      updatedAt: 'dates',
      event: 'list',
      status: 'list',
      batchCounter: 'numbers',
    },
    ...Object.fromEntries(
      [...DEAR, ...DEARER].map((name) => [name, name === 'deliveryType' ? 'list' : 'text'] as const),
    ),
  },
  select(seller, { query, order, draw }) {
    const statuses = query.values.get('status');
    const wanted = query.values.get('event');
    const filter = {
      created: plainRange(query, 'start', 'end'),
      updated: query.ranges.get('updatedAt') ?? null,
      events:
        wanted === undefined
          ? null
          : Uint8Array.from(seller.events, ({ id }) => (wanted.includes(id) ? 1 : 0)),
      statuses: STATUSES.reduce(
        (bits, name, i) => ((statuses?.includes(name) ?? true) ? bits | (1 << i) : bits),
        0,
      ),
      rest: dearFilter(seller, query),
    };
    return selectTickets(seller.tickets, filter, { ...query, order, draw });
  },
  render(seller, row) {
    const kind = seller.odd.tickets.get(row);
    const json = renderTicket(seller, row);
    return kind === undefined ? json : rewriteOdd(kind, json, ticketId(seller, Math.max(0, row - 1)));
  },
  get(seller, id) {
    const row = rowOfTicket(seller, id);
    return row === undefined ? undefined : tickets.render(seller, row);
  },
};

function dearFilter(seller: Seller, query: Query): ((row: number) => boolean) | null {
  const asked = [...DEAR, ...DEARER].filter((name) => query.values.has(name));
  const counter = query.ranges.get('batchCounter');
  if (asked.length === 0 && counter === undefined) return null;
  return (row) => {
    if (counter !== undefined && !isInRange(Number(TICKET_FIELDS['batchCounter']?.(seller, row)), counter))
      return false;
    return asked.every((name) => {
      const value = TICKET_FIELDS[name]?.(seller, row) ?? '';
      return asks(query, name, (wanted) => (name === 'name' ? contains(value, wanted) : value === wanted));
    });
  };
}
