import { takesDeliveries } from '../config/webhooks.js';
import { lookedBefore, undeliveredRows, type Undelivered } from '../load/undelivered.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import type { Account, Clock, Run } from './context.js';
import { alive, tableFor, tallyFor, type Region } from './region.js';

/** A delivery may still be under way for so long. */
const MAY_COME_MS = 60_000;
const NONE: Undelivered = { rows: 0, oldest: null };

/** Reports the rows that only a run found although a delivery should have brought them; what is dropped between two runs shows here. */
export async function noteDrift(run: Run, { regions, clock }: Account): Promise<void> {
  if (run.options.dryRun || clock === null) return;
  for (const region of regions) {
    if (!takesDeliveries(region.config) || !alive(region)) continue;
    for (const stream of streams) {
      // Events are read whole on each run, also for what moves no update time.
      if (isNested(stream) || stream.timed === null || stream.delivered === null) continue;
      if (tallyFor(region, stream.name).status === 'complete') await noteOf(run, region, stream.name, clock);
    }
  }
}

async function noteOf(run: Run, region: Region, stream: string, clock: Clock): Promise<void> {
  const tally = tallyFor(region, stream);
  const until = new Date(clock.until - MAY_COME_MS);
  const { sql } = tableFor(region, stream);
  const sought = { region: region.name, schema: region.schema, stream, sql, runId: run.id, until };
  const { upTo, wrote } = await lookedBefore(run.db, sought);
  const mayBeSome = wrote || tally.inserted + tally.updated > 0;
  const { rows, oldest } = mayBeSome ? await undeliveredRows(run.db, sought, upTo) : NONE;
  const lateMs = oldest === null ? 0 : Math.max(0, clock.beganAt - oldest.getTime());
  const late = Math.round(lateMs / 1000);
  tally.drift = { rows, late_seconds: late, up_to: until.toISOString() };
  if (rows === 0) return;
  tally.warnings.push(
    `drift: ${rows} row${rows === 1 ? '' : 's'} that no delivery brought, up to ${late} s late; see: vivenu-ingest webhooks list, and the answers of serve`,
  );
  run.observe({ type: 'drift', region: region.name, stream, rows, lateMs });
}
