/** Writes what the engine tells into the log, with run, region, stream and request as fields of every line that has them. */
import type { Logger } from './log.js';
import type { Observer, SyncEvent } from '../observer.js';

type Level = 'debug' | 'info' | 'warn' | 'error';

const LEVELS: Readonly<Record<SyncEvent['type'], Level>> = {
  'run.begin': 'info',
  'run.end': 'info',
  'region.failed': 'error',
  'stream.begin': 'info',
  'stream.end': 'info',
  page: 'debug',
  write: 'debug',
  window: 'debug',
  delete: 'info',
  reject: 'warn',
  proof: 'info',
  request: 'debug',
  retry: 'warn',
  wait: 'debug',
  breaker: 'warn',
  budget: 'warn',
  delivery: 'debug',
  deliveries: 'debug',
  'deliveries.wait': 'warn',
  job: 'info',
  'queue.error': 'warn',
  backlog: 'debug',
  drift: 'warn',
  'dashboard.error': 'warn',
  'dashboard.login': 'info',
  'dashboard.person': 'info',
  'schedule.next': 'debug',
  'schedule.wait': 'warn',
  'database.wait': 'warn',
  'database.back': 'warn',
  'database.retry': 'warn',
  'database.slow': 'warn',
};

/** An observer that logs: one line an event, named by its type. */
export function logEvents(logger: Logger): Observer {
  let own = logger;
  return (event) => {
    if (event.type === 'run.begin') own = logger.child({ run: event.runId });
    const { type, level, fields } = lineOf(event);
    own[level](fields, type);
    if (event.type === 'run.end') own = logger;
  };
}

/** A stream or run that did not end well is worth a look even where only warnings are kept. */
function lineOf(event: SyncEvent): { type: string; level: Level; fields: object } {
  const { type, ...facts } = event;
  const ends = type === 'stream.end' || type === 'run.end';
  const level = ends && event.status !== 'complete' ? 'warn' : LEVELS[type];
  return { type, level, fields: withRegion(facts) };
}

/** One region is `region`, several are `regions`; the run stands in the context of the logger. */
function withRegion(facts: Record<string, unknown>): object {
  const { regions, ...rest } = facts;
  delete rest['runId'];
  if (!Array.isArray(regions)) return rest;
  const [only] = regions as unknown[];
  return regions.length === 1 && typeof only === 'string' ? { ...rest, region: only } : { ...rest, regions };
}
