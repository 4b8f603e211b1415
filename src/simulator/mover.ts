import {
  editShops,
  issueCoupons,
  redeem,
  removeEvents,
  switchCoupons,
  type ShopEditOptions,
} from './record-motion.js';
import {
  cancel,
  edit,
  flip,
  personalise,
  remove,
  sell,
  settle,
  transfer,
  type EditOptions,
  type MotionRates,
  type SellOptions,
  type Which,
  type World,
} from './motion.js';
import { makeTicketOdd, type OddKind } from './odd.js';
import { rowOfTicket } from './render-ticket.js';
import type { Seller } from './seller.js';

/** Changes that the data goes through by itself. */
export interface Mover {
  /** Makes up for the time since the last call: what is due shows, what is sold by the second is sold. */
  readonly catchUp: () => void;
  /** What happens between two requests. */
  readonly afterRequest: (seller: Seller) => void;
}

type Step = (world: World, seller: Seller, count: number) => unknown;
type RequestRate = Exclude<keyof MotionRates, 'sellPerSecond' | 'editPerSecond'>;

const STEPS: readonly (readonly [RequestRate, Step])[] = [
  ['sellPerRequest', sell],
  ['editPerRequest', edit],
  ['bulkEditPerRequest', (world, seller, count) => edit(world, seller, count, { together: true })],
  ['flipPerRequest', flip],
  ['cancelPerRequest', cancel],
  ['personalisePerRequest', personalise],
  ['transferPerRequest', transfer],
  ['deletePerRequest', remove],
  ['redeemPerRequest', redeem],
];

export function createMover(world: World, sellers: readonly Seller[], rates: MotionRates): Mover {
  /** What was less than one so far. */
  const rest = new Map<string, number>();
  let last = world.clock.now();
  const whole = (key: string, amount: number): number => {
    const sum = (rest.get(key) ?? 0) + amount;
    rest.set(key, sum - Math.floor(sum));
    return Math.floor(sum);
  };
  const passTime = (seller: Seller, from: number, to: number): void => {
    const seconds = Math.max(0, (to - from) / 1000);
    const sales = whole(`sell ${seller.id}`, seconds * (rates.sellPerSecond ?? 0));
    for (let i = 0; i < sales; i++)
      sell(world, seller, 1, { at: Math.floor(from + ((i + 1) / sales) * (to - from)) });
    const edits = whole(`edit ${seller.id}`, seconds * (rates.editPerSecond ?? 0));
    if (edits > 0) edit(world, seller, edits);
  };
  return {
    catchUp() {
      const now = world.clock.now();
      for (const seller of sellers) {
        passTime(seller, last, now);
        settle(seller, now);
      }
      last = now;
    },
    afterRequest(seller) {
      for (const [rate, step] of STEPS) {
        const count = whole(`${rate} ${seller.id}`, rates[rate] ?? 0);
        if (count > 0) step(world, seller, count);
      }
    },
  };
}

/** Changes on demand, by the seller's token. All give the ids they touched; ids that are unknown are passed over. */
export interface SellerMethods {
  sell(token: string, count: number, options?: SellOptions): string[];
  edit(token: string, which: Which, options?: EditOptions): string[];
  /** An edit that gives all rows the same `updatedAt`. */
  bulkEdit(token: string, which: Which): string[];
  flip(token: string, which: Which, options?: EditOptions): string[];
  cancel(token: string, which: Which, options?: EditOptions): string[];
  personalise(token: string, which: Which, options?: EditOptions): string[];
  /** Gives the ids of the new tickets. */
  transfer(token: string, which: Which): string[];
  /** Hard delete. */
  remove(token: string, which: Which): string[];
  redeem(token: string, which: Which): string[];
  switchCoupons(token: string, which: Which): string[];
  issueCoupons(token: string, count: number): string[];
  editShops(token: string, which: Which, options?: ShopEditOptions): string[];
  removeEvents(token: string, which: Which): string[];
  /** Makes one ticket odd from now on. */
  makeOdd(token: string, ticketId: string, kind: OddKind): void;
  /** The key stops working (401), or works again. */
  revoke(token: string, revoked?: boolean): void;
}

export function sellerMethods(world: World, sellerOf: (token: string) => Seller): SellerMethods {
  return {
    sell: (token, count, options) => sell(world, sellerOf(token), count, options),
    edit: (token, which, options) => edit(world, sellerOf(token), which, options),
    bulkEdit: (token, which) => edit(world, sellerOf(token), which, { together: true }),
    flip: (token, which, options) => flip(world, sellerOf(token), which, options),
    cancel: (token, which, options) => cancel(world, sellerOf(token), which, options),
    personalise: (token, which, options) => personalise(world, sellerOf(token), which, options),
    transfer: (token, which) => transfer(world, sellerOf(token), which),
    remove: (token, which) => remove(world, sellerOf(token), which),
    redeem: (token, which) => redeem(world, sellerOf(token), which),
    switchCoupons: (token, which) => switchCoupons(world, sellerOf(token), which),
    issueCoupons: (token, count) => issueCoupons(world, sellerOf(token), count),
    editShops: (token, which, options) => editShops(world, sellerOf(token), which, options),
    removeEvents: (token, which) => removeEvents(world, sellerOf(token), which),
    makeOdd(token, ticketId, kind) {
      const seller = sellerOf(token);
      const row = rowOfTicket(seller, ticketId);
      if (row === undefined) throw new RangeError(`no ticket ${ticketId}`);
      makeTicketOdd(seller, row, kind);
    },
    revoke: (token, revoked = true) => void (sellerOf(token).revoked = revoked),
  };
}
