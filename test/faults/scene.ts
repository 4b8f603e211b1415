/** What one cell of the matrix takes place in: a vivenu, a database, a gate in front of each, and the command between them. */
import { keyId } from '../../src/config/config.js';
import { startSimulator, type RequestLine, type Simulator } from '../../src/simulator/simulator.js';
import { Command } from './command.js';
import { Gate, type Passage } from './gate.js';
import { PostgresGate } from './postgres-gate.js';
import type { CellDatabase, PostgresServer } from './server.js';

export const KEY = 'key_of_the_matrix';
const SECOND = 1000;
/** Ten pages of tickets, so that some are read while others are written. */
const [TICKETS, PAGE] = [2500, 250];
/** Requests an hour while the budget is short: ten a second. */
const SHORT_BUDGET = 36_000;

export interface SceneOptions {
  /** Requests that the budget lacks when the run begins; null for a budget without end. */
  readonly lackingBudget?: number | null;
  readonly env?: Readonly<Record<string, string>>;
}

/** Rows that the database has otherwise than vivenu. */
export interface Differences {
  readonly missing: number;
  readonly different: number;
  /** Stored and live, and not at vivenu. */
  readonly extra: number;
}

/** One cell's world; disposed of at its end. */
export class Scene implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly simulator: Simulator;
  readonly database: CellDatabase;
  /** Before vivenu. */
  readonly api: Gate;
  /** Before the database. */
  readonly postgres: PostgresGate;
  /** Tickets that a wrong clock stamped: of these a later edit with an earlier time shows after the next full read. */
  readonly stampedAhead = new Set<string>();
  /** By how much the `Date` header of every answer is wrong, milliseconds. */
  dateShiftMs = 0;
  readonly #options: SceneOptions;

  private constructor(
    parts: Pick<Scene, 'server' | 'simulator' | 'database' | 'api' | 'postgres'>,
    options: SceneOptions,
  ) {
    ({
      server: this.server,
      simulator: this.simulator,
      database: this.database,
      api: this.api,
      postgres: this.postgres,
    } = parts);
    this.#options = options;
  }

  static async open(server: PostgresServer, options: SceneOptions): Promise<Scene> {
    const simulator = await startSimulator({
      requestsPerHour: null,
      sellers: [
        {
          token: KEY,
          events: [{ id: 'race', tickets: TICKETS, underShops: 2 }],
          coupons: 60,
          series: 3,
        },
      ],
      top: { policy: 'clamp', max: PAGE },
    });
    const database = await server.createDatabase();
    const self: { made?: Scene } = {};
    const back = () => dated(() => self.made?.dateShiftMs ?? 0);
    const api = await Gate.open({ target: Number(new URL(simulator.url).port), back });
    const postgres = await PostgresGate.open(server.port);
    self.made = new Scene({ server, simulator, database, api, postgres }, options);
    await self.made.setBudget(options.lackingBudget ?? null);
    return self.made;
  }

  /** Starts the command, which sees vivenu and the database through the gates only. */
  async start(...options: readonly string[]): Promise<Command> {
    const url = new URL(this.database.url);
    url.port = String(this.postgres.gate.port);
    const lacking = this.#options.lackingBudget ?? null;
    return await Command.start(['run', ...options], {
      DATABASE_URL: url.href,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: this.#baseUrl,
      HTTP_REQUESTS_PER_HOUR: String(lacking === null ? 1_000_000 : SHORT_BUDGET),
      HTTP_MAX_WAIT: '60',
      BATCH_MAX_WORKERS: '3',
      COUPONS_EVERY_MINUTES: '0',
      ...this.#options.env,
    });
  }

  get #baseUrl(): string {
    return `http://127.0.0.1:${this.api.port}/api`;
  }

  /** Lets the key's budget lack so many requests, or none. */
  async setBudget(lacking: number | null): Promise<void> {
    await this.database.query(
      `insert into vivenu_ingest.api_budget (key_id, tokens) values ($1, $2::float8)
       on conflict (key_id) do update set tokens = excluded.tokens, filled_at = now(), not_before = '-infinity', pace = null`,
      [keyId(KEY, this.#baseUrl), lacking === null ? 1_000_000 : -lacking],
    );
  }

  /** Pages of tickets that vivenu answered whole, by their time and place in the list. */
  pages(): RequestLine[] {
    return this.simulator.log.filter(
      ({ path, status, query }) => path === '/api/tickets' && status === 200 && !/\btop=1(&|$)/.test(query),
    );
  }

  /** Requests that met a fault of vivenu. */
  failedRequests(): number {
    return Object.values(this.simulator.stats.faults).reduce((sum, count) => sum + count, 0);
  }

  /** Pages of creation times that were answered well more than once. */
  pagesTwice(): number {
    const full = this.pages().filter(
      ({ query, fault }) => fault === undefined && !query.includes('updatedAt'),
    );
    return full.length - new Set(full.map(({ query }) => query)).size;
  }

  /** What a live shop does between two runs; it is beyond what the next run may not read yet. */
  move(): void {
    this.simulator.sell(KEY, 20);
    this.simulator.edit(KEY, 30);
    this.simulator.cancel(KEY, 5);
    this.simulator.redeem(KEY, 3);
    this.simulator.advance(10 * SECOND);
  }

  /** What vivenu's answers say the time is, milliseconds since 1970. */
  shownTime(): number {
    return this.simulator.now() + this.dateShiftMs;
  }

  /**
   * Compares every stored row with vivenu's truth, and the summaries with the rows, apart from tickets that were stamped later than
   * `until`, for vivenu itself in the future, or ever were.
   */
  async differences(until = Infinity): Promise<Differences> {
    const stored = await storedIn(this.database);
    const truth = truthOf(this.simulator);
    for (const { id, updatedAt } of this.simulator.truth(KEY)) {
      if ((updatedAt ?? 0) <= until && !this.stampedAhead.has(id ?? '')) continue;
      // The sold ones are not counted either.
      for (const lines of [truth, stored]) for (const key of [`ticket ${id}`, 'sold']) lines.delete(key);
    }
    return compare(truth, stored);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
    await this.simulator.close();
    await this.database[Symbol.asyncDispose]();
  }
}

/** Puts another time into the `Date` header of answers, which has the same length whatever it says. */
function dated(shiftMs: () => number): Passage {
  return (chunk) => {
    if (shiftMs() === 0) return Promise.resolve([chunk]);
    const text = chunk.toString('latin1');
    const moved = (_: string, name: string, date: string) =>
      name + new Date(Date.parse(date) + shiftMs()).toUTCString();
    return Promise.resolve([Buffer.from(text.replace(/(\r\ndate: )([^\r]{29})/gi, moved), 'latin1')]);
  };
}

const MS = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;

/** A line for each live row: its key, and what of it is compared. */
const storedSql = (schema: string) => `
  select 'ticket ' || id as key, concat_ws(' ', status, real_price::float8, ${MS('updated_at')}) as line
  from ${schema}.tickets where deleted_at is null
  union all select 'coupon ' || id, concat_ws(' ', code, used, coalesce(coupon_series_id, 'null')) from ${schema}.coupons where deleted_at is null
  union all select 'series ' || id, concat_ws(' ', name, active) from ${schema}.coupon_series where deleted_at is null
  union all select 'event ' || id, name from ${schema}.events where deleted_at is null
  union all select 'sold', sum(total_count)::text from ${schema}.ticket_summary`;

/** The lines of a region. */
export async function storedIn(
  database: Pick<CellDatabase, 'query'>,
  schema = 'auckland',
): Promise<Map<string, string>> {
  const rows = await database.query<{ key: string; line: string }>(storedSql(schema));
  return new Map(rows.map(({ key, line }) => [key, line]));
}

const SOLD: ReadonlySet<string | null> = new Set(['VALID', 'DETAILSREQUIRED']);

/** The same lines as vivenu has them. */
export function truthOf(simulator: Pick<Simulator, 'truth'>, key = KEY): Map<string, string> {
  const lines = new Map<string, string>();
  const line = (...values: unknown[]) =>
    values.map((value) => (typeof value === 'boolean' ? String(value).charAt(0) : String(value))).join(' ');
  let sold = 0;
  for (const { id, status, realPrice, updatedAt } of simulator.truth(key)) {
    lines.set(`ticket ${id}`, line(status, realPrice, updatedAt));
    if (SOLD.has(status)) sold++;
  }
  for (const { id, code, used, seriesId } of simulator.truth(key, 'coupons'))
    lines.set(`coupon ${id}`, line(code, used, seriesId));
  for (const { id, name, active } of simulator.truth(key, 'series'))
    lines.set(`series ${id}`, line(name, active));
  for (const { id, name } of simulator.truth(key, 'events')) lines.set(`event ${id}`, name);
  return lines.set('sold', String(sold));
}

/** What two lists of lines by key differ in. */
export function compare(
  truth: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, string>,
): Differences {
  const keys = [...truth.keys()];
  const here = keys.filter((key) => stored.has(key));
  return {
    missing: keys.length - here.length,
    different: here.filter((key) => stored.get(key) !== truth.get(key)).length,
    extra: [...stored.keys()].filter((key) => !truth.has(key)).length,
  };
}
