export interface Config {
  readonly database: DatabaseConfig;
  readonly http: HttpConfig;
  readonly batch: { readonly size: number; readonly maxWorkers: number };
  readonly sync: SyncConfig;
  readonly logging: LoggingConfig;
  readonly events: readonly RegionConfig[];
}
/** Where the rows go: a server of the user's, or the embedded one. */
export type DatabaseConfig = EmbeddedDatabaseConfig | ServerDatabaseConfig;
export interface EmbeddedDatabaseConfig { readonly kind: 'embedded'; readonly directory: string; readonly poolSize: number }
export interface ServerDatabaseConfig {
  readonly kind: 'server';
  readonly host: string; readonly port: number; readonly database: string; readonly user: string; readonly password: string;
  readonly ssl: 'disable' | 'require' | 'verify-full';
  readonly poolSize: number;
}
export interface HttpConfig {
  readonly timeoutMs: number; readonly connectTimeoutMs: number; readonly maxConnections: number; readonly retries: number;
  readonly requestsPerHour: number; readonly maxWaitMs: number; readonly insecureHosts: readonly string[];
}
export interface SyncConfig {
  readonly overlapMs: number; readonly couponsEveryMs: number; readonly deleteLimitPercent: number; readonly storeBarcodes: boolean;
}
export interface LoggingConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly file: boolean; readonly directory: string;
  readonly maxFileSize: number; readonly backupCount: number;
}
export interface RegionConfig {
  readonly region: string; readonly token: string; readonly baseUrl: string;
  /** Event ids, or null for all events of the key (`*`). */
  readonly eventIds: readonly string[] | null;
  readonly schema: string;
  readonly excludeFields: readonly string[];
  /** Custom ticket columns: column name to the slug of the extra field. */
  readonly fields: Readonly<Record<string, string>>;
}
