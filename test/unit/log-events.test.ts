import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { logEvents } from '../../src/logging/events.js';
import { closeLogging, setupLogging } from '../../src/logging/log.js';
import type { SyncEvent } from '../../src/observer.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function logged(...events: SyncEvent[]): Promise<Record<string, unknown>[]> {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-log-events-'));
  folders.push(directory);
  const config = { level: 'debug', file: true, directory, maxFileSize: 1_000_000, backupCount: 1 } as const;
  const observe = logEvents(setupLogging(config, { pretty: true }));
  for (const event of events) observe(event);
  await closeLogging();
  const text = readFileSync(join(directory, 'vivenu-ingest.log'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const at = { keyId: 'abc', stream: 'tickets' };
const begin: SyncEvent = { type: 'run.begin', runId: 'r1', regions: ['oslo', 'rome'] };
const end: SyncEvent = { type: 'run.end', runId: 'r1', status: 'complete', seconds: 1, regions: [] };

test('run, region, stream and request are fields of every line that has them', async () => {
  const purpose = { request: 'q3', stream: 'tickets', regions: ['oslo'] };
  const lines = await logged(
    begin,
    { type: 'request', keyId: 'abc', method: 'GET', path: '/tickets', status: 200, ms: 12, ...purpose },
    { type: 'retry', keyId: 'abc', path: '/tickets', delayMs: 5, reason: 'late', ...purpose },
    { type: 'stream.end', status: 'complete', regions: ['oslo', 'rome'], ...at },
    end,
    { type: 'breaker', host: 'vivenu.com', state: 'open' },
  );
  expect(lines).toMatchObject([
    { msg: 'run.begin', run: 'r1', regions: ['oslo', 'rome'] },
    { msg: 'request', run: 'r1', region: 'oslo', stream: 'tickets', request: 'q3', status: 200, ms: 12 },
    { msg: 'retry', run: 'r1', region: 'oslo', stream: 'tickets', request: 'q3', level: 'warn' },
    { msg: 'stream.end', run: 'r1', regions: ['oslo', 'rome'], stream: 'tickets' },
    { msg: 'run.end', run: 'r1' },
    { msg: 'breaker', level: 'warn' },
  ]);
  expect(lines.at(-1)).not.toHaveProperty('run');
  for (const line of lines) expect(line).not.toHaveProperty('runId');
});

test('what did not end well is a warning, and a region that failed an error', async () => {
  const lines = await logged(
    { type: 'stream.end', status: 'incomplete', error: 'down', regions: ['oslo'], ...at },
    { type: 'region.failed', region: 'oslo', error: 'no schema' },
    { ...end, status: 'failed' },
  );
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'error', 'warn']);
});
