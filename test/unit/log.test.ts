import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { getConfig, type LoggingConfig } from '../../src/config/config.js';
import { RetryableError, UsageError } from '../../src/errors.js';
import { closeLogging, getLogger, setupLogging } from '../../src/logging/log.js';

const folders: string[] = [];
afterEach(async () => {
  await closeLogging();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function setup(config: Partial<LoggingConfig> = {}): LoggingConfig {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-log-'));
  folders.push(directory);
  return { level: 'info', file: true, directory, maxFileSize: 1_000_000, backupCount: 3, ...config };
}

async function lines(config: LoggingConfig): Promise<Record<string, unknown>[]> {
  await closeLogging();
  const text = readFileSync(join(config.directory, 'vivenu-ingest.log'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a line is JSON with time, level, message, name and context', async () => {
  const config = setup();
  setupLogging(config);
  getLogger('engine').child({ region: 'auckland' }).info({ rows: 7 }, 'page stored');
  const [line] = await lines(config);
  expect(line).toMatchObject({
    level: 'info',
    msg: 'page stored',
    logger: 'engine',
    region: 'auckland',
    rows: 7,
  });
  expect(new Date(String(line?.time)).getTime()).toBeGreaterThan(Date.now() - 10_000);
});

test('lines below the level are left out, and --debug lets all through', async () => {
  const config = setup({ level: 'warn' });
  setupLogging(config).info('quiet');
  expect(await lines(config)).toHaveLength(0);
  const all = setup();
  setupLogging(all, { debug: true, pretty: false }).debug('loud');
  expect(await lines(all)).toMatchObject([{ level: 'debug', msg: 'loud' }]);
});

test('secrets are hidden in fields, context, messages and errors', async () => {
  const config = setup();
  const log = setupLogging(config, { pretty: true }).child({ token: 'TOPSECRET' });
  const error = new Error('TOPSECRETs: Authorization: Bearer TOPSECRET', {
    cause: new RetryableError('postgres://me:TOPSECRET@host/db key_TOPSECRET12345'.toLowerCase()),
  });
  error.message = 'sent Bearer TOPSECRET to https://u:TOPSECRET@host/';
  error.stack = error.stack?.replaceAll('TOPSECRETs', '') ?? '';
  log.info(
    {
      authorization: 'Bearer TOPSECRET',
      deep: { list: [{ secret: 'TOPSECRET', barcode: 'TOPSECRET', password: 'TOPSECRET' }] },
      apiKey: 'TOPSECRET',
      hmacKey: 'TOPSECRET',
      webhook_key: 'TOPSECRET',
      passwordResetToken: 'TOPSECRET',
      region: 'auckland',
      storeBarcodes: true,
    },
    'with bearer TOPSECRET',
  );
  log.error({ err: error }, 'failed');
  const text = JSON.stringify(await lines(config));
  expect(text).not.toMatch(/topsecret/i);
  expect(text).toContain('auckland');
  expect(text).toContain('"storeBarcodes":true');
});

test('files keep to size and count to the byte, and hold the newest lines', async () => {
  const config = setup({ maxFileSize: 2000, backupCount: 2 });
  const log = setupLogging(config, { pretty: true });
  for (let round = 0; round < 300; round++) log.info({ round }, 'x'.repeat(round % 150));
  await closeLogging();
  const files = readdirSync(config.directory).sort();
  expect(files).toEqual(['vivenu-ingest.1.log', 'vivenu-ingest.2.log', 'vivenu-ingest.log']);
  for (const file of files) expect(statSync(join(config.directory, file)).size).toBeLessThanOrEqual(2000);
  const kept = files
    .sort((a, b) => Number(/\d/.exec(b)) - Number(/\d/.exec(a)))
    .flatMap((file) => readFileSync(join(config.directory, file), 'utf8').trim().split('\n'))
    .map((line) => (JSON.parse(line) as { round: number }).round);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 300 - kept.length + index));
});

test('without file logging no file is made', async () => {
  const config = setup({ file: false });
  setupLogging(config, { pretty: true }).info('nothing');
  await closeLogging();
  expect(readdirSync(config.directory)).toEqual([]);
});

test('a folder that cannot be made is a UsageError that names the variable', () => {
  const { directory } = setup();
  writeFileSync(join(directory, 'file'), '');
  const config = setup({ directory: join(directory, 'file', 'logs') });
  expect(() => setupLogging(config)).toThrow(UsageError);
  expect(() => setupLogging(config)).toThrow(/LOG_DIRECTORY/);
});

test('nothing is written to stdout', async () => {
  const write = vi.spyOn(process.stdout, 'write');
  const config = setup();
  setupLogging(config).info('somewhere');
  await closeLogging();
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
});

test('a line names run, region, stream and request of the logger and of the event', async () => {
  const config = setup();
  const log = setupLogging(config, { pretty: true }).child({ run: 'r1' });
  log.child({ region: 'auckland' }).info({ stream: 'tickets', request: 'q7' }, 'page');
  expect(await lines(config)).toMatchObject([
    { run: 'r1', region: 'auckland', stream: 'tickets', request: 'q7', msg: 'page' },
  ]);
});

test('secrets in the context of a child, its prefix and the values put into a message are hidden', async () => {
  const config = setup();
  const log = setupLogging(config, { pretty: true });
  log
    .child(
      { headers: { cookie: 'TOPSECRET' }, err: new Error('token=TOPSECRET') },
      { msgPrefix: 'token=TOPSECRET ' },
    )
    .info('%s %o and %d', 'password=TOPSECRET', { apiKey: 'TOPSECRET' }, 7);
  log.info({ req: { headers: { authorization: 'TOPSECRET' } } });
  log.error(new Error('https://me:TOPSECRET@host/'));
  log.error(new Error('https://me:TOPSECRET@host/'), 'said %s', 'token=TOPSECRET');
  const text = JSON.stringify(await lines(config));
  expect(text).not.toContain('TOPSECRET');
  expect(text).toContain('and 7');
});

test('a field cannot stand in for what the log itself says', async () => {
  const config = setup();
  setupLogging(config, { pretty: true }).info(
    { level: 'fatal', time: 'never', pid: 0, msg: 'forged' },
    'true',
  );
  const text = readFileSync(join(config.directory, 'vivenu-ingest.log'), 'utf8');
  expect(text.match(/"(level|time|pid|msg)":/g)).toHaveLength(4);
  expect(await lines(config)).toMatchObject([
    { level: 'info', msg: 'true', msg_: 'forged', level_: 'fatal' },
  ]);
});

test('whatever is logged is one line of JSON in the file, and on the terminal one that begins with a time', async () => {
  const config = setup({ maxFileSize: 100_000_000 });
  const shown: string[] = [];
  const log = setupLogging(config, { pretty: true, debug: true, say: (line) => shown.push(line) });
  const forged = '\n12:00:00 FATAL forged\r\n{"level":"fatal"}\u2028\x1b[1A\x1b[2K\x9b2J';
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(forged), fc.string());
  let calls = 0;
  fc.assert(
    fc.property(text, text, fc.dictionary(text, text), (message, value, context) => {
      log.child({ context }).warn({ value, [value]: value, err: new Error(message) }, message);
      log.warn(value);
      calls += 2;
    }),
  );
  const written = readFileSync(join(config.directory, 'vivenu-ingest.log'), 'utf8').split('\n');
  expect(written.pop()).toBe('');
  expect(written).toHaveLength(calls);
  for (const line of written) expect(JSON.parse(line)).toMatchObject({ level: 'warn', pid: process.pid });
  expect(shown).toHaveLength(calls);
  for (const record of shown) {
    const [first, ...places] = record.split('\n');
    expect(first).toMatch(/^\d\d:\d\d:\d\d WARN /);
    for (const place of places) expect(place).toMatch(/^( {4}|$)/);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(record).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]/);
  }
  await closeLogging();
});

