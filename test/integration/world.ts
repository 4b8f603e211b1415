import { expect, vi } from 'vitest';
import type { Config, RegionConfig } from '../../src/config/config.js';
import { DatabaseManager, quoteIdentifier } from '../../src/load/database.js';
import type { SyncEvent } from '../../src/observer.js';
import { loadProfile } from '../../src/profile/profile.js';
import {
  startSimulator,
  type OddKind,
  type RequestLine,
  type Simulator,
  type SimulatorOptions,
  type TicketTruth,
} from '../../src/simulator/simulator.js';
import { streams } from '../../src/streams/index.js';
import { WHOLE_RUN, type RunOptions } from '../../src/sync/context.js';
import type { Report, StreamReport } from '../../src/sync/report.js';
import { runIngest } from '../../src/sync/run.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';

const NO_PASSWORDS = { viewerHash: null, operatorHash: null, trustProxy: null, ticketUrl: null };

export const KEY = 'key_of_the_test';
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

export interface WorldOptions extends Partial<SimulatorOptions> {
  /** Tickets of the one event `race`, where no sellers are given. @default 300 */
  tickets?: number;
  /** @default one region `auckland` that takes everything of the key */
  regions?: readonly Partial<RegionConfig>[];
  batch?: Partial<Config['batch']>;
  http?: Partial<Config['http']>;
  sync?: Partial<Config['sync']>;
  /** The role may do nothing but own its database. */
  superuser?: false;
}

export interface StoredTicket {
  id: string;
  event_id: string;
  status: string | null;
  real_price: string | null;
  created_at: Date | null;
  updated_at: Date | null;
  synced_at: Date;
  deleted_at: Date | null;
}

export interface Writes {
  inserted: number;
  updated: number;
  deleted: number;
}

/** A vivenu, an empty database and a configuration of their own, gone at the end of the test. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const { tickets = 300, regions = [{}], batch, http, sync, superuser, ...simulated } = options;
  const simulator = await startSimulator({
    requestsPerHour: null,
    sellers: [{ token: KEY, events: [{ id: 'race', tickets, underShops: 1 }] }],
    ...simulated,
  });
  const database = await freshDatabase(superuser === false ? { superuser } : {});
  return new World(simulator, database, {
    database: database.config,
    http: {
      timeoutMs: 30 * SECOND,
      connectTimeoutMs: 5 * SECOND,
      maxConnections: 100,
      retries: 3,
      requestsPerHour: 1_000_000,
      maxWaitMs: 15 * MINUTE,
      insecureHosts: [],
      ...http,
    },
    batch: { size: 1000, maxWorkers: 3, ...batch },
    sync: {
      overlapMs: 120 * SECOND,
      couponsEveryMs: 60 * MINUTE,
      deleteLimitPercent: 5,
      storeBarcodes: false,
      ...sync,
    },
    logging: { level: 'error', file: false, directory: 'logs', maxFileSize: 1, backupCount: 1 },
    metrics: { file: null, pushUrl: null },
    serve: { host: '127.0.0.1', port: 0, reportWebhookUrl: null, dashboard: NO_PASSWORDS },
    events: regions.map((region) => regionConfig(region, simulator.url)),
    warnings: [],
  });
}

/** A region that takes everything of the key, unless it says otherwise. */
export function regionConfig(region: Partial<RegionConfig>, baseUrl: string): RegionConfig {
  const name = region.region ?? 'auckland';
  return {
    region: name,
    token: KEY,
    baseUrl,
    eventIds: null,
    schema: name,
    excludeFields: [],
    fields: {},
    profile: loadProfile('generic'),
    couponCodes: [],
    webhookKey: null,
    webhookUnsigned: false,
    schedule: null,
    fullSchedule: null,
    launches: [],
    maxCapacity: null,
    startWave: null,
    priceTier: null,
    priceTrigger: null,
    locality: null,
    ...region,
  };
}

const STREAM_TABLES = streams.map(({ table }) => table);

type Watch = (event: SyncEvent, interrupt: { stop: () => void; abort: () => void }) => void;

