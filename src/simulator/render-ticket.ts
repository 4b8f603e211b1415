import { ADD_ONS, CLUBS, COMPANIES, GENDERS, MEMBERSHIPS, MESSAGES, PLACES } from './made-up.js';
import { hex8, mix, objectId, uuid } from './random.js';
import type { EventRecord, Seller } from './seller.js';
import {
  AT_TILL,
  DETAILSREQUIRED,
  HIDDEN,
  PERSONALISED,
  RESERVED,
  STATUSES,
  VALID,
} from './ticket-columns.js';
import { isSpectator, shopOf, TICKET_TYPES } from './ticket-types.js';

/** Id of a row: seconds of creation, seller, row, as in MongoDB's ObjectId. */
export function ticketId(seller: Seller, row: number): string {
  const created = seller.tickets.created[row] ?? NaN;
  const time = Number.isNaN(created) ? (seller.tickets.idTimes.get(row) ?? 0) : created;
  return hex8(time / 1000) + hex8(seller.seed) + hex8(((seller.seed & 0xff) << 24) | row);
}

/** The row of an id, or undefined where no listed row of the seller has it. */
export function rowOfTicket(seller: Seller, id: string): number | undefined {
  const row = Number.parseInt(id.slice(-6), 16);
  return seller.tickets.isListed(row) && ticketId(seller, row) === id ? row : undefined;
}

export const ticketTypeId = (event: EventRecord, type: number) => objectId(event.seed, 100 + type);
export const underShopId = (event: EventRecord, shop: number) => objectId(event.seed, 1000 + shop);

/** Price paid, in major units. */
export const realPrice = (seller: Seller, row: number) => (seller.tickets.cents[row] ?? 0) / 100;

const pick = (list: readonly string[], bits: number) => list[bits % list.length] ?? '';
export const iso = (time: number) => new Date(Number.isNaN(time) ? 0 : time).toISOString();

/** What the parts of one row's JSON are computed from. */
interface Facts {
  seller: Seller;
  row: number;
  event: EventRecord;
  type: number;
  status: number;
  flags: number;
  /** 32 random bits of the row, of its holder, of its version, of its order. */
  bits: number;
  holder: number;
  edit: number;
  order: number;
  created: string;
  updated: string;
}

function factsOf(seller: Seller, row: number): Facts {
  const { tickets } = seller;
  const event = seller.events[tickets.at(tickets.event, row)];
  if (event === undefined) throw new RangeError(`row ${row} is of no event`);
  const bits = mix(seller.seed, row);
  return {
    seller,
    row,
    event,
    type: tickets.type[row] ?? 0,
    status: tickets.status[row] ?? 0,
    flags: tickets.flags[row] ?? HIDDEN,
    bits,
    holder: mix(bits, tickets.holder[row] ?? 0),
    edit: mix(bits, 1000 + (tickets.version[row] ?? 0)),
    order: mix(seller.seed ^ 0x0badf00d, tickets.order[row] ?? 0),
    created: iso(tickets.created[row] ?? 0),
    updated: iso(tickets.updated[row] ?? 0),
  };
}

/** JSON of a ticket as `GET /api/tickets` gives it, 2 to 3 KB. */
export function renderTicket(seller: Seller, row: number): string {
  const facts = factsOf(seller, row);
  return (
    `{"_id":"${ticketId(seller, row)}","sellerId":"${seller.id}",` +
    holderJson(facts) +
    typeJson(facts.event, facts.type) +
    saleJson(facts) +
    stateJson(facts) +
    extraFieldsJson(facts) +
    historyJson(facts) +
    '}'
  );
}

function holderJson(facts: Facts): string {
  const { flags, holder, bits, seller, order } = facts;
  if ((flags & AT_TILL) !== 0) return '"name":"",';
  const place = placeOf(bits);
  const first = pick(place.first, holder);
  const last = pick(place.last, holder >>> 6);
  const company = bits % 16 === 0 ? `"company":"${pick(COMPANIES, bits >>> 8)}",` : '';
  const second = bits % 9 === 0 ? `"line2":"c/o ${last}","state":"${pick(place.cities, bits >>> 5)}",` : '';
  return (
    `${company}"email":"${mailOf(facts)}","name":"${first} ${last}","firstname":"${first}","lastname":"${last}",` +
    `"street":"${pick(place.streets, bits >>> 3)} ${1 + (bits % 180)}",${second}"city":"${pick(place.cities, bits >>> 5)}",` +
    `"postal":"${10000 + (bits % 89999)}","country":"${place.country}","customerId":"${objectId(seller.seed + 7, order)}",`
  );
}

const placeOf = (bits: number) => PLACES[(bits >>> 9) % PLACES.length] ?? PLACES[0] ?? NOWHERE;
const NOWHERE = { country: 'DE', first: [''], last: [''], mail: [''], cities: [''], streets: [''] };

