/** Advanced usage with monitoring: what the engine tells, what took how long, and what went wrong. */
import {
  closeLogging,
  getConfig,
  getLogger,
  IngestOrchestrator,
  PerformanceLogger,
  setupLogging,
  type SyncEvent,
  type Timer,
} from 'vivenu-ingest';

const config = getConfig();
setupLogging(config.logging);
const logger = getLogger('monitoring');
const performance = new PerformanceLogger(logger);

// The engine's events are for everybody who subscribes; here they become timers of the large streams.
const timers = new Map<string, Timer>();
let rows = 0;
function observe(event: SyncEvent): void {
  if (event.type === 'stream.begin')
    timers.set(event.stream, performance.timer(event.stream, { regions: event.regions }));
  if (event.type === 'page') rows += event.rows;
  if (event.type === 'stream.end') timers.get(event.stream)?.end({ status: event.status });
  if (event.type === 'reject')
    logger.warn({ field: event.field, reason: event.reason }, 'a record was set aside');
}

performance.startTimer('whole_run');
const { success } = await new IngestOrchestrator(config, { observe }).run();
const took = performance.endTimer('whole_run', { itemsProcessed: rows });
console.log(`${rows} rows in ${took ?? '?'} ms, ${success ? 'complete' : 'not complete'}`);

// Or for a block: the time is logged however it is left.
{
  using timer = performance.timer('custom_operation');
  await new Promise((resolve) => setTimeout(resolve, 20));
  timer.add({ itemsProcessed: 1000 });
}
await closeLogging();
