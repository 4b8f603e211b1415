import type { Which, World } from './motion.js';
import type { EventRecord, Seller } from './seller.js';

/** Things with an id that can be chosen by number or by name. */
function pickRecords<T extends { id: string; removed: boolean }>(
  world: World,
  records: readonly T[],
  which: Which,
): T[] {
  const listed = records.filter(({ removed }) => !removed);
  if (typeof which !== 'number') return listed.filter(({ id }) => which.includes(id));
  const count = Math.min(which, listed.length);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(world.draw() * (listed.length - i));
    const [a, b] = [listed[i], listed[other]];
    if (a === undefined || b === undefined) continue;
    listed[i] = b;
    listed[other] = a;
  }
  return listed.slice(0, count);
}

/** Raises `used` of coupons by one. @returns the ids */
export function redeem(world: World, seller: Seller, which: Which): string[] {
  return pickRecords(world, seller.coupons, which).map((coupon) => {
    coupon.used++;
    if (world.redemptionMovesUpdatedAt) coupon.updated = world.clock.stamp();
    return coupon.id;
  });
}

/** Turns coupons off, or on again. @returns the ids */
export function switchCoupons(world: World, seller: Seller, which: Which): string[] {
  return pickRecords(world, seller.coupons, which).map((coupon) => {
    coupon.active = !coupon.active;
    coupon.updated = world.clock.stamp();
    return coupon.id;
  });
}

/** Issues new coupons, without a series. @returns the ids */
export function issueCoupons(world: World, seller: Seller, count: number): string[] {
  return Array.from({ length: count }, () => {
    const at = world.clock.stamp();
    const n = seller.coupons.length;
    const id =
      Math.floor(at / 1000)
        .toString(16)
        .padStart(8, '0') +
      seller.id.slice(0, 8) +
      n.toString(16).padStart(8, '0');
    const code = `NEW${n.toString(36).toUpperCase()}`;
    seller.coupons.push({
      id,
      code,
      created: at,
      updated: at,
      used: 0,
      active: true,
      series: null,
      removed: false,
    });
    return id;
  });
}

export interface ShopEditOptions {
  /** @default true */
  movesUpdatedAt?: boolean;
}

/** Changes the amounts of an event's under shops, which may not move its `updatedAt`. @returns the ids */
export function editShops(
  world: World,
  seller: Seller,
  which: Which,
  options: ShopEditOptions = {},
): string[] {
  return pickRecords(world, seller.events, which).map((event) => {
    event.version++;
    if (options.movesUpdatedAt ?? true) event.updated = world.clock.stamp();
    world.tell(seller, 'event.updated', seller.events.indexOf(event));
    return event.id;
  });
}

/** Takes events out of the list; their tickets stay. @returns the ids */
export function removeEvents(world: World, seller: Seller, which: Which): string[] {
  return pickRecords<EventRecord>(world, seller.events, which).map((event) => {
    event.removed = true;
    return event.id;
  });
}
