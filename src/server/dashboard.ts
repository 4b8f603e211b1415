import { doorOf } from '../config/dashboard.js';
import type { Config } from '../config/config.js';
import { DatabaseManager } from '../load/database.js';
import { DEFAULT_LIMITS } from '../load/limits.js';
import type { Observer } from '../observer.js';
import type { DashboardParts } from './api/api.js';
import { listenForChanges } from './api/changes.js';
import { Sessions } from './api/sessions.js';
import { workOf } from './api/work.js';
import type { JobQueue } from '../work/queue.js';

interface DashboardWorld {
  readonly config: Config;
  readonly db: DatabaseManager;
  readonly observe: Observer;
  readonly stop: AbortSignal;
  /** Makes an observer of one run. @default `observe` for all */
  readonly observer?: (() => Observer) | undefined;
  readonly queue?: Pick<JobQueue, 'send'> | undefined;
}

/** Whoever looks must hold up neither deliveries nor loads. */
const CONNECTIONS = 4;
const STATEMENT_MS = 10_000;

/** What the dashboard works with, until it is disposed of. */
export async function openDashboard(world: DashboardWorld): Promise<DashboardParts & AsyncDisposable> {
  const { config, observe, stop, queue, observer = () => observe } = world;
  const db = await DatabaseManager.connect(readerConfig(world.db), { signal: stop });
  const regions = config.events.map(({ region }) => region);
  const work = workOf({ config, db: world.db, observer, stop, queue });
  return {
    ...{ config, observe, stop, db },
    door: doorOf(config.serve),
    sessions: new Sessions(db, config.serve.dashboard),
    changes: listenForChanges({ config: world.db.config, regions, stop }),
    work,
    [Symbol.asyncDispose]: async () => {
      await work[Symbol.asyncDispose]();
      await db.close();
    },
  };
}

function readerConfig({ config }: DatabaseManager) {
  const limits = { ...(config.limits ?? DEFAULT_LIMITS), maxWaitMs: 0, statementTimeoutMs: STATEMENT_MS };
  return { ...config, poolSize: CONNECTIONS, readOnly: true, limits };
}
