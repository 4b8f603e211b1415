import type { RunRow, RunStreamRow } from '../../load/run-pages.js';
import type { RunLine, RunStream } from './types.js';

const STATUSES = ['complete', 'incomplete', 'failed', 'interrupted', 'killed'] as const;

/** A run as the history shows it; of one whose books are open, `held` says whether it is under way or was killed. */
export function lineOf(row: RunRow, held: ReadonlySet<string>): RunLine {
  const isOpen = row.status === 'running';
  const isHeld = row.regions.every((name) => held.has(name));
  const open = isHeld ? 'running' : 'killed';
  const status = isOpen ? open : (STATUSES.find((one) => one === row.status) ?? 'failed');
  return {
    ...{ run_id: row.run_id, status, started_at: row.started_at.toISOString(), seconds: row.seconds },
    ...{ regions: [...row.regions], full: row.full, requests: row.requests },
    changed: isOpen ? null : row.changed,
    says: saysOf(status, row),
    proof: proofOf(row),
  };
}

function saysOf(status: RunLine['status'], { regions, lacking }: RunRow): string {
  if (status === 'running') return 'running now';
  if (status === 'killed') return 'killed; the next run goes on from there';
  if (status === 'interrupted') return 'stopped by hand; the next run goes on from there';
  if (status === 'complete' || lacking === null || regions.length < 2) return status;
  return `${status}, ${lacking} of ${regions.length} regions`;
}

/** Over all keys; null where not every one of them was counted. */
function proofOf({ keys }: RunRow): RunLine['proof'] {
  if (keys === null || keys.length === 0) return null;
  const proof = { api: 0, stored: 0, set_aside: 0 };
  for (const { api_total: api, stored_total: stored, rejected } of keys) {
    if (api === null || stored === null) return null;
    proof.api += api;
    proof.stored += stored;
    proof.set_aside += rejected;
  }
  return proof;
}

/** What a run did for a stream, with its proof as a sentence. */
export const streamOf = (row: RunStreamRow): RunStream => ({ ...row, says: proofText(row) });

function proofText(row: RunStreamRow): string {
  const { status, proven, api_total: api, stored_total: stored, rejected, error } = row;
  if (status === 'skipped') return 'not asked for in this run';
  if (api === null || stored === null) return error ?? (proven ? 'every id was compared' : status);
  const counts = `${grouped(api)} at vivenu, ${grouped(stored)} stored, ${grouped(rejected)} set aside`;
  const lacks = api - stored - rejected;
  if (proven || lacks === 0) return error === null ? counts : `${counts}; ${error}`;
  return `${counts}: ${lacks > 0 ? `${grouped(lacks)} short` : `${grouped(-lacks)} too many`}`;
}

const grouped = (count: number) => count.toLocaleString('en');
