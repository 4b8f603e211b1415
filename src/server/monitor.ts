import { fastify } from 'fastify';
import type { Config } from '../config/config.js';
import type { DatabaseManager } from '../load/database.js';
import { openDeliveries } from '../load/deliveries.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Observer } from '../observer.js';
import { standingOfAll } from '../sync/standing.js';
import { jobsState } from '../work/state.js';
import { routeHealth } from './health.js';
import { listen } from './listen.js';

/** Health checks and metrics of a process that takes no deliveries. Throws a UsageError when it cannot listen there. */
export async function monitor(
  {
    config,
    db,
    metrics,
    observe,
  }: { config: Config; db: DatabaseManager; metrics: Metrics; observe: Observer },
  port: number,
): Promise<AsyncDisposable & { readonly url: string }> {
  const app = fastify({ logger: false, forceCloseConnections: true });
  routeHealth(app, {
    metrics,
    health: () => db.health(),
    standing: () => standingOfAll(db, config),
    backlog: async () =>
      observe({ type: 'backlog', deliveries: await openDeliveries(db), jobs: await jobsState(db) }),
  });
  metrics.watch(() => db.connections);
  const url = await listen(app, { host: config.serve.host, port }, '--health-port');
  return { url, [Symbol.asyncDispose]: () => app.close() };
}
