import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SyncEvent } from '../../src/observer.js';
import type { FaultName } from '../../src/simulator/simulator.js';
import { errorsOf, isCount, KEY, parameter, SECOND, streamOf, world, type World } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const PAGE = 100;

const pages = (here: World) =>
  here.simulator.log.filter((line) => line.path === '/api/tickets' && !isCount(line) && line.status === 200);

/** Vivenu goes down after some pages of tickets were stored, for so long. */
function goesDown(here: World, fault: FaultName, ms: number, after = 5) {
  const changes: string[] = [];
  let stored = 0;
  let at = 0;
  const watch = (event: SyncEvent) => {
    if (event.type === 'breaker') changes.push(event.state);
    if (event.type !== 'page' || event.stream !== 'tickets' || ++stored !== after) return;
    here.simulator.faults[fault] = 1;
    at = Date.now();
    if (Number.isFinite(ms)) setTimeout(() => (here.simulator.faults[fault] = 0), ms);
  };
  return { watch, changes, since: () => Date.now() - at };
}

describe('an outage', () => {
  it.each(['503', 'reset', 'hang'] as const)(
    'by %s that is shorter than HTTP_MAX_WAIT is waited out: the run is complete, and reads no page twice',
    async (fault) => {
      await using here = await world({
        tickets: 3000,
        top: { policy: 'clamp', max: PAGE },
        http: { retries: 5, maxWaitMs: 30 * SECOND, timeoutMs: fault === 'hang' ? 500 : 30 * SECOND },
      });
      const down = goesDown(here, fault, 8 * SECOND);
      const report = await here.complete({ watch: down.watch });
      await here.expectExact();
      expect(down.changes[0]).toBe('open');
      expect(down.changes.at(-1)).toBe('closed');
      const queries = pages(here).map(({ query }) => query);
      const twice = queries.length - new Set(queries).size;
      console.log(
        `complete ${down.since()} ms after ${fault} began; ${streamOf(report).retries} retries, ${twice} pages twice`,
      );
      expect(twice).toBeLessThanOrEqual(1);
    },
  );

  it('longer than HTTP_MAX_WAIT ends the run incomplete and in time, and the next one goes on where it was', async () => {
    await using here = await world({
      tickets: 3000,
      top: { policy: 'clamp', max: PAGE },
      http: { retries: 5, maxWaitMs: 4 * SECOND },
    });
    const down = goesDown(here, '503', Infinity);
    const report = await here.run({ watch: down.watch });
    expect(report.status).toBe('incomplete');
    expect(errorsOf(report).join()).toMatch(/gave up: vivenu is down for .* left of HTTP_MAX_WAIT/);
    // Coupons and series come after the tickets, and do not each wait anew.
    expect(down.since()).toBeLessThan(4 * SECOND + 16 * SECOND);
    here.simulator.faults['503'] = 0;
    const before = pages(here).length;
    expect(await here.stored()).not.toEqual([]);
    await here.complete();
    await here.expectExact();
    const created = pages(here).filter((line) => parameter(line, 'updatedAt[$lte]') === null);
    expect(before).toBeGreaterThanOrEqual(5);
    expect(created.length).toBeLessThanOrEqual(30 + 4);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)(
    'is no longer waited out after %s: the process ends at once with code %i',
    async (signal, code) => {
      await using here = await world({ tickets: 3000, top: { policy: 'clamp', max: PAGE } });
      await using command = await Command.run(here);
      await vi.waitFor(() => expect(pages(here).length).toBeGreaterThan(5), { timeout: 30_000, interval: 2 });
      here.simulator.faults['503'] = 1;
      await vi.waitFor(() => expect(command.output).toMatch(/waiting .* for vivenu to come back/), {
        timeout: 40_000,
      });
      const began = Date.now();
      command.signal(signal);
      expect(await command.ended, command.output).toBe(code);
      const took = Date.now() - began;
      console.log(`ended ${took} ms after ${signal}`);
      expect(took).toBeLessThan(2500);
      expect(command.output).toMatch(/interrupted/);
    },
  );
});

describe('large pages that always fail', () => {
  it('are read in small ones: no row is lost, and few requests are spent on learning it', async () => {
    await using here = await world({
      tickets: 5000,
      faults: { '503-large': 1 },
      http: { retries: 5, maxWaitMs: 6 * SECOND },
    });
    const requests = await here.requestsOf(() => here.complete(), '/tickets');
    await here.expectExact();
    const failed = requests.filter(({ status }) => status === 503).length;
    console.log(`${requests.length} requests for 5000 tickets in pages of 100, ${failed} failed`);
    expect(requests.length - failed).toBeLessThanOrEqual(1.1 * 50 + 20);
    expect(failed).toBeLessThanOrEqual(20);
    here.simulator.edit(KEY, 400);
    here.simulator.sell(KEY, 50);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });

  it('now and then lose no row either', async () => {
    await using here = await world({
      tickets: 4000,
      faults: { '503-large': 0.4 },
      http: { retries: 8, maxWaitMs: 20 * SECOND },
    });
    await here.complete();
    await here.expectExact();
    here.simulator.edit(KEY, 1500);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });
});

/** The command as a user starts it, in an empty folder. */
class Command implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  output = '';
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => (this.output += String(text)));
  }

  static async run(here: World): Promise<Command> {
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-outage-'));
    const env = {
      PATH: process.env['PATH'],
      DATABASE_URL: here.database.url,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: here.simulator.url,
      HTTP_REQUESTS_PER_HOUR: '1000000',
    };
    return new Command(spawn(process.execPath, [CLI, 'run'], { cwd: folder, env }), folder);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
