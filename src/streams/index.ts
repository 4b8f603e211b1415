import { coupons, couponSeries } from './coupons.js';
import type { Stream } from './define.js';
import { events } from './events.js';
import { ticketTypes } from './ticket-types.js';
import { tickets } from './tickets.js';
import { ticketVolumes, underShops } from './under-shops.js';

/** Every stream, in the order in which a run reads them. */
export const streams: readonly Stream[] = [
  events,
  ticketTypes,
  underShops,
  ticketVolumes,
  tickets,
  couponSeries,
  coupons,
];
