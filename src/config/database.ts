/** Where the rows go, from DATABASE_URL or POSTGRES_*. */
import type { DatabaseConfig, ServerDatabaseConfig } from './config.js';
import type { Settings } from './settings.js';

/** How long the database may take. */
export interface DatabaseLimits {
  /** For one statement of a transaction; a question outside of one answers within 120 s at most. */
  readonly statementTimeoutMs: number;
  /** A statement that takes longer is told of. */
  readonly slowStatementMs: number;
  /** How long a server that is away is waited for. */
  readonly maxWaitMs: number;
}

interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
  /** Folder of the embedded server. */
  readonly embedded: string;
}

const PARTS = ['POSTGRES_HOST', 'POSTGRES_DB', 'POSTGRES_USER', 'POSTGRES_PASSWORD'] as const;
const SSL_MODES = ['disable', 'require', 'verify-full'] as const;

/** The server that was named, or the embedded one when nothing names one; problems are added to the list. */
export function readDatabase(
  env: Readonly<Record<string, string>>,
  settings: Settings,
  findings: Findings,
): DatabaseConfig {
  const shared = { poolSize: settings.POSTGRES_POOL_SIZE, limits: limitsOf(settings) };
  const given = PARTS.filter((name) => env[name] !== undefined);
  if (settings.DATABASE_URL !== null) {
    if (given.length > 0) findings.warnings.push(`DATABASE_URL is used; ${given.join(', ')} are not`);
    return { ...fromUrl(settings.DATABASE_URL, settings, findings), ...shared };
  }
  if (given.length === 0 && env.POSTGRES_PORT === undefined) {
    return { kind: 'embedded', directory: findings.embedded, ...shared };
  }
  for (const name of PARTS.filter((part) => !given.includes(part))) {
    findings.problems.push(`${name} is missing: set ${PARTS.join(', ')} together, or DATABASE_URL alone`);
  }
  return {
    kind: 'server',
    host: settings.POSTGRES_HOST ?? '',
    port: settings.POSTGRES_PORT,
    database: settings.POSTGRES_DB ?? '',
    user: settings.POSTGRES_USER ?? '',
    password: settings.POSTGRES_PASSWORD ?? '',
    ssl: settings.POSTGRES_SSL,
    ...shared,
  };
}

const limitsOf = (settings: Settings): DatabaseLimits => ({
  statementTimeoutMs: settings.POSTGRES_STATEMENT_TIMEOUT,
  slowStatementMs: settings.POSTGRES_SLOW_STATEMENT,
  maxWaitMs: settings.POSTGRES_MAX_WAIT,
});

function fromUrl(
  text: string,
  settings: Settings,
  { problems, warnings }: Findings,
): Omit<ServerDatabaseConfig, 'poolSize'> {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    problems.push(
      'DATABASE_URL: expected postgres://user:password@host:5432/database; write @ / : # % in a password as %40 %2F %3A %23 %25, or set POSTGRES_* instead',
    );
    return { kind: 'server', host: '', port: 5432, database: '', user: '', password: '', ssl: 'disable' };
  }
  const part = (raw: string) => decoded(raw, problems);
  const server = {
    kind: 'server' as const,
    host: url.searchParams.get('host') ?? part(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? settings.POSTGRES_PORT : Number(url.port),
    database: part(url.pathname.slice(1)),
    user: part(url.username),
    password: part(url.password),
    ssl: sslOf(url, settings, problems),
  };
  for (const name of ['host', 'database', 'user'] as const) {
    if (server[name] === '') problems.push(`DATABASE_URL names no ${name}`);
  }
  const unused = [...url.searchParams.keys()].filter((name) => name !== 'sslmode' && name !== 'host');
  if (unused.length > 0) warnings.push(`DATABASE_URL: ${unused.join(', ')} is not used`);
  return server;
}

function sslOf(url: URL, settings: Settings, problems: string[]): ServerDatabaseConfig['ssl'] {
  const asked = url.searchParams.get('sslmode');
  if (asked === null) return settings.POSTGRES_SSL;
  const mode = SSL_MODES.find((known) => known === asked);
  if (mode === undefined) {
    problems.push(`DATABASE_URL: sslmode=${asked.slice(0, 20)}: expected ${SSL_MODES.join(', ')}`);
  }
  return mode ?? 'disable';
}

function decoded(raw: string, problems: string[]): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    problems.push('DATABASE_URL: a % in it is not followed by two hex digits; write it as %25');
    return raw;
  }
}
