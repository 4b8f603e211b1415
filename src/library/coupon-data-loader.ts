import type { Config } from '../config/config.js';
import { UsageError } from '../errors.js';
import { readCouponLists, type CodeProblem, type CouponCodeList } from '../reports/coupon-codes.js';

/** Reads the lists of handed-out coupon codes that the configuration names, as a run does, to see what is in them. */
export class CouponDataLoader {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  /**
   * The codes of a region's lists, none without a list, and what is wrong with single lines. Throws a UsageError for a region that is not
   * configured, a FatalError for a file that cannot be read.
   */
  async loadCodes(region: string): Promise<CouponCodeList<CodeProblem & { readonly path: string }>> {
    const found = this.#config.events.find((one) => one.region === region);
    if (found) return await readCouponLists(found.couponCodes);
    const known = this.#config.events.map((one) => one.region).join(', ');
    throw new UsageError([`the region ${region} is not configured; configured are ${known}`]);
  }
}
