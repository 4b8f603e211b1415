import { rewriteOdd } from './odd.js';
import { allowedEvents, couponName, renderCoupon, renderSeries } from './render-coupon.js';
import { asks, contains, getRecord, type Resource } from './resource.js';
import { selectRecords } from './select.js';

export const coupons: Resource = {
  list: '/coupon/rich',
  one: '/coupon/',
  envelope: 'rows',
  parameters: { name: 'text', code: 'text', eventId: 'text', couponSeriesId: 'text', active: 'boolean' },
  select: (seller, { query, order, draw }) =>
    selectRecords(
      seller.coupons,
      (coupon) =>
        // A coupon of a series has no name, events or `active` of its own, so these filters miss it.
        asks(query, 'name', (part) => coupon.series === null && contains(couponName(coupon), part)) &&
        asks(query, 'active', (active) => coupon.series === null && String(coupon.active) === active) &&
        asks(query, 'eventId', (id) => allowedEvents(seller, coupon).includes(id)) &&
        asks(query, 'code', (code) => coupon.code === code) &&
        asks(
          query,
          'couponSeriesId',
          (id) => coupon.series !== null && seller.series[coupon.series]?.id === id,
        ),
      { ...query, order, draw },
    ),
  render(seller, row) {
    const coupon = seller.coupons[row];
    if (coupon === undefined) throw new RangeError(`no coupon ${row}`);
    const twin = seller.coupons[row - 1]?.id ?? coupon.id;
    return rewriteOdd(seller.odd.coupons.get(row), renderCoupon(seller, coupon, true), twin);
  },
  get(seller, id) {
    const coupon = seller.coupons.find((one) => one.id === id && !one.removed);
    return coupon === undefined ? undefined : renderCoupon(seller, coupon, false);
  },
};

export const series: Resource = {
  list: '/coupon/series',
  one: '/coupon/series/',
  envelope: 'docs',
  parameters: { name: 'text' },
  select: (seller, { query, order, draw }) =>
    selectRecords(seller.series, ({ name }) => asks(query, 'name', (part) => contains(name, part)), {
      ...query,
      order,
      draw,
    }),
  render(seller, row) {
    const one = seller.series[row];
    if (one === undefined) throw new RangeError(`no series ${row}`);
    return renderSeries(seller, one);
  },
  get: (seller, id) => getRecord(series, seller, id, seller.series),
};