const mailOf = ({ bits, holder }: Facts) =>
  `${pick(placeOf(bits).mail, holder)}.${(holder % 1_000_000).toString(36)}@example.${bits % 2 === 0 ? 'com' : 'org'}`;

const typeTexts = new WeakMap<EventRecord, string[]>();

/** The part that all tickets of a type share, kept for the next one. */
function typeJson(event: EventRecord, type: number): string {
  let texts = typeTexts.get(event);
  if (texts === undefined) typeTexts.set(event, (texts = []));
  return (texts[type] ??= renderType(event, type));
}

function renderType(event: EventRecord, type: number): string {
  const { name, category, cents } = TICKET_TYPES[type] ?? { name: '', category: '', cents: 0 };
  const root = event.parent !== null && event.link === 'root' ? { rootEventId: event.parent.id } : {};
  const text = JSON.stringify({
    eventId: event.id,
    ...root,
    categoryRef: uuid(event.seed, category.length),
    categoryName: category,
    ticketTypeId: ticketTypeId(event, type),
    ticketName: name,
    currency: PLACES[event.place]?.currency ?? 'EUR',
    regularPrice: cents / 100,
    priceCategoryId: objectId(event.seed, 500 + type),
  });
  return `${text.slice(1, -1)},`;
}

function saleJson({ seller, row, event, bits, order, flags, type }: Facts): string {
  const from = seller.tickets.cameFrom.get(row);
  const transfer = from === undefined ? '' : `"originTicketId":"${ticketId(seller, from)}",`;
  const origin = transfer !== '' ? 'transfer' : (flags & AT_TILL) !== 0 ? 'pos' : 'yourticket';
  const transaction = transfer !== '' ? '' : `"transactionId":"${objectId(seller.seed + 9, order)}",`;
  const shopNumber = bits % 7 === 0 ? shopOf(type, event.shops, bits >>> 10) : undefined;
  const shop = shopNumber === undefined ? '' : `"underShopId":"${underShopId(event, shopNumber)}",`;
  const till = origin === 'pos' ? `"posId":"${objectId(event.seed, 9000 + (bits % 4))}",` : '';
  return (
    `${transaction}${transfer}${shop}${till}"cartItemId":"${hex8(order)}${hex8(bits)}","triggeredBy":[],` +
    `"realPrice":${realPrice(seller, row)},"origin":"${origin}","checkoutId":"${checkoutId(seller, order)}",` +
    `"checkoutItemId":"${hex8(bits)}${hex8(order)}00","salesChannelId":"${objectId(seller.seed, 77)}",` +
    `"batch":"${uuid(seller.seed, order)}","batchCounter":${row % 8},` +
    (isSpectator(type) ? `"seatingInfo":${seatJson(bits)},` : '')
  );
}

const checkoutId = (seller: Seller, order: number) => objectId(seller.seed + 8, order);

function seatJson(bits: number): string {
  const statusId = `"statusId":"${hex8(bits)}${hex8(bits >>> 3)}"`;
  if (bits % 3 === 0)
    return `{"_id":"${hex8(bits)}","_type":7,${statusId},"name":"Standing ${1 + (bits % 4)}"}`;
  const [section, rowName, seat] = [
    1 + ((bits >>> 4) % 9),
    1 + ((bits >>> 8) % 30),
    1 + ((bits >>> 13) % 40),
  ];
  return (
    `{"_id":"${hex8(bits)}","_type":6,${statusId},"seatType":null,"sectionName":"Block ${section}",` +
    `"groupName":"Tribüne","rowName":"${rowName}","seatName":"${seat}","gate":"${section}"}`
  );
}

function stateJson({ seller, row, status, flags, bits, created, updated, edit }: Facts): string {
  const { tickets } = seller;
  const expires = status === RESERVED ? `"expiresAt":"${iso((tickets.created[row] ?? 0) + 1_200_000)}",` : '';
  const message = edit % 5 === 0 ? `"customMessage":"${pick(MESSAGES, edit >>> 4)}",` : '';
  const secret = `${hex8(mix(bits, 1))}${hex8(mix(bits, 2))}${hex8(mix(bits, 3))}${hex8(bits)}`;
  const addOns =
    bits % 4 === 0 ? addOnJson(bits >>> 3) + (bits % 8 === 0 ? `,${addOnJson(bits >>> 5)}` : '') : '';
  return (
    `"completed":${status === VALID || status === DETAILSREQUIRED},"createdAt":"${created}","updatedAt":"${updated}",${expires}` +
    `"status":"${STATUSES[status] ?? ''}","secret":"${secret}","barcode":"${barcodeOf(bits)}","type":"SINGLE",` +
    `"deliveryType":"${deliveryOf(bits)}","readyForDelivery":${status === VALID},${message}"entryPermissions":[],` +
    `"personalized":${(flags & PERSONALISED) !== 0},"claimed":${bits % 3 === 0},"expired":false,"__v":${tickets.version[row] ?? 0},` +
    `"addOns":[${addOns}],"capabilities":[{"type":"repersonalization","settings":{"inherit":true,"repersonalizationDeadline":` +
    `{"unit":"days","offset":-14},"repersonalizationsLimit":null}}],"personalizations":[],`
  );
}

