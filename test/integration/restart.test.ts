import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import type { SyncEvent } from '../../src/observer.js';
import { WHOLE_RUN } from '../../src/sync/context.js';
import type { Report } from '../../src/sync/report.js';
import { runIngest } from '../../src/sync/run.js';
import { OwnServer } from './own-server.js';
import { errorsOf, isCount, KEY, parameter, SECOND, world, World } from './world.js';

/** Of BATCH_MAX_WORKERS. */
const WORKERS = 5;
const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

interface Stage extends AsyncDisposable {
  readonly server: OwnServer;
  readonly here: World;
}

async function stage(): Promise<Stage> {
  const server = await OwnServer.start();
  const made = await world({ tickets: 3000, top: { policy: 'clamp', max: 100 } });
  await made.database[Symbol.asyncDispose]();
  return {
    server,
    here: new World(made.simulator, server, { ...made.config, database: server.config }),
    [Symbol.asyncDispose]: async () => {
      await made.simulator.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A real run, with what it and its database tell. */
async function run(here: World, watch: (event: SyncEvent) => void): Promise<Report> {
  const { signal } = new AbortController();
  await using db = await DatabaseManager.connect(here.database.config, { observe: watch });
  return await runIngest({ config: here.config, db, observe: watch, stop: signal, abort: signal }, WHOLE_RUN);
}

/** Calls back at the nth event of a type; of pages only those of tickets count. */
function at(type: SyncEvent['type'], nth: number, then: () => void): (event: SyncEvent) => void {
  let seen = 0;
  return (event) => {
    if (event.type !== type || (event.type === 'page' && event.stream !== 'tickets')) return;
    seen += 1;
    if (seen === nth) then();
  };
}

describe('PostgreSQL that ends in the middle of a run and is started again', () => {
  it.each([
    ['when the run has just begun', 'run.begin', 1, 0],
    ['while tickets are stored', 'page', 5, 0],
    ['while the last tickets are stored', 'page', 29, 0],
    ['before the proof is noted', 'proof', 1, 0],
    ['for ten seconds, while tickets are stored', 'page', 10, 10],
  ] as const)('%s, costs a pause and no row', async (_, type, nth, seconds) => {
    await using all = await stage();
    const { here, server } = all;
    const events: SyncEvent[] = [];
    let restarted: Promise<void> = Promise.resolve();
    const kill = at(type, nth, () => {
      restarted = (async () => {
        await server.stop();
        await sleep(seconds * SECOND);
        await server.start();
      })();
    });
    const report = await run(here, (event) => {
      events.push(event);
      kill(event);
    });
    await restarted;
    expect(errorsOf(report)).toEqual([]);
    expect(report.status).toBe('complete');
    await here.expectExact();
    expect(await here.stored()).toHaveLength(3000);
    expect(report.regions[0]?.streams.every(({ proven }) => proven)).toBe(true);

    const back = events.filter((event) => event.type === 'database.back');
    expect(back.length).toBeGreaterThan(0);
    expect(Math.max(...back.map(({ awayMs }) => awayMs))).toBeGreaterThanOrEqual(seconds * 900);

    // Nothing is left to do, and the books are in order.
    expect(await here.writesOf(() => here.complete())).toEqual({ inserted: 0, updated: 0, deleted: 0 });
    const books = await here.sql('select status from vivenu_ingest.runs where status <> $1', ['complete']);
    expect(books).toEqual([]);
    expect(await here.sql('select 1 from vivenu_ingest.cursors where read_id is not null')).toEqual([]);
  });

  it('again and again, costs pauses and no row', async () => {
    await using all = await stage();
    const { here, server } = all;
    let restarts = 0;
    let restarted = Promise.resolve();
    const report = await run(here, (event) => {
      if (event.type !== 'page' || event.stream !== 'tickets' || (restarts > 0 && Math.random() > 0.15))
        return;
      restarts += 1;
      restarted = restarted.then(() => server.stop()).then(() => server.start());
    });
    await restarted;
    expect(restarts).toBeGreaterThan(0);
    expect(errorsOf(report)).toEqual([]);
    await here.expectExact();
  });
});

describe('PostgreSQL that stays away', () => {
  it('longer than POSTGRES_MAX_WAIT, ends the command, and the next run goes on from there', async () => {
    await using all = await stage();
    const { here, server } = all;
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-away-'));
    const start = (maxWait: string) => {
      const env = {
        PATH: process.env['PATH'],
        DATABASE_URL: server.url,
        POSTGRES_MAX_WAIT: maxWait,
        EVENT_CONFIGS__auckland__token: KEY,
        EVENT_CONFIGS__auckland__event_id: '*',
        EVENT_CONFIGS__auckland__base_url: here.simulator.url,
        HTTP_REQUESTS_PER_HOUR: '1000000',
      };
      const child = spawn(process.execPath, [CLI, 'run'], { cwd: folder, env });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      return { child, output: () => output, ended: once(child, 'close').then(([code]) => code as number) };
    };
    const ticketPages = () => here.simulator.log.filter((line) => line.path === '/api/tickets').length;
    const pagesSeen = (count: number) =>
      vi.waitFor(() => expect(ticketPages()).toBeGreaterThan(count), { timeout: 20_000, interval: 2 });

    const first = start('1');
    await pagesSeen(8);
    await server.stop();
    expect(await first.ended, first.output()).toBe(1);
    expect(first.output()).toMatch(/PostgreSQL: .*trying again in/);
    expect(first.output()).toContain('POSTGRES_MAX_WAIT is 1 s');
    await server.start();
    expect((await here.stored()).length).toBeGreaterThan(0);

    const seen = ticketPages();
    const second = start('120');
    await pagesSeen(seen + 6);
    await server.stop();
    await sleep(1500);
    const began = performance.now();
    second.child.kill('SIGTERM');
    expect(await second.ended, second.output()).toBe(143);
    expect(performance.now() - began).toBeLessThan(5000);
    await server.start();

    const third = start('120');
    expect(await third.ended, third.output()).toBe(0);
    await here.expectExact();
    // Thirty pages of tickets, and those in flight when a run ended.
    const pages = here.simulator.log.filter(
      (line) => line.path === '/api/tickets' && !isCount(line) && parameter(line, 'updatedAt[$lte]') === null,
    );
    expect(pages.length).toBeLessThanOrEqual(30 + 2 * WORKERS);
    await rm(folder, { recursive: true, force: true });
  });
});
