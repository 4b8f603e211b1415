import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';
import type { Ended } from './command-line.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';
import { runNode } from './run-node.js';

const HERE = path.resolve(import.meta.dirname, '../..');
const TOKEN = 'key_made_up_for_the_examples';

/** What each example finds: a vivenu, an empty database, a folder of its own. */
interface Place {
  readonly vivenu: Simulator;
  readonly db: FreshDatabase;
  readonly folder: string;
}

async function inPlace(work: (place: Place & { run: (name: string) => Promise<Ended> }) => Promise<void>) {
  await using vivenu = await startSimulator({
    requestsPerHour: null,
    sellers: [
      { token: TOKEN, events: [{ id: 'race', tickets: 1500 }], coupons: 40, series: 2, odd: ['text-price'] },
    ],
  });
  await using db = await freshDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-example-'));
  try {
    const run = (name: string) => runNode([path.join(HERE, 'dist/examples', `${name}.js`)], { folder, env });
    const env = {
      DATABASE_URL: db.url,
      EVENT_CONFIGS__auckland__token: TOKEN,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: vivenu.url,
      EVENT_CONFIGS__auckland__coupon_codes: await codesOf(vivenu, folder),
    };
    await work({ vivenu, db, folder, run });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A list of ten codes that were handed out, one of them twice. */
async function codesOf(vivenu: Simulator, folder: string): Promise<string> {
  const codes = [...vivenu.truth(TOKEN, 'coupons')].slice(0, 10).map(({ code }) => `${code},Partner`);
  const file = path.join(folder, 'codes.csv');
  await writeFile(file, `Code,Category\n${[...codes, codes[0]].join('\n')}\n`);
  return file;
}

const count = async (db: FreshDatabase, table: string) =>
  (await db.query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]?.count;

/** What each example says and leaves behind. */
const EXAMPLES: Record<string, (place: Place, said: string) => void | Promise<void>> = {
  'basic-usage': async ({ db }, said) => {
    expect(said).toMatch(/^success: true$/m);
    expect(said).toMatch(/^1\d\d\d records read, 1 set aside$/m);
    expect(said).toMatch(/^tickets: complete, /m);
    expect(said).not.toContain('coupons');
    expect(await count(db, 'auckland.tickets')).toBe(1499);
  },
  'http-client': (_, said) => {
    expect(said).toMatch(/^1 events$/m);
    expect(said).toMatch(/^1\d\d\d tickets that count as sold$/m);
    expect(said).toMatch(/^2 series, 40 coupons$/m);
    expect(said).toMatch(/^asking again cannot help: 404$/m);
    expect(said).toMatch(/^\d requests, 0 of them again$/m);
  },
  'database-transaction': async ({ db }, said) => {
    expect(said).toMatch(/^PostgreSQL \d+\S* is well, \d+ ms$/m);
    expect(said).toMatch(/^rolled back: something went wrong in between\n1 note changed\n1: KEPT$/m);
    expect(await db.query('select * from notes')).toEqual([{ id: 1, note: 'KEPT' }]);
  },
  'batch-processing': async ({ db }, said) => {
    expect(said).toMatch(/^25000 of 25000, \d+\/s, 0 s left$/m);
    expect(said).toMatch(/^25 batches completed, 0 failed, 1 tried again\n25000 items, success rate 1$/m);
    expect(await count(db, 'scans')).toBe(25_000);
  },
  logging: async ({ folder }) => {
    const lines = (await readFile(path.join(folder, 'logs/vivenu-ingest.log'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { level: 'info', logger: 'box-office', tickets: 1000, gate: 'north', msg: 'gate opened' },
      { level: 'warn', region: 'auckland', event: 'race', left: 12 },
      { level: 'error', region: 'auckland', msg: 'no answer' },
    ]);
    expect(lines.join('')).not.toContain(TOKEN);
  },
  configuration: (_, said) => {
    expect(said).toMatch(/^database: 127\.0\.0\.1\nbatches of 1000, 5 at once\nanswers within 30000 ms/m);
    expect(said).toMatch(/^auckland: schema auckland, all events, profile generic$/m);
    expect(said).toMatch(/^- BATCH_SIZE="0": expected a whole number from 1 to 1000$/m);
    expect(said).toMatch(/^- .*did you mean HTTP_RETRIES\?$/m);
    expect(said).toMatch(/^- .*did you mean EVENT_CONFIGS__auckland__event_id\?$/m);
    expect(said).not.toContain(TOKEN);
  },
  'advanced-monitoring': async ({ folder }, said) => {
    expect(said).toMatch(/^1\d\d\d rows in \d+(\.\d+)? ms, complete$/m);
    const log = await readFile(path.join(folder, 'logs/vivenu-ingest.log'), 'utf8');
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ended = lines.filter(({ msg }) => msg === 'operation ended');
    const operations = ended.map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(['tickets', 'whole_run', 'custom_operation']));
    for (const { ms, logger } of ended) expect([typeof ms, logger]).toEqual(['number', 'monitoring']);
    expect(ended.find(({ operation }) => operation === 'tickets')).toMatchObject({
      regions: ['auckland'],
      status: 'complete',
    });
    expect(ended.find(({ operation }) => operation === 'custom_operation')).toMatchObject({
      itemsProcessed: 1000,
    });
    expect(lines.filter(({ msg }) => msg === 'a record was set aside')).toMatchObject([
      { field: 'realPrice' },
    ]);
  },
  orchestrator: async ({ db }, said) => {
    expect(said).toMatch(/^tickets: vivenu counts 1500, stored 1499$/m);
    for (const step of ['events', 'tickets', 'coupon_series', 'coupons', 'summaries'])
      expect(said).toMatch(new RegExp(`^auckland ${step}: complete \\(`, 'm'));
    expect(said).toMatch(/^run \S+ took \d+ requests: complete$/m);
    expect(await count(db, 'vivenu.v_sales_summary')).toBeGreaterThan(0);
  },
  'migrating-from-python': async ({ db }, said) => {
    expect(said).toMatch(/^one region: complete\nall regions: complete\ntickets written again: 0$/m);
    expect(await count(db, 'auckland.tickets')).toBe(1499);
  },
  coupons: (_, said) => {
    expect(said).toMatch(/^10 codes were handed out$/m);
    expect(said).toMatch(/codes\.csv line 12 has the code of line 2 again$/m);
    expect(said).toMatch(/^success: true, \d+ records read$/m);
    const tracked = [...said.matchAll(/of \d+ used, (\d+) handed out$/gm)].map(([, codes]) => Number(codes));
    expect(tracked.reduce((sum, codes) => sum + codes)).toBe(10);
  },
};

beforeAll(async () => {
  const compiler = path.join(HERE, 'node_modules/typescript/bin/tsc');
  const { code, stdout } = await runNode([compiler, '-p', 'tsconfig.examples.json'], { folder: HERE });
  expect(stdout).toBe('');
  expect(code).toBe(0);
});

describe('the examples', () => {
  it('are all run here', () => {
    const names = readdirSync(path.join(HERE, 'examples')).map((file) => path.parse(file).name);
    expect(names.sort()).toEqual(Object.keys(EXAMPLES).sort());
  });

  it.each(Object.entries(EXAMPLES))('%s does what it says', async (name, check) => {
    await inPlace(async ({ run, ...place }) => {
      const { code, stdout, stderr } = await run(name);
      // With --debug everything is logged to stderr as well.
      expect(name === 'migrating-from-python' ? '' : stderr).toBe('');
      expect(code).toBe(0);
      await check(place, stdout);
    });
  });
});
