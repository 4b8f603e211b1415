import { PLACES } from './made-up.js';
import { mix, objectId, uuid } from './random.js';
import { iso, ticketTypeId, underShopId } from './render-ticket.js';
import type { EventRecord, Seller } from './seller.js';
import { shopsOf, shopTypes, TICKET_TYPES } from './ticket-types.js';

const DAY = 86_400_000;

export function eventType(event: EventRecord): string {
  if (event.link === 'root')
    return event.parent !== null ? 'RECURRENCE' : event.children.length > 0 ? 'ROOT' : 'SINGLE';
  return event.children.length > 0 ? 'GROUP' : 'SINGLE';
}

export const eventEnd = (event: EventRecord) => event.start + 3 * DAY - 12 * 3_600_000;

/** JSON of an event: ticket types, groups, under shops and fields and all, 18 KB and 1.8 KB for each shop. */
export function renderEvent(seller: Seller, event: EventRecord): string {
  const place = PLACES[event.place];
  return JSON.stringify({
    _id: event.id,
    sellerId: seller.id,
    name: event.name,
    slogan: 'Run. Lift. Repeat. 🏃',
    description: JSON.stringify([
      { type: 'paragraph', children: [{ text: `${event.name} – „ganz“ ausgedacht` }] },
    ]),
    locationName: `Halle ${1 + (event.seed % 9)}`,
    locationStreet: place?.streets[0],
    locationCity: place?.cities[0],
    locationCountry: place?.country,
    timezone: place?.timezone,
    start: iso(event.start),
    end: iso(eventEnd(event)),
    sellStart: iso(event.created),
    sellEnd: iso(event.start - DAY),
    createdAt: iso(event.created),
    updatedAt: iso(event.updated),
    maxAmount: event.capacity,
    maxAmountPerOrder: 8,
    minAmountPerOrder: 1,
    eventType: eventType(event),
    ...(event.link === 'group' && event.children.length > 0
      ? { childEvents: event.children.map(({ id }) => id) }
      : {}),
    ...(event.link === 'root' && event.parent !== null ? { rootId: event.parent.id } : {}),
    ...offers(event),
    underShops: Array.from({ length: event.shops }, (_, shop) => renderUnderShop(event, shop)),
    ...settings(event),
  });
}

function offers(event: EventRecord) {
  return {
    categories: ['Athletes', 'Spectators'].map((name) => ({
      _id: objectId(event.seed, 50 + name.length),
      name,
      ref: uuid(event.seed, name.length),
      amount: Math.ceil(event.capacity / 2),
    })),
    tickets: TICKET_TYPES.map(({ name, category, cents, share }, type) => ({
      _id: ticketTypeId(event, type),
      name,
      description: `${name} 2027`,
      price: cents / 100,
      amount: Math.ceil(event.capacity * share * (0.9 + (mix(event.seed, type) % 40) / 100)),
      active: type % 11 !== 10,
      categoryRef: uuid(event.seed, category.length),
      priceCategoryId: objectId(event.seed, 500 + type),
      taxRate: 0.19,
      sortingKey: type,
      requiresPersonalization: category === 'Athletes',
      meta: {},
    })),
    groups: ['FRIDAY', 'SATURDAY', 'SUNDAY'].map((day, i) => ({
      _id: objectId(event.seed, 60 + i),
      name: day,
      tickets: TICKET_TYPES.flatMap(({ name }, type) =>
        name.endsWith(day) ? [ticketTypeId(event, type)] : [],
      ),
    })),
  };
}

/** Amounts are about what its tickets need, some too little; each edit of the shops raises them by one. */
function renderUnderShop(event: EventRecord, shop: number) {
  const bits = mix(event.seed, shop);
  const shops = Math.max(1, shopsOf(event.shops, shop % 3));
  const amountOf = (share: number) =>
    Math.ceil(((event.capacity * share) / 7 / shops) * (0.75 + (bits % 60) / 100)) + event.version;
  const tickets = shopTypes(shop).flatMap((type, i) => {
    const { name, cents, share } = TICKET_TYPES[type] ?? { name: '', cents: 0, share: 0 };
    const ids = { _id: objectId(event.seed, 2000 + shop * 64 + i), baseTicket: ticketTypeId(event, type) };
    return {
      ...ids,
      name,
      price: Math.round(cents * 0.85) / 100,
      amount: amountOf(share),
      active: i % 5 !== 4,
    };
  });
  return {
    _id: underShopId(event, shop),
    name: shop % 4 === 3 ? `Secret Shop ${shop + 1}` : `PARTNERSHIP ACCESS - Partner ${shop + 1}`,
    active: shop % 8 !== 7,
    tickets,
    sellStart: iso(event.created + DAY),
    sellEnd: iso(event.start - 2 * DAY),
    maxAmount: tickets.reduce((sum, { amount }) => sum + amount, 0),
    minAmountPerOrder: 1,
    inventoryStrategy: 'independent',
    unlockMode: shop % 4 === 3 ? 'couponCode' : 'none',
    customerTags: ['partner'],
  };
}

const FIELDS: readonly (readonly [name: string, type: string])[] = [
  ['First name', 'text'],
  ['Last name', 'text'],
  ['Birth date', 'date'],
  ['Gender', 'select'],
  ['Nationality', 'country'],
  ['Emergency contact', 'tel'],
  ['Club', 'text'],
  ['Newsletter', 'checkbox'],
];

function settings({ seed }: EventRecord) {
  const fields = FIELDS.map(([name, type], i) => ({
    _id: objectId(seed, 300 + i),
    name,
    type,
    required: i % 2 === 0,
    collectInCheckout: true,
    description: `<p>${name}</p>`,
    ...(type === 'select'
      ? { options: ['Female / Weiblich', 'Male / Männlich', 'Non-binary / Divers'] }
      : {}),
  }));
  return {
    ticketExtraFields: fields.slice(0, -1),
    extraFields: fields.slice(-1),
    dataRequestSettings: {
      _id: objectId(seed, 80),
      requiresPersonalization: true,
      requiresExtraFields: true,
    },
    styleOptions: {
      headerStyle: 'default',
      showAvailabilityIndicator: true,
      availabilityIndicatorThresholds: [0.3, 0.7],
    },
    geoCode: { _id: objectId(seed, 81), lat: 10 + (seed % 400) / 10, lng: (seed % 1200) / 10 },
    attributes: { season: '26/27' },
    meta: { internal: `made up ${seed % 1000}` },
  };
}