const addOnJson = (bits: number) =>
  `{"productId":"${objectId(31, bits % 5)}","productVariantId":"${objectId(32, bits % 5)}","name":"${pick(ADD_ONS, bits)}"}`;

/** 16 digits. */
const barcodeOf = (bits: number) =>
  `${10_000_000 + (bits % 90_000_000)}${10_000_000 + (mix(bits, 9) % 90_000_000)}`;
const deliveryOf = (bits: number) => (bits % 25 === 0 ? 'HARD' : 'VIRTUAL');

function extraFieldsJson(facts: Facts): string {
  const { flags, holder, bits, edit, type, status } = facts;
  if ((flags & AT_TILL) !== 0 || status === DETAILSREQUIRED || status === RESERVED)
    return '"extraFields":{},';
  const place = placeOf(bits);
  const [first, last] = [pick(place.first, holder), pick(place.last, holder >>> 6)];
  const base = `"extraFields":{"first_name":"${first}","last_name":"${last}","nationality":"${place.country}"`;
  if (isSpectator(type)) return `${base},"spectators_e_mail_address":"${mailOf(facts)}"},`;
  const phone = 1_000_000 + (holder % 8_999_999);
  return (
    `${base},"athletes_e_mail_address":"${mailOf(facts)}","athletes_phone_number":"+00 30 ${phone}",` +
    `"birth_date":"${1950 + (holder % 58)}-0${1 + (holder % 9)}-${10 + (bits % 19)}","gender":"${pick(GENDERS, holder >>> 3)}",` +
    `"region_of_residence":"${pick(place.cities, bits >>> 5)}","zip_code":"${10000 + (bits % 89999)}",` +
    `"emergency_contact_full_name":"${pick(place.first, bits)} ${last}","emergency_contact_phone_number":"+00 40 ${phone}",` +
    `"expected_finisher_time":"${1 + (edit % 2)}:${10 + (edit % 50)}","hyrox_training_clubs":"${pick(MEMBERSHIPS, bits >>> 7)}",` +
    `"gym_club_community":"${pick(CLUBS, edit >>> 6)}","returning_athlete":"${bits % 3 === 0 ? 'Yes / Ja' : 'No / Nein'}",` +
    `"t_shirt_size":"${pick(SIZES, edit >>> 2)}","confirmation_tc":true,"confirmation_waiver":true,"newsletter":${bits % 2 === 0}},`
  );
}

const SIZES: readonly string[] = ['XS', 'S', 'M', 'L', 'XL', 'XXL'];

function historyJson({ created, updated, seller, row, order }: Facts): string {
  const entry = (type: string, date: string, n: number) =>
    `{"_id":"${objectId(order, n)}","type":"${type}","date":"${date}","data":{"source":"checkout","checkoutId":"${checkoutId(seller, order)}"}}`;
  const last =
    updated === created ? '' : `,${entry('ticket.updated', updated, seller.tickets.version[row] ?? 0)}`;
  return `"history":[${entry('ticket.created', created, 0)}${last}]`;
}

/** Value of a row by filter parameter; a missing field is empty. */
export const TICKET_FIELDS: Readonly<Record<string, (seller: Seller, row: number) => string>> = {
  name: (seller, row) => jsonField(holderJson(factsOf(seller, row)), 'name'),
  customerId: (seller, row) => jsonField(holderJson(factsOf(seller, row)), 'customerId'),
  barcode: (seller, row) => barcodeOf(mix(seller.seed, row)),
  deliveryType: (seller, row) => deliveryOf(mix(seller.seed, row)),
  type: () => 'SINGLE',
  checkoutId: (seller, row) => checkoutId(seller, factsOf(seller, row).order),
  batch: (seller, row) => uuid(seller.seed, factsOf(seller, row).order),
  batchCounter: (_, row) => String(row % 8),
  statusId: (seller, row) => seatField(seller, row, 'statusId'),
  gaName: (seller, row) => seatField(seller, row, 'name'),
  sectionName: (seller, row) => seatField(seller, row, 'sectionName'),
  groupName: (seller, row) => seatField(seller, row, 'groupName'),
  rowName: (seller, row) => seatField(seller, row, 'rowName'),
  seatName: (seller, row) => seatField(seller, row, 'seatName'),
};

/** Text of a field in a piece of JSON, which holds no escapes. */
const jsonField = (json: string, name: string) => new RegExp(`"${name}":"([^"]*)"`).exec(json)?.[1] ?? '';

const seatField = (seller: Seller, row: number, name: string) =>
  isSpectator(seller.tickets.type[row] ?? 0) ? jsonField(seatJson(mix(seller.seed, row)), name) : '';
