/** The plain variables: default, meaning and reader in one table. */
import { z } from 'zod';
import { PASSWORD_HASH, readTrustProxy } from './dashboard.js';
import { readSchedule, type Read } from './schedule.js';

/** One variable: what it means and how its text is read. A default of null means that it may be left out. */
export interface Setting<T> {
  readonly initial: string | null;
  readonly meaning: string;
  readonly read: z.ZodType<T, string>;
  /** Never shown in a message. */
  readonly secret?: boolean;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/** Zod's own texts speak of types; these say what to write. */
function reader<T>(expected: string, read: (text: string) => T | undefined): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
}

const within = (value: number, min: number, max: number) =>
  value >= min && value <= max ? value : undefined;

/** A whole number between two bounds, both included. */
export function whole(min: number, max: number): z.ZodType<number, string> {
  return reader(`a whole number from ${min} to ${max}`, (text) =>
    /^\d+$/.test(text) ? within(Number(text), min, max) : undefined,
  );
}

/** Any number between two bounds, decimals allowed. */
export function decimal(min: number, max: number): z.ZodType<number, string> {
  return reader(`a number from ${min} to ${max}`, (text) =>
    /^\d+(\.\d+)?$/.test(text) ? within(Number(text), min, max) : undefined,
  );
}

/** Seconds as the user writes them, milliseconds inside. */
const seconds = (min: number, max: number) =>
  reader(`seconds, a number from ${min} to ${max}`, (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? within(Number(text), min, max) : undefined;
    return value === undefined ? undefined : Math.round(value * 1000);
  });

/** One of a few words, in any case. */
export function word<const T extends string>(words: readonly T[]): z.ZodType<T, string> {
  return reader(words.join(', '), (text) => words.find((known) => known === text.toLowerCase()));
}

const level = reader('debug, info, warn or error', (text) => {
  const name = text.toLowerCase();
  return name === 'warning' ? 'warn' : LEVELS.find((known) => known === name);
});

const flag = reader('true or false', (text) => {
  const lower = text.toLowerCase();
  return TRUE.includes(lower) ? true : FALSE.includes(lower) ? false : undefined;
});

const text = z.string().transform((value) => value.trim());

const hosts = reader('host names divided by commas, without https:// and path', (value) => {
  if (value === '') return [];
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  return names.every((name) => /^(\[[\da-f:]+\]|[\p{L}\d._-]+)(:\d+)?$/u.test(name)) ? names : undefined;
});

/** Text that says itself what is wrong with it. */
function reading<T>(read: (text: string) => Read<T>): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const done = read(text);
    if ('value' in done) return done.value;
    context.addIssue({ code: 'custom', message: done.problem });
    return z.NEVER;
  });
}

const promFile = reader('a file whose name ends with .prom', (value) =>
  value.endsWith('.prom') ? value : undefined,
);

const link = reader('an address that begins with https:// or http://', (value) =>
  /^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '') ? value : undefined,
);

const passwordHash = reader('a line of `vivenu-ingest password`', (value) =>
  PASSWORD_HASH.test(value) ? value : undefined,
);

const proxies = reader(
  'addresses or networks of proxies, such as 10.0.0.0/8 or loopback, divided by commas',
  readTrustProxy,
);

const ticketLink = reader('an https address that holds {ticket_id}', (value) =>
  value.includes('{ticket_id}') && URL.canParse(value) && new URL(value).protocol === 'https:'
    ? value
    : undefined,
);

