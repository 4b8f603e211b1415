import { rewriteOdd } from './odd.js';
import type { Query } from './query.js';
import { eventEnd, eventType, renderEvent } from './render-event.js';
import { asks, contains, firstOf, getRecord, inRange, type Resource } from './resource.js';
import { selectRecords, type Order } from './select.js';
import type { EventRecord, Seller } from './seller.js';

export const events: Resource = {
  list: '/events',
  one: '/events/',
  envelope: 'rows',
  parameters: {
    ...{
      name: 'text',
      start: 'dates',
      end: 'dates',
      updatedAt: 'dates',
      createdAt: 'dates',
      sortDir: 'direction',
    },
    ...{ rootId: 'text', type: 'words', sellerId: 'text', groupEventId: 'text', salesChannelId: 'text' },
    ...{ childEvents: 'words', subscriptionPlanId: 'text' },
  },
  select(seller, { query, order, draw }) {
    const direction = firstOf(query, 'sortDir');
    const matches = (event: EventRecord) => eventMatches(seller, event, query);
    if (direction === undefined) return selectRecords(seller.events, matches, { ...query, order, draw });
    // Sorted by start, whatever the order of the list is otherwise.
    const byStart = seller.events.map((event) => ({ ...event, created: event.start }));
    const sorted: Order = direction === '1' ? 'oldest' : 'newest';
    return selectRecords(byStart, matches, { ...query, order: sorted, draw });
  },
  render(seller, row) {
    const event = seller.events[row];
    if (event === undefined) throw new RangeError(`no event ${row}`);
    return rewriteOdd(
      seller.odd.events.get(row),
      renderEvent(seller, event),
      seller.events[row - 1]?.id ?? event.id,
    );
  },
  get: (seller, id) => getRecord(events, seller, id, seller.events),
};

function eventMatches(seller: Seller, event: EventRecord, query: Query): boolean {
  const children = event.link === 'group' ? event.children.map(({ id }) => id) : [];
  const root = event.link === 'root' ? event.parent?.id : undefined;
  const group = event.link === 'group' ? event.parent?.id : undefined;
  return (
    asks(query, 'name', (part) => contains(event.name, part)) &&
    asks(query, 'rootId', (id) => id === root) &&
    asks(query, 'groupEventId', (id) => id === group) &&
    asks(query, 'childEvents', (id) => children.includes(id)) &&
    asks(query, 'type', (type) => type === eventType(event)) &&
    asks(query, 'sellerId', (id) => id === seller.id) &&
    asks(query, 'salesChannelId', () => false) &&
    asks(query, 'subscriptionPlanId', () => false) &&
    inRange(query, 'start', event.start) &&
    inRange(query, 'end', eventEnd(event)) &&
    inRange(query, 'createdAt', event.created) &&
    inRange(query, 'updatedAt', event.updated)
  );
}
