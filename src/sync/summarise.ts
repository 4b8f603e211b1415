import { withFields } from '../profile/profile.js';
import { installAcross } from '../reports/across.js';
import { readCouponLists } from '../reports/coupon-codes.js';
import { factsOf } from '../reports/facts.js';
import { installReports } from '../reports/install.js';
import { analyzeGrown, refreshSummaries } from '../reports/refresh.js';
import type { CouponCode } from '../load/coupon-codes.js';
import type { Run } from './context.js';
import { alive, type Region } from './region.js';
import { messageOf, type Summaries } from './tally.js';

/** Brings the summary tables and views of regions to this version; what cannot be made costs nobody a row. */
export async function prepareReports(run: Run, regions: readonly Region[]): Promise<void> {
  if (run.options.dryRun) return;
  for (const { name: region, schema, summaries } of regions.filter(alive))
    await run.db
      .transaction((client) => installReports(client, { region, schema }))
      .catch((error: unknown) => fail(summaries, error));
  await installAcross(run.db).catch((error: unknown) => {
    for (const { summaries } of regions)
      summaries.warnings.push(`views over all regions: ${messageOf(error)}`);
  });
}

/**
 * Refreshes the summaries of a region for the events that changed, all of them with `--skip-fetch` or `--full`; a failure is the summaries'
 * alone, and what they lack is made up for by the next run.
 */
export async function summarise(run: Run, region: Region): Promise<void> {
  const { config, summaries } = region;
  const { dryRun, full, skipFetch } = run.options;
  if (dryRun || !alive(region) || summaries.status === 'failed' || run.stop.aborted) return;
  const started = performance.now();
  try {
    const facts = factsOf(config, withFields(config.profile, config.fields));
    const codes = await handedOut(region);
    const { events, rows } = await refreshSummaries(run.db, facts, { all: full || skipFetch, codes });
    Object.assign(summaries, { events, rows });
    await analyzeGrown(run.db, config.schema);
    if (summaries.error === undefined) summaries.status = 'complete';
  } catch (error) {
    fail(summaries, error);
  }
  summaries.seconds = (performance.now() - started) / 1000;
}

/** Problems of a list that are told one by one. */
const TOLD = 10;

/** The codes of the region's lists; null where it has none, or one of them cannot be read: then what is stored stays. */
async function handedOut({ config, name, summaries }: Region): Promise<readonly CouponCode[] | null> {
  if (config.couponCodes.length === 0) return null;
  try {
    const { codes, problems } = await readCouponLists(config.couponCodes);
    const told = problems.slice(0, TOLD).map(({ path, line, says }) => `${path} line ${line} ${says}`);
    const more = problems.length - told.length;
    summaries.warnings.push(...told, ...(more > 0 ? [`${more} more lines of such lists are odd`] : []));
    return codes;
  } catch (error) {
    fail(summaries, error instanceof Error ? error.message.replace('<region>', name) : error);
    return null;
  }
}

function fail(summaries: Summaries, error: unknown): void {
  summaries.status = 'failed';
  summaries.error = messageOf(error);
}
