import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { LoggingConfig } from '../../src/config.js';
import { RetryableError, UsageError } from '../../src/errors.js';
import { closeLogging, getLogger, setupLogging } from '../../src/log.js';

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

test('files are rotated by size and only so many kept', async () => {
  const config = setup({ maxFileSize: 2000, backupCount: 2 });
  const log = setupLogging(config);
  for (let round = 0; round < 60; round++) {
    log.info('x'.repeat(200));
    if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await closeLogging();
  const files = readdirSync(config.directory).sort();
  expect(files).toEqual(['vivenu-ingest.1.log', 'vivenu-ingest.2.log', 'vivenu-ingest.log']);
  for (const file of files) expect(statSync(join(config.directory, file)).size).toBeLessThan(6000);
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
