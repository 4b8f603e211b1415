/** Reads the environment and `.env` once, checks all of it, and hands out one frozen value; nothing else in src reads process.env. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readDatabase, type DatabaseLimits } from './database.js';
import { readEnvFile, withoutBlanks } from './env.js';
import { misspelt } from './misspelt.js';
import { secretsOf } from './secrets.js';
import { readRegions } from './regions.js';
import type { DashboardConfig } from './dashboard.js';
import type { Launch, Schedule } from './schedule.js';
import { readSettings, type Settings } from './settings.js';
import { originOf } from './url.js';
import { unsignedWarnings } from './webhooks.js';
import { UsageError } from '../errors.js';
import { freeze } from '../freeze.js';
import type { Profile } from '../profile/profile.js';
import { hideSecrets } from '../redact.js';

export type { DatabaseLimits } from './database.js';
export type { DashboardConfig } from './dashboard.js';
export type { Launch, Schedule } from './schedule.js';
export { VARIABLES, type Variable } from './variables.js';

/** Everything the programme was told, with times in milliseconds. */
export interface Config {
  readonly database: DatabaseConfig;
  readonly http: HttpConfig;
  readonly batch: { readonly size: number; readonly maxWorkers: number };
  readonly sync: SyncConfig;
  readonly logging: LoggingConfig;
  readonly metrics: MetricsConfig;
  readonly serve: ServeConfig;
  readonly events: readonly RegionConfig[];
  /** What is allowed but worth saying at the start of each run. */
  readonly warnings: readonly string[];
}

/** Where the rows go: a server of the user's, or the embedded one. */
export type DatabaseConfig = EmbeddedDatabaseConfig | ServerDatabaseConfig;

/** The PostgreSQL that comes along, with its folder. */
export interface EmbeddedDatabaseConfig {
  readonly kind: 'embedded';
  readonly directory: string;
  readonly poolSize: number;
  readonly limits?: DatabaseLimits;
}

/** A PostgreSQL of the user's. */
export interface ServerDatabaseConfig {
  readonly kind: 'server';
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Empty for a server that asks for none. */
  readonly password: string;
  readonly ssl: 'disable' | 'require' | 'verify-full';
  readonly poolSize: number;
  readonly limits?: DatabaseLimits;
  /** Its connections refuse to write, but where a transaction asks to. */
  readonly readOnly?: boolean;
}

/** How vivenu is asked. */
export interface HttpConfig {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxConnections: number;
  /** Further tries after the first. */
  readonly retries: number;
  readonly requestsPerHour: number;
  readonly maxWaitMs: number;
  /** Lower-case host names, with or without a port. */
  readonly insecureHosts: readonly string[];
}

/** How much is read, kept and marked. */
export interface SyncConfig {
  readonly overlapMs: number;
  readonly couponsEveryMs: number;
  readonly deleteLimitPercent: number;
  readonly storeBarcodes: boolean;
}

/** Where logs go, and how much of them is kept. */
export interface LoggingConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly file: boolean;
  readonly directory: string;
  /** Bytes. */
  readonly maxFileSize: number;
  readonly backupCount: number;
}

/** Where a run leaves its figures; null: nowhere. */
export interface MetricsConfig {
  readonly file: string | null;
  readonly pushUrl: string | null;
}

/** Where `serve` listens, and whom it and every run tell. */
export interface ServeConfig {
  readonly host: string;
  readonly port: number;
  readonly reportWebhookUrl: string | null;
  readonly dashboard: DashboardConfig;
}

/** One region: a key, its events and a schema. */
export interface RegionConfig {
  readonly region: string;
  readonly token: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Event ids, or null for all events of the key (`*`). */
  readonly eventIds: readonly string[] | null;
  readonly schema: string;
  readonly excludeFields: readonly string[];
  /** Custom ticket columns: column name to the slug of the extra field. */
  readonly fields: Readonly<Record<string, string>>;
  /** What its tickets' names and extra fields mean. */
  readonly profile: Profile;
  /** CSV files of the coupon codes that were handed out, as absolute paths. */
  readonly couponCodes: readonly string[];
  /** The listener's `hmacKey`; null refuses every delivery, unless unsigned ones are taken. */
  readonly webhookKey: string | null;
  /** Whether deliveries are taken without a signature; never together with a key. */
  readonly webhookUnsigned: boolean;
  /** When it is run without being asked; null: never. */
  readonly schedule: Schedule | null;
  /** When all of it is read again; null: never. */
  readonly fullSchedule: Schedule | null;
  /** When it is run every minute. */
  readonly launches: readonly Launch[];
  readonly maxCapacity: number | null;
  readonly startWave: string | null;
  readonly priceTier: string | null;
  readonly priceTrigger: number | null;
  /** ISO 3166 country code of two letters. */
  readonly locality: string | null;
}

