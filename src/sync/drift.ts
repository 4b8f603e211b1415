import { takesDeliveries } from '../config/webhooks.js';
import { undeliveredRows } from '../load/deliveries.js';
import { isNested } from '../streams/define.js';
import { streams } from '../streams/index.js';
import type { Account, Run } from './context.js';
import { alive, tableFor, tallyFor } from './region.js';

/** A delivery may still be under way for so long. */
const MAY_COME_MS = 60_000;

/** Reports the rows that this run wrote although a delivery should have brought them; what is dropped between two runs shows here. */
export async function noteDrift(run: Run, { regions, clock }: Account): Promise<void> {
  if (run.options.dryRun || clock === null) return;
  const until = new Date(clock.until - MAY_COME_MS);
  for (const region of regions) {
    if (!takesDeliveries(region.config) || !alive(region)) continue;
    for (const stream of streams) {
      // Events are read whole on each run, also for what moves no update time.
      if (isNested(stream) || stream.timed === null || stream.delivered === null) continue;
      const { sql } = tableFor(region, stream.name);
      const at = { region: region.name, runId: run.id, until };
      const { rows, lateSeconds } = await undeliveredRows(run.db, { sql, stream: stream.name }, at);
      if (rows === 0) continue;
      const tally = tallyFor(region, stream.name);
      tally.drift = { rows, late_seconds: Math.round(lateSeconds) };
      tally.warnings.push(
        `drift: ${rows} row${rows === 1 ? '' : 's'} that no delivery brought, up to ${Math.round(lateSeconds)} s late; see the listener at vivenu and the answers of serve`,
      );
      run.observe({
        ...{ type: 'drift', region: region.name, stream: stream.name, rows },
        lateMs: Math.round(lateSeconds * 1000),
      });
    }
  }
}
