import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { openDeliveries } from '../load/deliveries.js';
import { DEFAULT_LIMITS } from '../load/limits.js';
import { migrate } from '../load/migrate.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Observer } from '../observer.js';
import { WHOLE_RUN, type Run } from '../sync/context.js';
import { regionOf } from '../sync/region.js';
import { standingOfAll } from '../sync/standing.js';
import { crewOf } from '../work/crew.js';
import type { JobQueue } from '../work/queue.js';
import { jobsState } from '../work/state.js';
import { routeDashboard } from './api/api.js';
import { createApp } from './app.js';
import { openDashboard } from './dashboard.js';
import type { HealthParts } from './health.js';
import { listen } from './listen.js';
import { Inbox } from './inbox.js';

/** What `serve` needs from outside. */
export interface ServeWorld {
  readonly config: Config;
  readonly db: DatabaseManager;
  readonly metrics: Metrics;
  readonly observe: Observer;
  /** Makes an observer of one run. @default `observe` for all */
  readonly observer?: () => Observer;
  /** Aborted: nothing new is begun. */
  readonly stop: AbortSignal;
  /** Present: workers do what is to be done, and this process takes in only. */
  readonly queue?: Pick<JobQueue, 'send'> | undefined;
  /** Milliseconds between two refreshes of a region's summaries, at least. @default 3000 */
  readonly refreshEveryMs?: number;
}

/** A server that listens. */
export interface Served extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
}

/** Deliveries are written by connections of their own, which wait for no load and for no server that is away. */
const INBOX_CONNECTIONS = 3;
const INBOX_STATEMENT_MS = 5000;

/** Listens, and works off what is delivered, until it is disposed of. Throws a UsageError when it cannot listen there. */
export async function serve(world: ServeWorld): Promise<Served> {
  const { config, db, observe } = world;
  const ending = new AbortController();
  const stop = AbortSignal.any([world.stop, ending.signal]);
  await migrate(db);
  const run: Run = { id: randomUUID(), config, options: WHOLE_RUN, db, observe, stop };
  const inboxDb = await DatabaseManager.connect(inboxConfig(db), { signal: stop });
  const crew = crewOf(run, { ...world, inbox: inboxDb, connections: db.config.poolSize });
  const app = createApp({
    receivers: receiversOf(config),
    inbox: new Inbox(inboxDb),
    observe,
    trustProxy: config.serve.dashboard.trustProxy,
    onDelivery: crew.wake,
    ...healthOf(world, inboxDb),
  });
  const dashboard = await openDashboard({ ...world, stop });
  await routeDashboard(app, dashboard);
  world.metrics.watch(() => db.connections);
  const close = async () => {
    ending.abort();
    await inboxDb.close();
    await dashboard[Symbol.asyncDispose]();
  };
  const url = await listen(app, config.serve).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const working = crew.work();
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      // First nothing more is taken in; what was answered is written down already, and whoever comes next works it off.
      await app.close();
      ending.abort();
      await working;
      await close();
    },
  };
}

const healthOf = ({ config, db, metrics, observe }: ServeWorld, inboxDb: DatabaseManager): HealthParts => ({
  metrics,
  health: () => inboxDb.health(),
  standing: () => standingOfAll(db, config),
  backlog: async () =>
    observe({ type: 'backlog', deliveries: await openDeliveries(inboxDb), jobs: await jobsState(inboxDb) }),
});

function inboxConfig({ config }: DatabaseManager) {
  const limits = { ...(config.limits ?? DEFAULT_LIMITS), maxWaitMs: 0 };
  return {
    ...config,
    poolSize: INBOX_CONNECTIONS,
    limits: { ...limits, statementTimeoutMs: INBOX_STATEMENT_MS },
  };
}

const receiversOf = (config: Config) =>
  new Map(
    config.events.map((region) => {
      const shapes = [...regionOf(region, config).tables.values()].map(({ shape }) => shape);
      return [region.region, { config: region, shapes }];
    }),
  );