/** Where `getConfig` reads. */
export interface ConfigOptions {
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file that must exist, or null for none. @default `.env` in `directory`, when there is one */
  readonly envFile?: string | null;
  /** What relative paths start from. @default the current folder */
  readonly directory?: string;
  /** Whether having no region at all is a problem; regions that are there are always checked. @default 'required' */
  readonly regions?: 'required' | 'optional';
}

/** Reads and checks the whole configuration; variables already set win over `.env`. Throws a UsageError naming every problem at once. */
export function getConfig(options: ConfigOptions = {}): Config {
  const problems: string[] = [];
  const set = options.env ?? process.env;
  const file = readEnvFile(options, problems);
  const env = withoutBlanks({ ...file, ...set });
  const warnings: string[] = [];
  for (const { name, says } of misspelt(Object.keys(env))) {
    // The environment also holds other programmes' variables; `.env` is ours.
    (set[name] === undefined ? problems : warnings).push(says);
  }

  const settings = readSettings(env, problems);
  const at = (path: string) => (options.directory === undefined ? path : resolve(options.directory, path));
  const database = readDatabase(env, settings, { problems, warnings, embedded: at('.vivenu-ingest') });
  const events = readRegions(env, settings, problems, options.directory ?? '');
  if (options.regions !== 'optional' && !Object.keys(env).some((name) => /^event_configs__/i.test(name))) {
    problems.push(
      'no region is configured: set EVENT_CONFIGS__<region>__token and EVENT_CONFIGS__<region>__event_id',
    );
  }
  if (problems.length > 0) throw new UsageError([...problems, ...warnings]);
  warnings.push(...insecure(settings.HTTP_INSECURE_HOSTS), ...unsignedWarnings(events));
  const config = { database, ...sections(settings, at), events };
  hideSecrets(secretsOf(config));
  return freeze({ ...config, warnings });
}

/** Twelve hex digits that name a key at a host in reports and tables; the key cannot be had back from them. */
export function keyId(token: string, baseUrl: string): string {
  return createHash('sha256')
    .update(`${originOf(baseUrl)}\n${token}`)
    .digest('hex')
    .slice(0, 12);
}

function sections(settings: Settings, at: (path: string) => string) {
  return {
    http: {
      timeoutMs: settings.HTTP_TIMEOUT,
      connectTimeoutMs: settings.HTTP_CONNECT_TIMEOUT,
      maxConnections: settings.HTTP_MAX_CONNECTIONS,
      retries: settings.HTTP_RETRIES,
      requestsPerHour: settings.HTTP_REQUESTS_PER_HOUR,
      maxWaitMs: settings.HTTP_MAX_WAIT,
      insecureHosts: settings.HTTP_INSECURE_HOSTS,
    },
    batch: { size: settings.BATCH_SIZE, maxWorkers: settings.BATCH_MAX_WORKERS },
    sync: {
      overlapMs: settings.SYNC_OVERLAP,
      couponsEveryMs: settings.COUPONS_EVERY_MINUTES * 60_000,
      deleteLimitPercent: settings.DELETE_LIMIT_PERCENT,
      storeBarcodes: settings.STORE_BARCODES,
    },
    logging: {
      level: settings.LOG_LEVEL,
      file: settings.ENABLE_FILE_LOGGING,
      directory: at(settings.LOG_DIRECTORY),
      maxFileSize: settings.LOG_MAX_FILE_SIZE,
      backupCount: settings.LOG_BACKUP_COUNT,
    },
    metrics: {
      file: settings.METRICS_FILE === null ? null : at(settings.METRICS_FILE),
      pushUrl: settings.METRICS_PUSH_URL,
    },
    serve: serveSection(settings),
  };
}

const serveSection = (settings: Settings): ServeConfig => ({
  host: settings.SERVE_HOST,
  port: settings.SERVE_PORT,
  reportWebhookUrl: settings.REPORT_WEBHOOK_URL,
  dashboard: {
    viewerHash: settings.SERVE_VIEWER_PASSWORD_HASH,
    operatorHash: settings.SERVE_OPERATOR_PASSWORD_HASH,
    trustProxy: settings.SERVE_TRUST_PROXY,
    ticketUrl: settings.SERVE_TICKET_URL,
  },
});

function insecure(hosts: readonly string[]): string[] {
  return hosts.map((host) => `HTTP_INSECURE_HOSTS: the certificate of ${host} is not verified`);
}
