import type { FastifyInstance } from 'fastify';
import type { Health } from '../load/client.js';
import type { Metrics, Standing } from '../metrics/metrics.js';

/** What health and figures are made of. */
export interface HealthParts {
  readonly metrics: Pick<Metrics, 'metricsText' | 'contentType' | 'note'>;
  readonly health: () => Promise<Health>;
  /** How the streams stand; rejects while the database is away or before the first run. */
  readonly standing: () => Promise<Standing[]>;
  /** Tells the metrics of deliveries and jobs that wait. */
  readonly backlog: () => Promise<void>;
}

/** A scrape every few seconds must not become a question each. */
const STANDING_FOR_MS = 10_000;
const ASK_WITHIN_MS = 3000;

/** Adds `/health/live`, `/health/ready` and `/metrics`. */
export function routeHealth(app: FastifyInstance, parts: HealthParts): void {
  let asked = -Infinity;
  let known: readonly Standing[] = [];
  const standing = async (): Promise<readonly Standing[]> => {
    if (performance.now() - asked < STANDING_FOR_MS) return known;
    asked = performance.now();
    known = await within(parts.standing(), known);
    await within(parts.backlog(), undefined);
    parts.metrics.note(known);
    return known;
  };
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const { ok, latencyMs } = await parts.health();
    const body = {
      status: ok ? 'ready' : 'not ready',
      database: { ok, latency_ms: latencyMs },
      proofs: proofsOf(ok ? await standing() : known),
    };
    return await reply.code(ok ? 200 : 503).send(body);
  });
  app.get('/metrics', async (_request, reply) => {
    const { ok } = await parts.health();
    if (ok) await standing();
    return await reply.type(parts.metrics.contentType).send(await parts.metrics.metricsText());
  });
}

/** Seconds since each region's streams were last proven, the one that lags most; null: one never was. */
function proofsOf(standings: readonly Standing[]): { region: string; age_seconds: number | null }[] {
  const ages = new Map<string, number | null>();
  for (const { region, provenAt } of standings) {
    const age = provenAt === null ? null : Math.max(0, Math.round((Date.now() - provenAt.getTime()) / 1000));
    const before = ages.get(region);
    ages.set(region, before === null || age === null ? null : Math.max(before ?? 0, age));
  }
  return [...ages].map(([region, age]) => ({ region, age_seconds: age }));
}

async function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ASK_WITHIN_MS);
  });
  try {
    return await Promise.race([work.catch(() => otherwise), limit]);
  } finally {
    clearTimeout(timer);
  }
}
