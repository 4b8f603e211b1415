import { RetryableError } from '../errors.js';
import { liveRows, markDeleted } from '../load/counts.js';
import { rehearseGone } from '../load/rehearsed.js';
import type { Run } from './context.js';
import { tableFor, tallyFor, type Region } from './region.js';

/** However small a stream, this many rows may vanish in one run without being confirmed. */
const ALWAYS_ALLOWED = 20;

/** Rows that a complete read lacked. */
export interface Missing {
  readonly keys: readonly string[];
  /** When the first request of that read was sent: what has been stored since is not missing. */
  readonly requestedAt: number;
}

/**
 * Marks rows deleted that complete reads lacked, all of a run or none: more than `DELETE_LIMIT_PERCENT` and 20 rows are taken for a
 * fault upstream, and the stream ends incomplete until `--allow-deletes` confirms them. Returns whether they were marked.
 */
export async function markMissing(
  run: Run,
  region: Region,
  stream: string,
  missing: readonly Missing[],
): Promise<boolean> {
  const wanted = new Set(missing.flatMap(({ keys }) => keys)).size;
  if (wanted === 0) return true;
  const table = tableFor(region, stream);
  const tally = tallyFor(region, stream);
  const live = await liveRows(run.db, table, null);
  const { deleteLimitPercent } = run.config.sync;
  const allowed = Math.max(ALWAYS_ALLOWED, Math.floor(((live + tally.deleted) * deleteLimitPercent) / 100));
  const name = `${region.name}/${stream}`;
  if (tally.deleted + wanted > allowed && !run.options.allowDeletes.includes(name)) {
    tally.fail(
      new RetryableError(
        `${wanted} of ${live} stored rows are gone from vivenu, more than DELETE_LIMIT_PERCENT=${deleteLimitPercent} lets pass; ` +
          `none was marked deleted. If they are really gone: vivenu-ingest run --allow-deletes ${name}`,
      ),
    );
    return false;
  }
  const deleted = await run.db.transaction(async (client) => {
    let marked = 0;
    for (const { keys, requestedAt } of missing)
      if (run.options.dryRun) marked += await rehearseGone(client, table, keys);
      else marked += await markDeleted(client, table, keys, { runId: run.id, requestedAt });
    return marked;
  });
  tally.deleted += deleted;
  run.observe({ type: 'delete', region: region.name, stream, rows: deleted });
  return true;
}
