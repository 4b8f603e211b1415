import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { getConfig, keyId, VARIABLES, type ConfigOptions } from '../../src/config/config.js';
import { distance, nearest } from '../../src/nearest.js';
import { UsageError } from '../../src/errors.js';
import { loadProfile } from '../../src/profile/profile.js';

const REGION = {
  EVENT_CONFIGS__auckland__token: 'key_geheim',
  EVENT_CONFIGS__auckland__event_id: '60f0c0ffee',
};

const LIMITS = { statementTimeoutMs: 1_800_000, slowStatementMs: 1000, maxWaitMs: 120_000 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(env: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-config-'));
  folders.push(directory);
  writeFileSync(join(directory, '.env'), env);
  return directory;
}

const read = (env: Record<string, string | undefined>, options: ConfigOptions = {}) =>
  getConfig({ env: { ...REGION, ...env }, envFile: null, ...options });

function problems(env: Record<string, string | undefined>, options: ConfigOptions = {}): string[] {
  try {
    read(env, options);
  } catch (error) {
    if (error instanceof UsageError) return [...error.problems];
    throw error;
  }
  return [];
}

const region = (key: string, value: string) => ({ [`EVENT_CONFIGS__auckland__${key}`]: value });

describe('the defaults', () => {
  test('need one key and one event', () => {
    const config = read({});
    expect(config.database).toEqual({
      kind: 'embedded',
      directory: '.vivenu-ingest',
      poolSize: 10,
      limits: LIMITS,
    });
    expect(config.http).toEqual({
      timeoutMs: 30_000,
      connectTimeoutMs: 10_000,
      maxConnections: 100,
      retries: 5,
      requestsPerHour: 1000,
      maxWaitMs: 900_000,
      insecureHosts: [],
    });
    expect(config.batch).toEqual({ size: 1000, maxWorkers: 5 });
    expect(config.sync).toEqual({
      overlapMs: 120_000,
      couponsEveryMs: 3_600_000,
      deleteLimitPercent: 5,
      storeBarcodes: false,
    });
    expect(config.logging).toEqual({
      level: 'info',
      file: true,
      directory: 'logs',
      maxFileSize: 10_485_760,
      backupCount: 5,
    });
    expect(config.serve).toEqual({
      host: '127.0.0.1',
      port: 8080,
      reportWebhookUrl: null,
      dashboard: { viewerHash: null, operatorHash: null, trustProxy: null, ticketUrl: null },
    });
    expect(config.events).toEqual([
      {
        region: 'auckland',
        token: 'key_geheim',
        baseUrl: 'https://vivenu.com/api',
        eventIds: ['60f0c0ffee'],
        schema: 'auckland',
        excludeFields: [],
        fields: {},
        profile: loadProfile('generic'),
        couponCodes: [],
        webhookKey: null,
        webhookUnsigned: false,
        schedule: null,
        fullSchedule: null,
        launches: [],
        maxCapacity: null,
        startWave: null,
        priceTier: null,
        priceTrigger: null,
        locality: null,
      },
    ]);
    expect(config.warnings).toEqual([]);
  });

  test('count for an empty variable', () => {
    expect(read({ HTTP_RETRIES: '', LOG_LEVEL: ' ' })).toEqual(read({}));
  });

  test('are frozen at every depth', () => {
    const config = read({});
    expect(Object.isFrozen(config) && Object.isFrozen(config.events[0]?.eventIds)).toBe(true);
    expect(() => Object.assign(config.http, { retries: 1 })).toThrow(TypeError);
  });
});

describe('schedules', () => {
  const daily = { cron: '0 4 * * *', zone: 'Europe/Berlin' };

  test('go for every region that has none of its own', () => {
    const config = read({
      ...{ SCHEDULE: '*/15 * * * *', FULL_SCHEDULE: 'TZ=Europe/Berlin 0 4 * * *' },
      ...{ EVENT_CONFIGS__oslo__token: 'k', EVENT_CONFIGS__oslo__event_id: '*' },
      ...{ EVENT_CONFIGS__oslo__schedule: 'off', EVENT_CONFIGS__oslo__full_schedule: '@daily' },
      ...{ EVENT_CONFIGS__oslo__launch: '2026-12-01T10:00Z/PT4H' },
    });
    expect(config.events).toMatchObject([
      {
        region: 'auckland',
        schedule: { cron: '*/15 * * * *', zone: 'UTC' },
        fullSchedule: daily,
        launches: [],
      },
      {
        ...{ region: 'oslo', schedule: null, fullSchedule: { cron: '@daily', zone: 'UTC' } },
        launches: [{ from: Date.parse('2026-12-01T10:00Z'), to: Date.parse('2026-12-01T14:00Z') }],
      },
    ]);
  });

  test('of docs/schedules.md are read as they stand there', () => {
    const [, example = ''] = /```sh\n(.*?)```/s.exec(readFileSync('docs/schedules.md', 'utf8')) ?? [];
    const others = ['archive', 'auckland'].map(
      (name) => `EVENT_CONFIGS__${name}__token=k\nEVENT_CONFIGS__${name}__event_id=*\n`,
    );
    const config = getConfig({ env: {}, directory: folder(example + others.join('')) });
    const auckland = config.events.find((one) => one.region === 'auckland');
    expect(auckland).toMatchObject({
      schedule: { cron: '*/5 8-22 * * *', zone: 'Pacific/Auckland' },
      fullSchedule: { cron: '0 4 * * 0', zone: 'Europe/Berlin' },
      launches: [{ from: Date.parse('2026-11-30T21:00Z'), to: Date.parse('2026-12-01T01:00Z') }],
    });
    expect(config.events.find((one) => one.region === 'archive')).toMatchObject({ schedule: null });
  });

  test('that are wrong are named with their value and the mend', () => {
    expect(
      problems({
        ...{ SCHEDULE: '*/15 * * *', FULL_SCHEDULE: 'TZ=Europe/Berlim 0 4 * * *' },
        ...region('schedule', '61 * * * *'),
        ...region('launch', '2026-12-01T10:00/09:00'),
      }),
    ).toEqual([
      'SCHEDULE="*/15 * * *": expected minute, hour, day, month and weekday, such as */15 * * * * or TZ=Europe/Berlin 0 4 * * *',
      'FULL_SCHEDULE="TZ=Europe/Berlim 0 4 * * *": Europe/Berlim is not a time zone: did you mean Europe/Berlin?',
      expect.stringMatching(/^EVENT_CONFIGS__auckland__schedule="61 \* \* \* \*": .*got value 61/) as string,
      expect.stringMatching(
        /^EVENT_CONFIGS__auckland__launch="2026-12-01T10:00\/09:00": expected from\/to/,
      ) as string,
    ]);
  });
});

test('the example of the architecture document is read as it stands', () => {
  const directory = folder(`
POSTGRES_HOST=localhost
POSTGRES_PORT=5432
POSTGRES_DB=your_database
POSTGRES_USER=your_user
POSTGRES_PASSWORD=your_password
HTTP_TIMEOUT=30.0
HTTP_RETRIES=3
HTTP_MAX_CONNECTIONS=100
BATCH_SIZE=1000
BATCH_MAX_WORKERS=5
LOG_LEVEL=INFO
ENABLE_FILE_LOGGING=true
LOG_DIRECTORY=logs
EVENT_CONFIGS__auckland__token=your_token
EVENT_CONFIGS__auckland__event_id=your_event_id
EVENT_CONFIGS__auckland__schema_name=auckland
EVENT_CONFIGS__auckland__base_url=https://api.vivenu.com
`);
  const config = getConfig({ env: {}, directory });
  expect(config.database).toMatchObject({ kind: 'server', host: 'localhost', user: 'your_user' });
  expect(config.http).toMatchObject({ timeoutMs: 30_000, retries: 3 });
  expect(config.events[0]).toMatchObject({ token: 'your_token', baseUrl: 'https://api.vivenu.com' });
  expect(config.logging.directory).toBe(join(directory, 'logs'));
});

describe('.env', () => {
  test('yields to variables that are set, and may have a BOM and CRLF', () => {
    const directory = folder('\uFEFFHTTP_RETRIES=1\r\nBATCH_SIZE=7\r\n');
    const config = getConfig({ env: { ...REGION, HTTP_RETRIES: '9' }, directory });
    expect(config.http.retries).toBe(9);
    expect(config.batch.size).toBe(7);
  });

  test('that was named must be there; the usual one need not', () => {
    const directory = folder('');
    rmSync(join(directory, '.env'));
    expect(() => getConfig({ env: REGION, directory })).not.toThrow();
    expect(() => getConfig({ env: REGION, directory, envFile: 'other.env' })).toThrow(
      /other\.env cannot be read/,
    );
  });

  test('must quote a value that holds a #, so that no password is cut', () => {
    const directory = folder('POSTGRES_PASSWORD=ab#cd\nLOG_DIRECTORY="a#b" # why\nBATCH_SIZE=5 # fine\n');
    expect(() => getConfig({ env: REGION, directory })).toThrow(
      /POSTGRES_PASSWORD in .*: the value holds a #/,
    );
    expect(() => getConfig({ env: REGION, directory })).not.toThrow(/LOG_DIRECTORY|BATCH_SIZE/);
  });
});

describe('problems', () => {
  test('are all named at once', () => {
    const found = problems({
      HTTP_RETRIES: 'many',
      BATCH_SIZE: '1001',
      BATCH_MAX_WORKERS: '0',
      LOG_LEVEL: 'loud',
      STORE_BARCODES: 'maybe',
      POSTGRES_HOST: 'db',
      EVENT_CONFIGS__auckland__shema_name: 'x',
      EVENT_CONFIGS__berlin__token: 'abc',
    });
    expect(found).toEqual([
      'HTTP_RETRIES="many": expected a whole number from 0 to 100',
      'BATCH_SIZE="1001": expected a whole number from 1 to 1000',
      'BATCH_MAX_WORKERS="0": expected a whole number from 1 to 50',
      'STORE_BARCODES="maybe": expected true or false',
      'LOG_LEVEL="loud": expected debug, info, warn or error',
      expect.stringMatching(/^POSTGRES_DB is missing/),
      expect.stringMatching(/^POSTGRES_USER is missing/),
      expect.stringMatching(/^POSTGRES_PASSWORD is missing/),
      'EVENT_CONFIGS__auckland__shema_name is not a setting of a region: did you mean EVENT_CONFIGS__auckland__schema_name?',
      expect.stringMatching(/^EVENT_CONFIGS__berlin__event_id: is missing/),
    ]);
  });

  test('never show a secret', () => {
    const found = problems({
      ...region('token', 'geheim mit leerzeichen'),
      ...region('webhook_keys', 'geheim'),
      ...region('base_url', 'https://me:geheim@vivenu.com'),
      DATABASE_URL: 'mysql://me:geheim@host/db',
      REPORT_WEBHOOK_URL: 'geheim',
    });
    expect(found).toHaveLength(5);
    expect(found.join('\n')).not.toContain('geheim');
  });

  test.each([
    'HTTP_TIMEOUT=0',
    'HTTP_TIMEOUT=-1',
    'HTTP_TIMEOUT=1e3',
    'HTTP_TIMEOUT=Infinity',
    'HTTP_RETRIES=1.5',
    'HTTP_REQUESTS_PER_HOUR=0',
    'HTTP_INSECURE_HOSTS=https://x/',
    'DELETE_LIMIT_PERCENT=101',
    'SERVE_PORT=70000',
    'LOG_BACKUP_COUNT=0',
    'LOG_MAX_FILE_SIZE=10MB',
    'POSTGRES_SSL=maybe',
    'SCHEDULE=every day',
    'REPORT_WEBHOOK_URL=file:///etc/passwd',
    'EVENT_API_BASE_URL=ftp://vivenu.com',
  ])('include %s', (line) => {
    const [name = '', value] = line.split('=');
    expect(problems({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}`))]);
  });

  test('include having no region, unless none is needed', () => {
    const none = { ...region('token', ''), ...region('event_id', '') };
    expect(problems(none)).toEqual([expect.stringContaining('no region is configured')]);
    expect(read(none, { regions: 'optional' }).events).toEqual([]);
  });
});

describe('a misspelt name', () => {
  test.each([
    ['schema', 'schema_name'],
    ['eventid', 'event_id'],
    ['event_ids', 'event_id'],
    ['tokn', 'token'],
    ['baseurl', 'base_url'],
    ['exclude_field', 'exclude_fields'],
    ['max_capacty', 'max_capacity'],
  ])('%s of a region is answered with %s', (wrong, right) => {
    expect(problems(region(wrong, 'x')).join()).toContain(`did you mean EVENT_CONFIGS__auckland__${right}?`);
  });

  test('far from all of them is answered with the list', () => {
    expect(problems(region('registration_channel', 'x')).join()).toContain('the keys are token, event_id');
  });

  test.each([
    ['HTTP_RETRYS', 'HTTP_RETRIES'],
    ['POSTGRES_PASWORD', 'POSTGRES_PASSWORD'],
    ['POSTGRES_DATABASE', 'POSTGRES_DB'],
    ['BATCHSIZE', 'BATCH_SIZE'],
    ['EVENT_CONFIG__x__token', 'EVENT_CONFIGS__<region>__<key>'],
  ])('%s is a problem in .env and a warning in the environment', (wrong, right) => {
    const says = `${wrong} is not a variable of vivenu-ingest: did you mean ${right}?`;
    expect(read({ [wrong]: '1' }).warnings).toEqual([says]);
    expect(problems({}, { envFile: '.env', directory: folder(`${wrong}=1`) })).toEqual([says]);
  });

  test.each([
    'HTTP_PROXY',
    'POSTGRES_INITDB_ARGS',
    'PATH',
    'LOG',
    'POSTGRES_PASSWORD_FILE',
    'HTTPS_PROXY',
    'NO_PROXY',
  ])('%s is none', (name) => expect(read({ [name]: '1' }).warnings).toEqual([]));

  test('is found by letters changed, added, dropped and swapped', () => {
    expect([
      distance('abc', 'abc'),
      distance('abc', 'axc'),
      distance('abc', 'acb'),
      distance('', 'abc'),
    ]).toEqual([0, 1, 1, 3]);
    expect(nearest('nothing-like-it', ['token'])).toBeNull();
  });
});

describe('a region', () => {
  const one = (env: Record<string, string>) => read(env).events[0];

  test('reads one event, several, or all', () => {
    expect(one(region('event_id', ' a , b,a '))?.eventIds).toEqual(['a', 'b']);
    expect(one(region('event_id', '*'))?.eventIds).toBeNull();
    for (const wrong of ['a,*', 'a,,b', 'a b', ','])
      expect(problems(region('event_id', wrong))).toHaveLength(1);
  });

  test('takes its keys in any case, but not the same one twice', () => {
    const env = { EVENT_CONFIGS__HK__TOKEN: 'abc', EVENT_CONFIGS__HK__Event_Id: '*' };
    expect(read(env).events[1]).toMatchObject({ region: 'HK', token: 'abc', schema: 'HK' });
    expect(problems({ ...region('TOKEN', 'other') })).toEqual([
      expect.stringContaining('are the same setting'),
    ]);
  });

  test('may have any name of letters, digits, _ . and -', () => {
    const env = { 'EVENT_CONFIGS__hong-kong__token': 'a', 'EVENT_CONFIGS__hong-kong__event_id': '*' };
    expect(read(env).events[1]?.schema).toBe('hong-kong');
    expect(problems({ 'EVENT_CONFIGS__a b__token': 'a' })).toHaveLength(1);
    expect(problems({ EVENT_CONFIGS__auckland: 'a' })).toHaveLength(1);
    expect(problems({ EVENT_CONFIGS____token: 'a' })).toHaveLength(1);
  });

  test('may not differ from another only in case, nor share its schema', () => {
    const twin = { EVENT_CONFIGS__Auckland__token: 'a', EVENT_CONFIGS__Auckland__event_id: '*' };
    expect(problems(twin)).toEqual(['the regions auckland and Auckland differ only in case: rename one']);
    const other = {
      EVENT_CONFIGS__nz__token: 'a',
      EVENT_CONFIGS__nz__event_id: '*',
      EVENT_CONFIGS__nz__schema_name: 'auckland',
    };
    expect(problems(other)).toEqual([expect.stringContaining('share the schema auckland')]);
  });

  test('has a schema of at most 63 bytes that PostgreSQL and the engine do not use themselves', () => {
    expect(one(region('schema_name', 'ü'.repeat(31)))?.schema).toBe('ü'.repeat(31));
    for (const wrong of ['ü'.repeat(32), 'pg_x', 'information_schema', 'vivenu_ingest', 'vivenu', 'a\0b']) {
      expect(problems(region('schema_name', wrong))).toHaveLength(1);
    }
  });

  test('has a base URL that keeps the key secret', () => {
    expect(one(region('base_url', 'https://vivenu.dev/api//'))?.baseUrl).toBe('https://vivenu.dev/api');
    expect(one(region('base_url', 'http://127.0.0.1:8080/api'))?.baseUrl).toBe('http://127.0.0.1:8080/api');
    for (const wrong of [
      'vivenu.com',
      'ftp://x',
      'https://u:p@x',
      'https://x?a=1',
      'https://x#a',
      'https://x?',
    ]) {
      expect(problems(region('base_url', wrong))).toHaveLength(1);
    }
    const plain = region('base_url', 'http://simulator:8080/api');
    expect(problems(plain)).toEqual([expect.stringContaining('add simulator:8080 to HTTP_INSECURE_HOSTS')]);
    for (const hosts of ['simulator', 'Simulator:8080, other']) {
      const config = read({ ...plain, HTTP_INSECURE_HOSTS: hosts });
      expect(config.warnings[0]).toMatch(/certificate of simulator.* is not verified/);
    }
    expect(one({ EVENT_API_BASE_URL: 'https://vivenu.dev/api/' })?.baseUrl).toBe('https://vivenu.dev/api');
  });

  test('may leave fields out, but not those that tell rows apart', () => {
    expect(one(region('exclude_fields', 'email, extraFields.impairment'))?.excludeFields).toEqual([
      'email',
      'extraFields.impairment',
    ]);
    for (const wrong of ['_id', 'email,eventId', 'a,,b', 'a..b']) {
      expect(problems(region('exclude_fields', wrong))).toHaveLength(1);
    }
  });

  test('fills columns from extra fields', () => {
    expect(one({ ...region('field_Gym', '26_gym'), ...region('FIELD_club', 'club') })?.fields).toEqual({
      gym: '26_gym',
      club: 'club',
    });
    expect(problems(region('field_a-b', 'x'))).toHaveLength(1);
    expect(problems(region('field_1', 'x'))).toHaveLength(1);
  });

  test('finds the lists of coupon codes from the folder of the configuration', () => {
    const given = region('coupon_codes', ' codes.csv, /lists/gym.csv ,lists/../codes.csv');
    expect(one(given)?.couponCodes).toEqual([resolve('codes.csv'), '/lists/gym.csv']);
    expect(read(given, { directory: '/etc/ingest' }).events[0]?.couponCodes).toEqual([
      '/etc/ingest/codes.csv',
      '/lists/gym.csv',
    ]);
    expect(one({})?.couponCodes).toEqual([]);
    for (const wrong of [',', 'codes.csv,', 'a,,b'])
      expect(problems(region('coupon_codes', wrong))).toEqual([
        expect.stringContaining('expected the path of a CSV file'),
      ]);
  });

  test('carries the figures of the views', () => {
    const env = {
      ...region('max_capacity', '5000'),
      ...region('start_wave', '30'),
      ...region('price_tier', 'EB'),
      ...region('price_trigger', '1200'),
      ...region('locality', 'hk'),
      ...region('profile', 'hyrox'),
      ...region('webhook_key', 'abc'),
    };
    expect(one(env)).toMatchObject({
      maxCapacity: 5000,
      startWave: '30',
      priceTier: 'EB',
      priceTrigger: 1200,
      locality: 'HK',
      profile: loadProfile('hyrox'),
      webhookKey: 'abc',
    });
    expect(problems({ ...region('max_capacity', '-1'), ...region('locality', 'HKG') })).toHaveLength(2);
  });

  test('takes unsigned deliveries when it is told to, says so, and not together with a key', () => {
    const config = read(region('webhook_unsigned', 'yes'));
    expect(config.events[0]).toMatchObject({ webhookKey: null, webhookUnsigned: true });
    expect(config.warnings).toEqual([
      'EVENT_CONFIGS__auckland__webhook_unsigned: whoever can send to `serve` can put made-up tickets into auckland',
    ]);
    expect(read(region('webhook_unsigned', 'false')).warnings).toEqual([]);
    expect(problems({ ...region('webhook_unsigned', 'true'), ...region('webhook_key', 'geheim') })).toEqual([
      'EVENT_CONFIGS__auckland__webhook_unsigned="true": webhook_key is set as well, and unsigned deliveries are refused then: take one of the two away',
    ]);
    expect(problems(region('webhook_unsigned', 'maybe'))).toEqual([
      'EVENT_CONFIGS__auckland__webhook_unsigned="maybe": expected true or false',
    ]);
  });
});

describe('the database', () => {
  const POSTGRES = {
    POSTGRES_HOST: 'db',
    POSTGRES_DB: 'd',
    POSTGRES_USER: 'u',
    POSTGRES_PASSWORD: 'p@ss/w:o#rd%',
  };

  test('comes from POSTGRES_*, with any password', () => {
    expect(read({ ...POSTGRES, POSTGRES_SSL: 'verify-full', POSTGRES_POOL_SIZE: '3' }).database).toEqual({
      kind: 'server',
      host: 'db',
      port: 5432,
      database: 'd',
      user: 'u',
      password: 'p@ss/w:o#rd%',
      ssl: 'verify-full',
      poolSize: 3,
      limits: LIMITS,
    });
    expect(read({ ...POSTGRES, POSTGRES_PASSWORD: '' }).database).toMatchObject({ password: '' });
  });

  test('comes from DATABASE_URL, with its sslmode', () => {
    const url = 'postgresql://u%40x:p%40ss%2F@db.example:6543/d%20b?sslmode=require';
    expect(read({ DATABASE_URL: url }).database).toEqual({
      kind: 'server',
      host: 'db.example',
      port: 6543,
      database: 'd b',
      user: 'u@x',
      password: 'p@ss/',
      ssl: 'require',
      poolSize: 10,
      limits: LIMITS,
    });
    expect(read({ DATABASE_URL: 'postgres://u@[::1]/d' }).database).toMatchObject({
      host: '::1',
      password: '',
      ssl: 'disable',
    });
    expect(read({ DATABASE_URL: 'postgres://u@x/d?host=/run/postgresql' }).database).toMatchObject({
      host: '/run/postgresql',
    });
  });

  test.each([
    'nonsense',
    'postgres://db',
    'postgres://u@/d',
    'postgres://u@h/',
    'postgres://u@h/d?sslmode=prefer',
    'postgres://u:%zz@h/d',
  ])('is refused for DATABASE_URL=%s', (url) =>
    expect(problems({ DATABASE_URL: url }).length).toBeGreaterThan(0),
  );

  test('says what of two settings is used', () => {
    const config = read({ ...POSTGRES, DATABASE_URL: 'postgres://u@h/d?channel_binding=require' });
    expect(config.database).toMatchObject({ host: 'h' });
    expect(config.warnings).toEqual([
      'DATABASE_URL is used; POSTGRES_HOST, POSTGRES_DB, POSTGRES_USER, POSTGRES_PASSWORD are not',
      'DATABASE_URL: channel_binding is not used',
    ]);
  });
});

test('the id of a key is short, the same for every path of a host, and not the key', () => {
  const id = keyId('key_geheim', 'https://vivenu.com/api');
  expect(id).toMatch(/^[0-9a-f]{12}$/);
  expect(keyId('key_geheim', 'https://vivenu.com')).toBe(id);
  expect(keyId('key_geheim', 'https://vivenu.dev/api')).not.toBe(id);
  expect(keyId('key_other', 'https://vivenu.com/api')).not.toBe(id);
});

test('every variable has a meaning, and its default is what counts without it', () => {
  expect(VARIABLES.length).toBeGreaterThan(40);
  expect(new Set(VARIABLES.map(({ name }) => name)).size).toBe(VARIABLES.length);
  expect(VARIABLES.every(({ meaning }) => meaning.length > 5)).toBe(true);
  const given = VARIABLES.filter(({ name, default: value }) => value !== null && !name.includes('<'));
  const spelt = Object.fromEntries(given.map(({ name, default: value }) => [name, value ?? undefined]));
  // A port alone would name a server by half.
  expect(read({ ...spelt, POSTGRES_PORT: undefined })).toEqual(read({}));
});

test('nothing else in src reads the environment', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const readers = files.filter((file) =>
    /\bprocess\.env\b/.test(code(readFileSync(join('src', file), 'utf8'))),
  );
  // The embedded server's launcher hands it on whole, to a child that Windows starts with nothing less.
  expect(readers.filter((file) => file !== join('load', 'embedded', 'run-program.ts'))).toEqual([
    join('config', 'config.ts'),
  ]);
});

const code = (text: string) => text.replace(/^\s*(\/\*|\*|\/\/).*$/gm, '');

test('limits of the database and places of the figures come from their variables', () => {
  const limits = {
    POSTGRES_STATEMENT_TIMEOUT: '60',
    POSTGRES_SLOW_STATEMENT: '0.5',
    POSTGRES_MAX_WAIT: '0',
  };
  const config = getConfig({
    envFile: null,
    directory: '/work-of-a-test',
    regions: 'optional',
    env: { ...limits, METRICS_FILE: 'figures/vivenu.prom', METRICS_PUSH_URL: 'http://push.example' },
  });
  expect(config.database.limits).toEqual({ statementTimeoutMs: 60_000, slowStatementMs: 500, maxWaitMs: 0 });
  expect(config.metrics).toEqual({
    file: '/work-of-a-test/figures/vivenu.prom',
    pushUrl: 'http://push.example',
  });
  const wrong = { METRICS_FILE: 'vivenu.txt', METRICS_PUSH_URL: 'push.example', POSTGRES_MAX_WAIT: '-1' };
  expect(() => getConfig({ envFile: null, regions: 'optional', env: wrong })).toThrow(
    /POSTGRES_MAX_WAIT[^]*METRICS_FILE[^]*\.prom[^]*METRICS_PUSH_URL/,
  );
});
