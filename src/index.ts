/** The library: what the command line is made of. */
export { getConfig, keyId, VARIABLES } from './config.js';
export type {
  Config,
  ConfigOptions,
  DatabaseConfig,
  HttpConfig,
  LoggingConfig,
  RegionConfig,
  SyncConfig,
  Variable,
} from './config.js';
export { FatalError, RecordError, RetryableError, UsageError } from './errors.js';
export { DatabaseManager, TransactionManager } from './load/database.js';
export type { Client, Database, Health } from './load/client.js';
export { closeLogging, getLogger, setupLogging } from './log.js';
export { logEvents } from './log-events.js';
export { createMetrics } from './metrics.js';
export type { Metrics, MetricsOptions, Standing } from './metrics.js';
export type { Observer, SyncEvent } from './observer.js';
export { PerformanceLogger } from './performance-logger.js';
export type { Timer, TimerFields } from './performance-logger.js';
export { loadProfile } from './profile.js';
export type { Classification, Profile } from './profile.js';
export { VivenuHTTPClient } from './source/client.js';
export type { ClientEvent, ClientOptions, ListQuery, Page } from './source/client.js';
export type { RunOptions } from './sync/context.js';
export type { KeyReport, RegionReport, Report, StreamReport } from './sync/report.js';
export { BusyError } from './sync/choose.js';
export { runIngest } from './sync/run.js';
