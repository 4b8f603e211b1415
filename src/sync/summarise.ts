import { withFields } from '../profile.js';
import { installAcross } from '../reports/across.js';
import { factsOf } from '../reports/facts.js';
import { installReports } from '../reports/install.js';
import { refreshSummaries } from '../reports/refresh.js';
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
    const { events, rows } = await refreshSummaries(run.db, facts, full || skipFetch);
    Object.assign(summaries, { status: 'complete', events, rows });
  } catch (error) {
    fail(summaries, error);
  }
  summaries.seconds = (performance.now() - started) / 1000;
}

function fail(summaries: Summaries, error: unknown): void {
  summaries.status = 'failed';
  summaries.error = messageOf(error);
}