/** Every variable besides EVENT_CONFIGS__…, in the order of the README. */
export const SETTINGS = {
  DATABASE_URL: optional(
    z.string(),
    'PostgreSQL server as one address, `postgres://user:password@host:5432/database?sslmode=require`; without it and POSTGRES_*, an embedded PostgreSQL in `.vivenu-ingest/`',
    true,
  ),
  POSTGRES_HOST: optional(text, 'PostgreSQL server'),
  POSTGRES_PORT: setting(whole(1, 65_535), '5432', 'its port'),
  POSTGRES_DB: optional(text, 'its database'),
  POSTGRES_USER: optional(text, 'its user'),
  POSTGRES_PASSWORD: optional(z.string(), 'its password; empty for a server that asks for none', true),
  POSTGRES_SSL: setting(
    word(['disable', 'require', 'verify-full']),
    'disable',
    'encryption to the server: `disable`, `require`, or `verify-full` (certificate checked)',
  ),
  POSTGRES_POOL_SIZE: setting(whole(1, 200), '10', 'connections to PostgreSQL'),
  POSTGRES_STATEMENT_TIMEOUT: setting(
    seconds(1, 86_400),
    '1800',
    'seconds one statement of a load may take; a question outside of a transaction at most 120',
  ),
  POSTGRES_SLOW_STATEMENT: setting(
    seconds(0, 86_400),
    '1',
    'seconds after which a statement is logged as slow, with its text and without its values',
  ),
  POSTGRES_MAX_WAIT: setting(
    seconds(0, 86_400),
    '120',
    'seconds a server that is away is waited for: while it restarts, a run pauses and loses nothing',
  ),
  EVENT_API_BASE_URL: setting(
    text,
    'https://vivenu.com/api',
    'where vivenu answers, for regions without a base_url; resource paths are appended',
  ),
  HTTP_TIMEOUT: setting(seconds(0.001, 3600), '30', 'seconds for one whole answer of vivenu'),
  HTTP_CONNECT_TIMEOUT: setting(seconds(0.001, 600), '10', 'seconds for connecting'),
  HTTP_RETRIES: setting(
    whole(0, 100),
    '5',
    'further tries after a 408, 5xx, network fault, time-out or broken answer',
  ),
  HTTP_MAX_CONNECTIONS: setting(whole(1, 1000), '100', 'connections to one host'),
  HTTP_REQUESTS_PER_HOUR: setting(whole(1, 10_000_000), '1000', 'budget of requests per key and host'),
  HTTP_MAX_WAIT: setting(
    seconds(0, 86_400),
    '900',
    'seconds one request may wait for the budget, after a 429 or in an outage',
  ),
  HTTP_INSECURE_HOSTS: setting(
    hosts,
    '',
    'hosts whose certificate is not verified and that may be read without https, divided by commas',
  ),
  BATCH_SIZE: setting(whole(1, 1000), '1000', 'rows asked for in one request'),
  BATCH_MAX_WORKERS: setting(whole(1, 50), '5', 'requests in flight per key'),
  SYNC_OVERLAP: setting(seconds(0, 86_400), '120', 'seconds that an increment starts before its cursor'),
  COUPONS_EVERY_MINUTES: setting(decimal(0, 100_000), '60', 'minutes between two reads of the coupons'),
  DELETE_LIMIT_PERCENT: setting(
    decimal(0, 100),
    '5',
    'percent of a stream that one run may mark deleted; 20 rows always may',
  ),
  STORE_BARCODES: setting(flag, 'false', 'whether barcodes are stored; a barcode opens a gate'),
  LOG_LEVEL: setting(level, 'INFO', 'DEBUG, INFO, WARN or ERROR'),
  ENABLE_FILE_LOGGING: setting(flag, 'true', 'whether logs are written to files'),
  LOG_DIRECTORY: setting(text, 'logs', 'their folder'),
  LOG_MAX_FILE_SIZE: setting(
    whole(1024, 10_000_000_000),
    '10485760',
    'bytes after which a new file is begun',
  ),
  LOG_BACKUP_COUNT: setting(whole(1, 1000), '5', 'older files kept'),
  METRICS_FILE: optional(
    promFile,
    'file that each run leaves its figures in, for the textfile collector of node_exporter; its name ends with `.prom`',
  ),
  METRICS_PUSH_URL: optional(link, 'Pushgateway that each run sends its figures to', true),
  REPORT_WEBHOOK_URL: optional(link, 'where summaries and failures are sent', true),
  SCHEDULE: optional(
    reading(readSchedule),
    'when `serve` runs: a cron expression in UTC, or in a zone as in `TZ=Europe/Berlin */15 * * * *`',
  ),
  FULL_SCHEDULE: optional(reading(readSchedule), 'when it reads everything again, such as `0 4 * * 0`'),
  SERVE_HOST: setting(text, '127.0.0.1', 'where `serve` listens'),
  SERVE_PORT: setting(whole(0, 65_535), '8080', 'its port'),
  SERVE_VIEWER_PASSWORD_HASH: optional(
    passwordHash,
    'lets viewers into the dashboard: the line that `vivenu-ingest password` prints',
    true,
  ),
  SERVE_OPERATOR_PASSWORD_HASH: optional(
    passwordHash,
    'lets operators in, who may also retry, run, and see whom a ticket is for',
    true,
  ),
  SERVE_TRUST_PROXY: optional(
    proxies,
    'addresses of the proxies before `serve` that are believed about who asks, and that it was by https: such as `10.0.0.0/8` or `loopback`, divided by commas',
  ),
  SERVE_TICKET_URL: optional(
    ticketLink,
    "address of a ticket in vivenu's own dashboard, with `{ticket_id}`, to which the dashboard links",
  ),
};

/** What the table reads into. */
export type Settings = { [Name in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Name]['read']> };

/** Reads every plain variable; a bad one is added to the problems and leaves its default. */
export function readSettings(env: Readonly<Record<string, string>>, problems: string[]): Settings {
  const values: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[name];
    const fallback = entry.initial === null ? null : entry.read.parse(entry.initial);
    const parsed = given === undefined ? null : entry.read.safeParse(given);
    values[name] = parsed?.success ? parsed.data : fallback;
    if (parsed?.success === false) {
      problems.push(
        `${name}${shown(given, entry.secret)}: ${parsed.error.issues[0]?.message ?? 'not readable'}`,
      );
    }
  }
  // The one cast: the loop above fills exactly the keys of the table.
  return values as Settings;
}

/** `="value"` for a message, or nothing where the value is secret. */
export function shown(value: string | undefined, secret = false): string {
  return secret || value === undefined ? '' : `=${JSON.stringify(value.slice(0, 80))}`;
}

function setting<T>(read: z.ZodType<T, string>, initial: string, meaning: string): Setting<T> {
  return { initial, meaning, read };
}

function optional<T>(read: z.ZodType<T, string>, meaning: string, secret = false): Setting<T | null> {
  return { initial: null, meaning, read, secret };
}