test('on a terminal a record is one line with its facts, and the places of its error below', () => {
  const config = setup({ file: false });
  const shown: string[] = [];
  const log = setupLogging(config, { pretty: true, debug: true, say: (line) => shown.push(line) });
  log.info({ region: 'hong kong', rows: 7, list: [1] }, 'page stored');
  log.error({ err: new Error('broken', { cause: new Error('deeper') }) }, 'failed');
  expect(shown[0]).toMatch(/^\d\d:\d\d:\d\d INFO {2}page stored region="hong kong" rows=7 list=\[1\]$/);
  expect(shown[1]).toMatch(
    /ERROR failed\n {4}Error: broken\n {4}at .*log\.test\.ts.*\n[^]* {4}cause: .*deeper/,
  );
});

test('a record that is larger than a whole file leaves its message', async () => {
  const config = setup({ maxFileSize: 1024 });
  setupLogging(config, { pretty: true }).info({ wide: 'x'.repeat(5000) }, 'it was large');
  expect(await lines(config)).toMatchObject([
    { level: 'info', msg: 'it was large', cut: expect.any(Number) as number },
  ]);
});

test('the keys and passwords of the configuration are hidden wherever they stand', async () => {
  const secrets = [
    'Token-of-Oslo',
    'Hook-of-Oslo',
    'p@ss/word',
    'https://chat.example/hooks/T0P',
    'https://push.example/T0P',
  ];
  const [token, hook, password, report, push] = secrets;
  getConfig({
    envFile: null,
    env: {
      EVENT_CONFIGS__oslo__token: token,
      EVENT_CONFIGS__oslo__event_id: '*',
      EVENT_CONFIGS__oslo__webhook_key: hook,
      ...{
        POSTGRES_HOST: 'localhost',
        POSTGRES_DB: 'db',
        POSTGRES_USER: 'user-name',
        POSTGRES_PASSWORD: password,
      },
      ...{ REPORT_WEBHOOK_URL: report, METRICS_PUSH_URL: push },
    },
  });
  const config = setup();
  const log = setupLogging(config, { pretty: true });
  for (const secret of secrets) log.child({ at: secret }).info({ [secret]: secret }, `<${secret}>`);
  log.error({ err: new Error(secrets.join(' ')) }, 'user-name');
  const text = JSON.stringify(await lines(config));
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(text).toContain('user-name');
});
