/** Coupons: the lists of handed-out codes, and how many of them were used. */
import { CouponDataLoader, CouponProcessor, DatabaseManager, getConfig } from 'vivenu-ingest';

const config = getConfig();
await using db = await DatabaseManager.connect(config.database);

const { codes, problems } = await new CouponDataLoader(config).loadCodes('auckland');
console.log(`${codes.length} codes were handed out`);
for (const { path, line, says } of problems) console.log(`${path} line ${line} ${says}`);

const result = await new CouponProcessor(config, { db }).processCoupons(['auckland']);
console.log(`success: ${result.success}, ${result.processed} records read`);

const usage = await db.query<{ series_name: string | null; total: number; used: number; tracked: number }>(
  'select series_name, total, used, tracked from auckland.coupon_usage_summary order by series_name nulls last',
);
for (const { series_name, total, used, tracked } of usage)
  console.log(`${series_name ?? 'without series'}: ${used} of ${total} used, ${tracked} handed out`);
