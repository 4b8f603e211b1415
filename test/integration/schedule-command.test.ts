import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import { vivenuIngest } from './command-line.js';
import { ran, runsOf } from './schedule-world.js';
import { KEY, MINUTE, SECOND, world, type World } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const FAST_CLOCK = path.join(import.meta.dirname, 'fast-clock.mjs');

const variables = (here: World, more: NodeJS.Dict<string> = {}) => ({
  PATH: process.env['PATH'],
  ENABLE_FILE_LOGGING: 'false',
  DATABASE_URL: here.database.url,
  SERVE_PORT: '0',
  HTTP_REQUESTS_PER_HOUR: '1000000',
  EVENT_CONFIGS__auckland__token: KEY,
  EVENT_CONFIGS__auckland__event_id: '*',
  EVENT_CONFIGS__auckland__base_url: here.simulator.url,
  ...more,
});

/** The real `serve`, in a process of its own. */
class Serve implements AsyncDisposable {
  output = '';
  readonly process: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(here: World, more: NodeJS.Dict<string> = {}) {
    const args = more['CLOCK_SPEED'] === undefined ? [] : ['--import', FAST_CLOCK];
    this.process = spawn(process.execPath, [...args, CLI, 'serve'], {
      cwd: tmpdir(),
      env: variables(here, more),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (part: string) => (this.output += part));
    this.#ended = once(this.process, 'exit');
  }

  async says(what: RegExp): Promise<void> {
    await vi.waitFor(() => expect(this.output).toMatch(what), { timeout: 30 * SECOND, interval: 20 });
  }

  /** Returns the exit code and the milliseconds until then. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }> {
    const began = performance.now();
    this.process.kill(signal);
    await this.#ended;
    return { code: this.process.exitCode, ms: performance.now() - began };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#ended;
  }
}

describe('serve', () => {
  it('runs at once what never ran, says in a line what came of it, and tells the chat', async () => {
    await using here = await world({ tickets: 40 });
    const posts: string[] = [];
    const chat = createServer((request, response) => {
      void text(request).then((body) => {
        posts.push(body);
        response.end('ok');
      });
    });
    chat.listen(0, '127.0.0.1');
    await once(chat, 'listening');
    const { port } = chat.address() as AddressInfo;
    await using serve = new Serve(here, {
      SCHEDULE: 'TZ=Europe/Berlin 0 4 * * *',
      REPORT_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    });
    await serve.says(/^Next runs: auckland now$/m);
    await serve.says(/^\d\d:\d\d:\d\d auckland complete, \d+ new, proven, \d+ requests, \d+\.\d s$/m);
    await here.expectExact();
    await vi.waitFor(() => expect(posts).toHaveLength(1), 20 * SECOND);
    const url = /http:\S+/.exec(serve.output)?.[0] ?? '';
    await vi.waitFor(
      async () => {
        const figures = await (await fetch(`${url}/metrics`)).text();
        const [, next] =
          /^vivenu_ingest_next_run_timestamp_seconds\{region="auckland"\} (\S+)$/m.exec(figures) ?? [];
        expect(Number(next) * SECOND).toBeGreaterThan(Date.now());
      },
      { timeout: 10 * SECOND, interval: 500 },
    );
    const { stdout } = await vivenuIngest(
      ['status'],
      variables(here, { SCHEDULE: 'TZ=Europe/Berlin 0 4 * * *' }),
    );
    expect(stdout).toMatch(/^ {2}next run: in \d+ (min|h|s)$/m);
    expect(await serve.end('SIGTERM')).toMatchObject({ code: 143 });
    chat.close();
    chat.closeAllConnections();
  });

  it('runs nothing by itself without a schedule, and says so', async () => {
    await using here = await world({ tickets: 5 });
    await using serve = new Serve(here, {
      SCHEDULE: '* * * * *',
      EVENT_CONFIGS__auckland__schedule: 'none',
    });
    await serve.says(/^No schedule is set \(SCHEDULE\): nothing is run but what you run yourself\.$/m);
    expect(await runsOf(here)).toEqual([]);
  });

  it('that is told to end inside of a run ends within 5 s, and the next one goes on at once', async () => {
    await using here = await world({ tickets: 3000 });
    const slowly = { SCHEDULE: '0 4 * * *', BATCH_SIZE: '50', BATCH_MAX_WORKERS: '1' };
    await using first = new Serve(here, slowly);
    await vi.waitFor(async () => expect((await here.stored()).length).toBeGreaterThan(200), {
      timeout: 30 * SECOND,
      interval: 20,
    });
    const { code, ms } = await first.end('SIGTERM');
    expect(code).toBe(143);
    expect(ms).toBeLessThan(5 * SECOND);
    expect(await runsOf(here)).toMatchObject([{ status: 'interrupted' }]);
    const kept = (await here.stored()).length;
    await using second = new Serve(here, slowly);
    await second.says(/auckland complete/);
    await here.expectExact();
    const [, run] = await ran(here, 2);
    expect(run).toMatchObject({ status: 'complete' });
    const [{ fetched } = { fetched: 0 }] = await here.sql<{ fetched: number }>(
      `select fetched::int from vivenu_ingest.run_streams where stream = 'tickets' order by finished_at desc limit 1`,
    );
    expect(fetched).toBeLessThanOrEqual(3000 - kept + 200);
  });

  it(
    'in two processes, of which one is killed, serves each minute once',
    { timeout: 3 * MINUTE },
    async () => {
      await using here = await world({ tickets: 40 });
      const minutes = { SCHEDULE: '* * * * *', CLOCK_SINCE: String(Date.now()), CLOCK_SPEED: '8' };
      await using one = new Serve(here, minutes);
      await using two = new Serve(here, minutes);
      await one.says(/Next runs/);
      await two.says(/Next runs/);
      await ran(here, 2);
      await vi.waitFor(
        async () => expect((await runsOf(here)).length).toBeGreaterThanOrEqual(4),
        40 * SECOND,
      );
      await one.end('SIGKILL');
      await vi.waitFor(
        async () => expect((await runsOf(here)).length).toBeGreaterThanOrEqual(7),
        60 * SECOND,
      );
      expect(await two.end('SIGTERM')).toMatchObject({ code: 143 });
      const served = (await runsOf(here))
        .filter(({ status }) => status === 'complete')
        .map(({ due }) => Math.floor(Date.parse(due ?? '') / MINUTE));
      // The first run is due at once, in a minute that another one may serve as well.
      const ticks = served.slice(1).sort((a, b) => a - b);
      expect(new Set(ticks).size).toBe(ticks.length);
      // A minute may pass while the only process that is left comes to the end of the one before.
      for (const [index, tick] of ticks.slice(1).entries())
        expect(tick - ticks[index]!).toBeLessThanOrEqual(2);
      await here.expectExact();
    },
  );
});

describe('check', () => {
  it('says what the schedules of a key cost, and warns where they do not fit into its budget', async () => {
    await using here = await world({ tickets: 5 });
    const env = variables(here, {
      SCHEDULE: '*/15 * * * *',
      FULL_SCHEDULE: 'TZ=Europe/Berlin 0 4 * * 0',
      HTTP_REQUESTS_PER_HOUR: '100',
    });
    const fits = await vivenuIngest(['check'], env);
    expect(fits.stdout).toMatch(
      /^ok\s+auckland\s+schedule\s+runs \*\/15 \* \* \* \* \(UTC\), full TZ=Europe\/Berlin 0 4 \* \* 0; its key at most 4 times an hour with 5 requests each when nothing changes, 20 of 100$/m,
    );
    const launch = { ...env, EVENT_CONFIGS__auckland__launch: '2999-12-01T10:00/PT4H' };
    const over = await vivenuIngest(['check'], launch);
    expect(over.stdout).toMatch(
      /^warn\s+auckland\s+schedule\s+.*launches 2999-12-01 10:00 to 2999-12-01 14:00 UTC; .* 60 times .* 300 of 100: runs will wait.*Mend: run it less often/m,
    );
    expect(over.code).toBe(0);
    await here.complete();
    await here.complete();
    const measured = await vivenuIngest(['check'], env);
    expect(measured.stdout).toMatch(/with 5 requests each/);
  });
});
