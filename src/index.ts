/**
 * Reads vivenu into PostgreSQL: the parts that the command line is made of. `getConfig` and `IngestOrchestrator` do what `vivenu-ingest run`
 * does; the other classes are its parts.
 *
 * @packageDocumentation
 */
export { getConfig, keyId, VARIABLES } from './config/config.js';
export type {
  Config,
  ConfigOptions,
  DashboardConfig,
  DatabaseConfig,
  DatabaseLimits,
  EmbeddedDatabaseConfig,
  HttpConfig,
  Launch,
  LoggingConfig,
  MetricsConfig,
  RegionConfig,
  Schedule,
  ServeConfig,
  ServerDatabaseConfig,
  SyncConfig,
  Variable,
} from './config/config.js';
export { FatalError, RecordError, RetryableError, UsageError } from './errors.js';

export { EventsTicketsIngester } from './library/events-tickets-ingester.js';
export type { RegionRequest } from './library/one-region.js';
export { CouponDataLoader } from './library/coupon-data-loader.js';
export { CouponProcessor } from './library/coupon-processor.js';
export { IngestOrchestrator } from './library/ingest-orchestrator.js';
export type { IngestResult, IngestSettings, IngestStep } from './library/ingest.js';
export type { CodeProblem, CouponCodeList } from './reports/coupon-codes.js';
export type { CouponCode } from './load/coupon-codes.js';

export { runIngest } from './sync/run.js';
export type { Condition, World } from './sync/run.js';
export type { RunOptions } from './sync/context.js';
export { BusyError } from './sync/choose.js';
export type { Observer, SyncEvent } from './observer.js';
export type { Purpose } from './purpose.js';
export type {
  KeyReport,
  RegionReport,
  Report,
  RunStatus,
  StreamReport,
  SummariesReport,
} from './sync/report.js';
export type { Drift, Mode, StreamStatus } from './sync/tally.js';

export { BatchProcessor } from './batch-processor.js';
export type {
  Batch,
  BatchConfig,
  BatchContext,
  BatchFailure,
  BatchOptions,
  BatchProgress,
  BatchStats,
  Source,
} from './batch-processor.js';

export { VivenuHTTPClient } from './source/client.js';
export type {
  ClientEvent,
  ClientOptions,
  ClientStats,
  ListOptions,
  ListQuery,
  Page,
} from './source/client.js';

export type { ChangeMethod } from './source/exchange.js';
export type { BreakerState } from './source/breaker.js';
export type { WaitReason } from './source/turn.js';

export { DatabaseManager, TransactionManager } from './load/database.js';
export type {
  Client,
  ConnectOptions,
  Database,
  EmbeddedServer,
  Health,
  Lock,
  OpenTransaction,
} from './load/database.js';
export type { Result } from './load/client.js';

export { closeLogging, getLogger, setupLogging } from './logging/log.js';
export type { Logger, LogOptions } from './logging/log.js';
export { logEvents } from './logging/events.js';
export { createMetrics } from './metrics/metrics.js';
export type { Connections, Metrics, MetricsOptions, Standing } from './metrics/metrics.js';

export { PerformanceLogger } from './logging/performance-logger.js';
export type { Timer, TimerFields } from './logging/performance-logger.js';

export { loadProfile } from './profile/profile.js';
export type {
  AgeRange,
  Capacity,
  Classification,
  ColumnCase,
  ColumnRule,
  Group,
  Match,
  NameRule,
  NameRules,
  Profile,
  Synonyms,
} from './profile/profile.js';
