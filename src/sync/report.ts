import type { Account } from './context.js';
import type { Region } from './region.js';
import type { Drift, StreamStatus, Summaries, Tally } from './tally.js';

/** How a run, or a region of it, ended. */
export type RunStatus = 'complete' | 'incomplete' | 'failed' | 'interrupted';

/** What a run did and what it proved; counts are of rows, times in seconds. */
export interface Report {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly started_at: string;
  readonly seconds: number;
  readonly requests: number;
  readonly dry_run?: true;
  /** vivenu was asked nothing. */
  readonly skip_fetch?: true;
  readonly error?: string;
  readonly keys: readonly KeyReport[];
  readonly regions: readonly RegionReport[];
}

/** What a run did with one key, and the proof of its tickets. */
export interface KeyReport {
  /** A short hash, never the key. */
  readonly key_id: string;
  readonly regions: readonly string[];
  /** Tickets that vivenu lists for the key's regions; null where not all of them were counted. */
  readonly api_total: number | null;
  readonly stored_total: number | null;
  readonly rejected: number;
  readonly proven: boolean;
  readonly requests: number;
}

/** What became of a region. */
export interface RegionReport {
  readonly region: string;
  readonly schema: string;
  readonly status: RunStatus;
  readonly error?: string;
  readonly streams: readonly StreamReport[];
  readonly summaries: SummariesReport;
}

/** What became of the summaries that the views read. */
export interface SummariesReport {
  readonly status: Summaries['status'];
  readonly events: number;
  readonly rows: number;
  readonly seconds: number;
  readonly warnings?: readonly string[];
  readonly error?: string;
}

/** What became of a stream of a region. */
export interface StreamReport {
  readonly stream: string;
  readonly mode: Tally['mode'];
  readonly status: StreamStatus;
  readonly proven: boolean;
  /** `ids`: every id was compared; `counts`: only how many there are. */
  readonly proof: Tally['proof'];
  readonly api_total: number | null;
  readonly stored_total: number | null;
  readonly fetched: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly deleted: number;
  /** Stored rows without an update time, whose edits only a full read sees. */
  readonly without_update_time?: number;
  readonly requests: number;
  readonly retries: number;
  readonly windows: number;
  readonly seconds: number;
  readonly rows_per_second: number;
  /** Where webhooks are taken: what they did not bring. */
  readonly drift?: Drift;
  readonly warnings?: readonly string[];
  readonly error?: string;
}

const SEVERITY: readonly RunStatus[] = ['complete', 'incomplete', 'failed', 'interrupted'];

/** The worst of some statuses; what was skipped does not count. */
export function worst(statuses: readonly StreamStatus[]): RunStatus {
  const indices = statuses.map((status) => (status === 'skipped' ? 0 : SEVERITY.indexOf(status)));
  return SEVERITY[Math.max(0, ...indices)] ?? 'failed';
}

const round = (value: number) => Math.round(value * 1000) / 1000;

const COUNTS = [
  'fetched',
  'inserted',
  'updated',
  'unchanged',
  'rejected',
  'deleted',
  'requests',
  'retries',
  'windows',
] as const;

const counts = (tally: Tally) =>
  Object.fromEntries(COUNTS.map((name) => [name, tally[name]])) as Record<(typeof COUNTS)[number], number>;

function streamReport(tally: Tally): StreamReport {
  const { stream, mode, status, proven, proof, warnings, error } = tally;
  return {
    stream,
    mode,
    status,
    proven,
    proof,
    api_total: tally.apiTotal,
    stored_total: tally.storedTotal,
    ...counts(tally),
    ...(tally.withoutUpdateTime === null ? {} : { without_update_time: tally.withoutUpdateTime }),
    seconds: round(tally.seconds),
    rows_per_second: tally.seconds > 0 ? Math.round(tally.fetched / tally.seconds) : 0,
    ...(tally.drift === null ? {} : { drift: tally.drift }),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** A region's part of the report. */
export function regionReport(region: Region): RegionReport {
  const tallies = [...region.tallies.values()];
  const statuses: StreamStatus[] = tallies.map(({ status }) => status);
  // A region that failed before any of its streams did has failed; otherwise they say how badly.
  const own: StreamStatus[] = region.error !== undefined && worst(statuses) === 'complete' ? ['failed'] : [];
  return {
    region: region.name,
    schema: region.schema,
    status: worst([...statuses, ...own, ...(region.summaries.status === 'failed' ? INCOMPLETE : [])]),
    ...(region.error === undefined ? {} : { error: region.error }),
    streams: tallies.map(streamReport),
    summaries: summariesReport(region.summaries),
  };
}

/** Why a region is not complete, each reason whole. */
export function reasonsOf({ error, streams, summaries }: RegionReport): string[] {
  return [
    ...(error === undefined ? [] : [error]),
    ...streams.flatMap((one) => (one.error === undefined ? [] : [`${one.stream}: ${one.error}`])),
    ...(summaries.error === undefined ? [] : [`summaries: ${summaries.error}`]),
  ];
}

/** The rows are there all the same, but what people look at is not what they say. */
const INCOMPLETE: readonly StreamStatus[] = ['incomplete'];

const summariesReport = ({ status, events, rows, seconds, warnings, error }: Summaries): SummariesReport => ({
  status,
  events,
  rows,
  seconds: round(seconds),
  ...(warnings.length > 0 ? { warnings } : {}),
  ...(error === undefined ? {} : { error }),
});

/** A key's part of the report, from its regions' tallies of the timed stream. */
export function keyReport({ keyId, regions, client, total }: Account, stream: string): KeyReport {
  const tallies = regions.flatMap((region) => region.tallies.get(stream) ?? []);
  const stored = tallies.map(({ storedTotal }) => storedTotal);
  return {
    key_id: keyId,
    regions: regions.map(({ name }) => name),
    api_total: total,
    stored_total: stored.includes(null) ? null : stored.reduce<number>((sum, value) => sum + (value ?? 0), 0),
    rejected: tallies.reduce((sum, { rejected }) => sum + rejected, 0),
    proven: tallies.every(({ proven }) => proven),
    requests: client.stats.requests,
  };
}