export class World implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly database: FreshDatabase;
  /** May be replaced between two runs. */
  config: Config;

  constructor(simulator: Simulator, database: FreshDatabase, config: Config) {
    this.simulator = simulator;
    this.database = database;
    this.config = config;
  }

  /** A run of a process of its own, as far as connections go; `watch` may interrupt it. */
  async run(options: Partial<RunOptions> & { watch?: Watch } = {}): Promise<Report> {
    const { watch = () => undefined, ...asked } = options;
    const [stop, abort] = [new AbortController(), new AbortController()];
    const interrupt = { stop: () => stop.abort(), abort: () => abort.abort() };
    await using db = await DatabaseManager.connect(this.database.config);
    const observe = (event: SyncEvent) => watch(event, interrupt);
    const signals = { stop: stop.signal, abort: abort.signal };
    return await runIngest({ config: this.config, db, observe, ...signals }, { ...WHOLE_RUN, ...asked });
  }

  /** A run that must end complete and proven. */
  async complete(options: Partial<RunOptions> & { watch?: Watch } = {}): Promise<Report> {
    const report = await this.run(options);
    expect(errorsOf(report)).toEqual([]);
    expect(report.status).toBe('complete');
    return report;
  }

  /** A run that is told to stop after this many pages of tickets. */
  async interrupted(pages: number, options: Partial<RunOptions> = {}): Promise<Report> {
    let seen = 0;
    const report = await this.run({
      ...options,
      watch: (event, { stop }) => {
        if (event.type === 'page' && event.stream === 'tickets' && ++seen === pages) stop();
      },
    });
    expect(report.status).toBe('interrupted');
    return report;
  }

  /** Replaces the regions between two runs. */
  configure(...regions: readonly Partial<RegionConfig>[]): void {
    const events = regions.map((region) => regionConfig(region, this.simulator.url));
    this.config = { ...this.config, events };
  }

  sql<R>(text: string, values?: unknown[]): Promise<R[]> {
    return this.database.query<R>(text, values);
  }

  /** Rows of a table, marked ones too. */
  async stored<R = StoredTicket>(table = 'tickets', schema = 'auckland'): Promise<R[]> {
    return await this.sql<R>(`select * from ${quoteIdentifier(schema)}.${quoteIdentifier(table)}`);
  }

  truth(token = KEY): TicketTruth[] {
    return [...this.simulator.truth(token)];
  }

  /** Live tickets of a schema are those of vivenu that can be stored, by id, status, price and update time; of these events. */
  async expectExact(
    schema = 'auckland',
    events: readonly string[] | null = null,
    token = KEY,
  ): Promise<void> {
    const rows = (await this.stored('tickets', schema)).filter(({ deleted_at }) => deleted_at === null);
    const listed = this.truth(token).filter(
      ({ odd, eventId }) => !(odd && REFUSED.has(odd)) && (events?.includes(eventId ?? '') ?? true),
    );
    const actual = rows.map((row) =>
      line([
        row.id,
        row.status,
        row.real_price === null ? null : Number(row.real_price),
        row.updated_at?.getTime(),
      ]),
    );
    const expected = listed.map((row) => line([row.id, row.status, row.realPrice, row.updatedAt]));
    expect(actual.sort()).toEqual(expected.sort());
  }

  /** What was written to the tables of a schema's streams since they were made, by the server's own books. */
  async writes(schema = 'auckland', table?: string): Promise<Writes> {
    // A connection books its last transactions when it ends.
    await vi.waitFor(async () => {
      const open = await this.sql(
        `select 1 from pg_stat_activity where datname = current_database() and application_name = 'vivenu-ingest'`,
      );
      expect(open).toEqual([]);
    }, 5 * SECOND);
    const [row] = await this.sql<Writes>(
      `select coalesce(sum(n_tup_ins), 0)::int as inserted, coalesce(sum(n_tup_upd), 0)::int as updated,
         coalesce(sum(n_tup_del), 0)::int as deleted
       from pg_stat_user_tables where schemaname = $1 and (relname = any($2::text[]) or $1 = 'vivenu_ingest')`,
      [schema, table === undefined ? STREAM_TABLES : [table]],
    );
    return row!;
  }

  /** What a piece of work wrote to a schema's tables. */
  async writesOf(work: () => Promise<unknown>, schema = 'auckland', table?: string): Promise<Writes> {
    const before = await this.writes(schema, table);
    await work();
    const after = await this.writes(schema, table);
    return {
      inserted: after.inserted - before.inserted,
      updated: after.updated - before.updated,
      deleted: after.deleted - before.deleted,
    };
  }

  /** Requests that a piece of work made, those of one path or all. */
  async requestsOf(work: () => Promise<unknown>, path?: string): Promise<RequestLine[]> {
    this.simulator.stats.reset();
    await work();
    return this.simulator.log.filter((line) => path === undefined || line.path === `/api${path}`);
  }

  async rejects(): Promise<Reject[]> {
    return await this.sql<Reject>('select * from vivenu_ingest.rejected_records order by reject_id');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
    await this.database[Symbol.asyncDispose]();
  }
}

export interface Reject {
  schema_name: string;
  stream: string;
  record_key: string;
  record_id: string | null;
  field: string;
  reason: string;
  record: unknown;
  exact: boolean;
  closed_at: Date | null;
  closed_because: string | null;
}

/** Odd kinds of which a ticket cannot be stored. */
export const REFUSED: ReadonlySet<OddKind> = new Set<OddKind>([
  ...(['nul', 'surrogate', 'bad-created', 'bad-updated', 'text-price', 'numeric-text'] as const),
  ...(['null-event', 'no-id', 'twin', 'deep', 'not-a-row'] as const),
]);

const line = (values: readonly (string | number | null | undefined)[]) =>
  values.map((value) => String(value ?? '')).join(' ');

export const idsOf = (rows: readonly { id: string | null }[]): string[] =>
  rows.flatMap(({ id }) => id ?? []).sort();

/** A stream of a region's report. */
export function streamOf(report: Report, stream = 'tickets', region = 'auckland'): StreamReport {
  return report.regions.find((one) => one.region === region)!.streams.find((one) => one.stream === stream)!;
}

export function errorsOf({ regions }: Report): string[] {
  return regions.flatMap(({ region, error, streams, summaries }) => [
    ...(error === undefined ? [] : [`${region}: ${error}`]),
    ...(summaries.error === undefined ? [] : [`${region}/summaries: ${summaries.error}`]),
    ...streams.flatMap(({ stream, error }) => (error === undefined ? [] : [`${region}/${stream}: ${error}`])),
  ]);
}

/** Value of a parameter of a request, or null. */
export const parameter = ({ query }: RequestLine, name: string): string | null =>
  new URLSearchParams(query.replaceAll('+', '%2B')).get(name);

/** Requests that only count. */
export const isCount = (request: RequestLine): boolean => parameter(request, 'top') === '1';
