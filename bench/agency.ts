/** The database of a large agency: many regions of many events, read through the real command. */
import type { ChildProcess } from 'node:child_process';
import type { SellerOptions } from '../src/simulator/simulator.js';
import { say } from '../test/faults/page.js';
import type { CellDatabase, PostgresServer } from '../test/faults/server.js';
import type { Opened, Opening, Sale, Sold } from './agency-vivenu.js';
import { askChild, endChild, startChild } from './child.js';
import { succeed } from './serving.js';

/** How much there is. */
export interface AgencyOptions {
  readonly regions: number;
  /** Of each region. */
  readonly events: number;
  /** Of all regions together. */
  readonly tickets: number;
}

/** Regions that are read by one command, whose vivenu is then let go. */
const AT_ONCE = 10;
const SHAPES = ['even', 'launch', 'waves'] as const;
const COUPONS = { coupons: 100, series: 5 };
const HMAC = 'hmac_of_the_agency';
/** So many that one of them is of a kind that the overview counts. */
const AN_ORDER = 10;

/** Sold tickets of the headline group, and deliveries that were worked off. */
export interface Standing {
  readonly everywhere: number;
  /** Of the lively region's event. */
  readonly event: number;
  readonly delivered: number;
}

type Variables = Readonly<Record<string, string>>;

/** A database that was filled, and the vivenu of its last region, which still sells. */
export class Agency implements AsyncDisposable {
  readonly database: CellDatabase;
  /** Configuration of the command with every region. */
  readonly env: Variables;
  /** The region that still sells, and one of its events. */
  readonly lively: { readonly region: string; readonly event: string };
  readonly #vivenu: ChildProcess;
  readonly #regions: readonly string[];

  private constructor(database: CellDatabase, env: Variables, vivenu: ChildProcess, regions: number) {
    const last = regions - 1;
    this.#regions = Array.from({ length: regions }, (_, n) => nameOf(n));
    this.database = database;
    this.env = env;
    this.#vivenu = vivenu;
    this.lively = { region: nameOf(last), event: eventOf(last, 0) };
  }

  /** Reads it all, some regions at a time. */
  static async open(server: PostgresServer, options: AgencyOptions): Promise<Agency> {
    const database = await server.createDatabase();
    const common = { DATABASE_URL: database.url, HTTP_REQUESTS_PER_HOUR: '1000000', SERVE_PORT: '0' };
    const all: Record<string, string>[] = [];
    for (let from = 0; ; from += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, options.regions - from) }, (_, n) => from + n);
      const vivenu = startChild('agency-vivenu.ts');
      const opening: Opening = { sellers: numbers.map((n) => sellerOf(n, options)) };
      const { url } = await askChild<Opened>(vivenu, opening);
      const own = Object.assign({}, ...numbers.map((n) => variablesOf(n, url))) as Variables;
      all.push(own);
      await succeed(['run'], { ...common, ...own });
      say(`${from + numbers.length} of ${options.regions} regions are read`);
      if (from + AT_ONCE >= options.regions) {
        const env = Object.assign({}, common, ...all) as Variables;
        return new Agency(database, env, vivenu, options.regions);
      }
      await endChild(vivenu);
    }
  }

  /** Lets vivenu deliver to an address what it sells from now on. */
  async listen(url: string): Promise<void> {
    await succeed(['webhooks', 'register', '--url', url, '--yes', '--region', this.lively.region], this.env);
  }

  /** Sells some tickets of the lively region, and returns how many. */
  async sell(): Promise<number> {
    const sale: Sale = { token: keyOf(this.lively.region), tickets: AN_ORDER };
    return (await askChild<Sold>(this.#vivenu, sale)).sold;
  }

  /** Counts the rows of what was sold, without the summaries that the dashboard tells it from, and the deliveries. */
  async standing(): Promise<Standing> {
    const texts = this.#regions.map(
      (region) => `select event_id from ${region}.tickets as ticket
        where status in ('VALID', 'DETAILSREQUIRED') and deleted_at is null and exists (
          select from ${region}.sales_groups where is_headline and sales_groups.category in ('*', ticket.category)
        )`,
    );
    const [row] = await this.database.query<Standing>(
      `select count(*)::int as everywhere, (count(*) filter (where event_id = $1))::int as event,
         (select count(*)::int from vivenu_ingest.webhook_deliveries where processed_at is not null) as delivered
       from (${texts.join(' union all ')}) as sold`,
      [this.lively.event],
    );
    if (row === undefined) throw new Error('nothing was counted');
    return row;
  }

  /** Tickets and problems that are stored. */
  async counts(): Promise<{ tickets: number; problems: number }> {
    await this.database.query('analyze');
    const [row] = await this.database.query<{ tickets: number; problems: number }>(
      `select coalesce(sum(reltuples) filter (where relname = 'tickets'), 0)::int as tickets,
         coalesce(sum(reltuples) filter (where relname = 'ticket_problems'), 0)::int as problems
       from pg_class where relkind = 'r'`,
    );
    return row ?? { tickets: 0, problems: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#vivenu);
    await this.database[Symbol.asyncDispose]();
  }
}

const nameOf = (n: number) => `city${n}`;
const keyOf = (region: string) => `key_of_${region}`;
const eventOf = (region: number, n: number) => `race_${region}_${n}`;

function sellerOf(region: number, { regions, events, tickets }: AgencyOptions): SellerOptions {
  const own = Math.ceil(tickets / regions / events);
  return {
    ...{ token: keyOf(nameOf(region)), ...COUPONS },
    events: Array.from({ length: events }, (_, n) => ({
      ...{ id: eventOf(region, n), name: `Race ${region} of season ${n}`, tickets: own },
      ...{ shape: SHAPES[n % SHAPES.length] ?? 'even', underShops: 4 },
    })),
  };
}

function variablesOf(n: number, baseUrl: string): Variables {
  const settings = {
    ...{ token: keyOf(nameOf(n)), event_id: '*', base_url: baseUrl, webhook_key: HMAC },
    ...{ profile: 'hyrox', locality: 'DE', max_capacity: '400', price_tier: 'L2', price_trigger: '900' },
  };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`EVENT_CONFIGS__${nameOf(n)}__${name}`, value]),
  );
}
