/** The reports of some regions, read from one and the same state of the database. */
import { UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { Config } from '../config/config.js';
import { connectAlone } from '../load/connection.js';
import type { DatabaseManager } from '../load/database.js';
import {
  findReports,
  knownRegions,
  type FoundReport,
  type MissingView,
  type ReportRegion,
} from '../reports/export-views.js';
import { invocation } from './invocation.js';
import { ask, type Take } from './query.js';

/** A report that can be read. */
export interface Reading extends FoundReport {
  /** Hands over its rows, and returns whether there are more than were asked for. */
  readonly read: (take: Take) => Promise<boolean>;
}

/** The regions that were asked for: the configured ones, or those that the database knows. Throws a UsageError for an unknown one. */
export async function regionsOf(
  db: DatabaseManager,
  { events }: Config,
  flags: { region?: readonly string[]; embedded?: true },
): Promise<readonly ReportRegion[]> {
  const configured = flags.embedded || events.length === 0 ? await knownRegions(db) : events;
  if (configured.length === 0)
    throw new UsageError([
      'no region is configured, and none was ever read into this database: set EVENT_CONFIGS__<region>__token and EVENT_CONFIGS__<region>__event_id',
    ]);
  const names = configured.map(({ region }) => region);
  const unknown = (flags.region ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new UsageError(
      unknown.map((name) => {
        const near = nearest(name, names);
        return `--region ${name}: ${near === null ? `there are ${names.join(', ')}` : `did you mean ${near}?`}`;
      }),
    );
  return configured
    .filter(({ region }) => flags.region?.includes(region) ?? true)
    .map(({ region, schema }) => ({ region, schema }));
}

interface Wanted {
  readonly regions: readonly ReportRegion[];
  readonly reports: Parameters<typeof findReports>[2];
  readonly limit: number | null;
  readonly stop: AbortSignal;
}

/** What was asked for and is there, and what is not. */
export interface Readings extends AsyncDisposable {
  readonly readings: readonly Reading[];
  readonly missing: readonly MissingView[];
}

/** Opens these reports for reading; all of them show the moment at which this was called. */
export async function openReadings(db: DatabaseManager, wanted: Wanted): Promise<Readings> {
  const { found, missing } = await findReports(db, wanted.regions, wanted.reports);
  const holder = await connectAlone(db.config);
  try {
    await holder.query(
      'begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0',
    );
    const { rows } = await holder.query<{ id: string }>('select pg_export_snapshot() as id');
    const snapshot = rows[0]?.id ?? '';
    const { limit, stop } = wanted;
    return {
      missing,
      readings: found.map((report) => ({
        ...report,
        read: (take) => ask(db, { text: report.text, limit, schema: undefined, stop, snapshot }, take),
      })),
      [Symbol.asyncDispose]: () => holder.end(),
    };
  } catch (error) {
    await holder.end().catch(() => undefined);
    throw error;
  }
}

/** What to do about regions without views, a line each; `views` are those that were asked for. */
export function missingText(missing: readonly MissingView[], views: number): string[] {
  return [...new Set(missing.map(({ region }) => region))].map((region) => {
    const those = missing.filter((one) => one.region === region);
    const what =
      those.length === views && views > 1
        ? 'its reports are'
        : `${listed(those.map(({ view }) => view))} ${those.length === 1 ? 'is' : 'are'}`;
    return `${region}: ${what} not there yet; a run makes them: ${invocation()} run --region ${region}`;
  });
}

const LISTED = 3;

const listed = (names: readonly string[]) =>
  names.length > LISTED + 1
    ? `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`
    : names.join(', ');
