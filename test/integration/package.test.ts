import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/simulator.js';
import { freshDatabase } from './database-fixture.js';
import { runNode, runProgram } from './run-node.js';

const HERE = path.resolve(import.meta.dirname, '../..');
const TOKEN = 'key_made_up_for_the_package';
const { version } = JSON.parse(await readFile(path.join(HERE, 'package.json'), 'utf8')) as {
  version: string;
};

let folder: string;
const installed = (...names: string[]) => path.join(folder, 'node_modules/vivenu-ingest', ...names);

async function npm(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram('npm', args, { folder });
  expect(code, stdout + stderr).toBe(0);
}

/** The package as `npm pack` makes it, installed into a folder that has nothing else. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vivenu-package-'));
  await npm('pack', HERE, '--ignore-scripts', '--pack-destination', folder);
  await writeFile(
    path.join(folder, 'package.json'),
    '{ "name": "elsewhere", "private": true, "type": "module" }',
  );
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts'];
  await npm('install', ...quick, `./vivenu-ingest-${version}.tgz`);
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const PROGRAM = `
import { BatchProcessor, getConfig, IngestOrchestrator } from 'vivenu-ingest';
import type { BatchStats, IngestResult, Observer } from 'vivenu-ingest';

const pages: number[] = [];
const observe: Observer = (event) => void (event.type === 'page' && pages.push(event.rows));
const config = getConfig({ directory: import.meta.dirname });
await using orchestrator = new IngestOrchestrator(config, { observe });
const result: IngestResult = await orchestrator.run();
const stats: BatchStats = await new BatchProcessor(config.batch).processBatches(pages, async (batch) => {
  const rows: readonly number[] = batch;
  await Promise.resolve(rows);
});
console.log(JSON.stringify({ success: result.success, processed: result.processed, pages: stats.items.processed }));

// @ts-expect-error: types are there, and say what is wrong
export const wrong = () => new BatchProcessor({ size: 'large' });
`;

/** Checks the program with all declarations that it reaches; returns what the compiler says. */
async function compile(...options: string[]): Promise<string> {
  const compiler = path.join(HERE, 'node_modules/typescript/bin/tsc');
  const types = ['--types', 'node', '--typeRoots', path.join(HERE, 'node_modules/@types')];
  const strict = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
  ];
  const args = [compiler, 'program.ts', '--target', 'ES2022', ...strict, ...types, ...options];
  const { stdout } = await runNode(args, { folder });
  return stdout;
}

describe('the package, installed elsewhere', () => {
  it('has types for every way of resolving modules, without types of its own dependencies to install', async () => {
    await writeFile(path.join(folder, 'program.ts'), PROGRAM);
    expect(await compile('--noEmit', '--module', 'ESNext', '--moduleResolution', 'Bundler')).toBe('');
    expect(await compile('--module', 'Node16', '--moduleResolution', 'Node16')).toBe('');
  });

  it('is imported by a program that ingests, and answers as a command', async () => {
    await using vivenu = await startSimulator({
      requestsPerHour: null,
      sellers: [{ token: TOKEN, events: [{ id: 'race', tickets: 300 }], coupons: 10, series: 1 }],
    });
    await using db = await freshDatabase();
    const env = {
      DATABASE_URL: db.url,
      ENABLE_FILE_LOGGING: 'false',
      EVENT_CONFIGS__auckland__token: TOKEN,
      EVENT_CONFIGS__auckland__event_id: 'race',
      EVENT_CONFIGS__auckland__base_url: vivenu.url,
      EVENT_CONFIGS__auckland__profile: 'hyrox',
    };
    const { code, stdout, stderr } = await runNode(['program.js'], { folder, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      success: true,
      processed: expect.any(Number) as number,
      pages: expect.any(Number) as number,
    });
    const [sold] = await db.query<{ tickets: number }>(
      'select count(*)::int as tickets from vivenu.v_tickets_sold',
    );
    expect(sold?.tickets).toBeGreaterThan(0);

    const command = installed('../.bin/vivenu-ingest');
    expect(await runProgram(command, ['--version'], { folder })).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
    });
    const check = await runProgram(command, ['check', '--json'], { folder, env });
    expect(check.code, check.stdout + check.stderr).toBe(0);
    expect(JSON.parse(check.stdout)).toMatchObject({ status: 'ok' });
  });

  it('lets nothing be imported but itself and its package.json', async () => {
    const importing = async (name: string) => {
      const options = name.endsWith('.json') ? `, { with: { type: 'json' } }` : '';
      const text = `import('${name}'${options}).then(() => 'imported', ({ code }) => code).then(console.log)`;
      return (await runNode(['--no-warnings', '--input-type=module', '-e', text], { folder })).stdout.trim();
    };
    expect(await importing('vivenu-ingest')).toBe('imported');
    expect(await importing('vivenu-ingest/package.json')).toBe('imported');
    expect(await importing('vivenu-ingest/dist/sync/run.js')).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('holds what its README links to, and neither sources, tests nor what was built beside it', async () => {
    const readme = await readFile(installed('README.md'), 'utf8');
    const files = (await readdir(installed(), { recursive: true })).map((file) => file.replaceAll('\\', '/'));
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, link = '']) => link);
    expect(files).toEqual(expect.arrayContaining(links.filter((link) => existsSync(path.join(HERE, link)))));
    expect(
      files.filter((file) => /^(src|test|bench|node_modules|dist\/(bench|examples))\b|\.map$/.test(file)),
    ).toEqual([]);
  });
});
