import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import type { SyncEvent } from '../../src/observer.js';
import type { FaultName } from '../../src/simulator/simulator.js';
import { standingOfAll } from '../../src/sync/standing.js';
import { vivenuIngest } from './command-line.js';
import { KEY, world, type World } from './world.js';

interface Place extends AsyncDisposable {
  readonly file: string;
  readonly env: NodeJS.Dict<string>;
  /** Value of a series of the file. */
  value(series: string): Promise<number | null>;
}

async function place(here: World): Promise<Place> {
  const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-metrics-'));
  const file = path.join(directory, 'vivenu.prom');
  return {
    file,
    env: {
      DATABASE_URL: here.database.url,
      METRICS_FILE: file,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: here.simulator.url,
      HTTP_REQUESTS_PER_HOUR: '1000000',
    },
    value: async (series) => valueOf(await readFile(file, 'utf8'), series),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function valueOf(text: string, series: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

/** A port where nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const TICKETS = 'region="auckland",stream="tickets"';

describe('the figures of a run', () => {
  it('are left in METRICS_FILE and sent to METRICS_PUSH_URL, and count on with the next run', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 300 }], odd: ['text-price', 'no-id'] }],
    });
    await using at = await place(here);
    const bodies: string[] = [];
    const gateway = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const push = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const began = Date.now() / 1000;
    const first = await vivenuIngest(['run'], { ...at.env, METRICS_PUSH_URL: push });
    expect(first.code, first.stderr).toBe(0);
    const stored = (await here.stored()).length;
    expect(await at.value(`vivenu_ingest_rows_total{${TICKETS},outcome="inserted"}`)).toBe(stored);
    expect(await at.value(`vivenu_ingest_rejects_open{${TICKETS}}`)).toBe(2);
    expect(await at.value(`vivenu_ingest_proven_timestamp_seconds{${TICKETS}}`)).toBeGreaterThan(began);
    expect(await at.value('vivenu_ingest_last_run_status{status="complete"}')).toBe(1);
    expect(await at.value('vivenu_ingest_last_run_region_status{region="auckland",status="complete"}')).toBe(
      1,
    );
    expect(await at.value('vivenu_ingest_requests_total{path="/tickets",status="2xx"}')).toBeGreaterThan(0);
    expect(await at.value('vivenu_ingest_page_write_duration_seconds_count')).toBeGreaterThan(0);
    const lines = (text = '') => text.split('\n').filter((line) => line !== '');
    expect(lines(bodies[0])).toEqual(lines(await readFile(at.file, 'utf8')));

    const second = await vivenuIngest(['run'], { ...at.env, METRICS_PUSH_URL: push });
    gateway.close();
    expect(second.code, second.stderr).toBe(0);
    expect(await at.value(`vivenu_ingest_rows_total{${TICKETS},outcome="inserted"}`)).toBe(stored);
    expect(await at.value('vivenu_ingest_runs_total{status="complete"}')).toBe(2);
    expect(valueOf(bodies[1] ?? '', 'vivenu_ingest_runs_total{status="complete"}')).toBe(1);
  });

  it('that cannot be left anywhere are a warning, and the run ends as it would', async () => {
    await using here = await world({ tickets: 10 });
    await using at = await place(here);
    await writeFile(`${at.file}.d`, 'not a folder');
    const file = `${at.file}.d/vivenu.prom`;
    const env = {
      ...at.env,
      METRICS_FILE: file,
      METRICS_PUSH_URL: `http://me:TOPSECRET@127.0.0.1:${await closedPort()}`,
    };
    const ended = await vivenuIngest(['run', '--json'], env);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(`Warning: METRICS_FILE=${file}: EEXIST`);
    expect(ended.stderr).toMatch(/Warning: METRICS_PUSH_URL: 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    expect(ended.stderr).not.toContain('TOPSECRET');
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete' });
  });

  it('are left as they are by a dry run, a run that finds another one at work, and one of a region that is not there', async () => {
    await using here = await world({ tickets: 10 });
    await using at = await place(here);
    expect((await vivenuIngest(['run', '--dry-run'], at.env)).code).toBe(0);
    await using db = await DatabaseManager.connect(here.database.config);
    await using lock = await db.tryLock(['run auckland']);
    const busy = await vivenuIngest(['run'], at.env);
    expect(lock).not.toBeNull();
    expect([busy.code, (await vivenuIngest(['run', '--region', 'nowhere'], at.env)).code]).toEqual([3, 2]);
    expect(existsSync(at.file)).toBe(false);
  });

  it('of a run without a database say that it failed, and keep what the last one proved', async () => {
    await using here = await world({ tickets: 10 });
    await using at = await place(here);
    await vivenuIngest(['run'], at.env);
    const proven = await at.value(`vivenu_ingest_proven_timestamp_seconds{${TICKETS}}`);
    const away = await vivenuIngest(['run'], { ...at.env, DATABASE_URL: 'postgres://me:x@127.0.0.1:1/none' });
    expect(away.code).toBe(1);
    expect(await at.value('vivenu_ingest_last_run_status{status="failed"}')).toBe(1);
    expect(await at.value(`vivenu_ingest_proven_timestamp_seconds{${TICKETS}}`)).toBe(proven);
  });
});

describe('a process that lives on', () => {
  it('tells how every stream stands, from the database, and what is being read', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 50 }], coupons: 5, series: 1 }],
    });
    const metrics = createMetrics({ live: true });
    await here.complete({ watch: metrics.observe });
    await using db = await DatabaseManager.connect(here.database.config);
    metrics.note(await standingOfAll(db, here.config));
    const text = await metrics.metricsText();
    for (const stream of ['events', 'ticket_types', 'tickets', 'coupons'])
      expect(
        valueOf(text, `vivenu_ingest_lag_seconds{region="auckland",stream="${stream}"}`),
        stream,
      ).toBeLessThan(60);
    expect(valueOf(text, `vivenu_ingest_rows_per_second{${TICKETS}}`)).toBeGreaterThan(0);
    const [, left] = /^vivenu_ingest_budget_left\{key_id="[\da-f]{12}"\} (\d+)$/m.exec(text) ?? [];
    expect(Number(left)).toBeGreaterThan(0);
  });

  it('hears the kind of every fault', async () => {
    await using here = await world({
      tickets: 400,
      top: { policy: 'clamp', max: 20 },
      http: { timeoutMs: 400, retries: 10 },
    });
    const metrics = createMetrics({ live: false });
    const faults: FaultName[] = ['503', '429-none', 'hang', 'cut-json', 'no-total', 'reset'];
    // One between two pages: more in a row would open the breaker.
    const watch = (event: SyncEvent) => {
      metrics.observe(event);
      const next = event.type === 'page' && event.stream === 'tickets' ? faults.pop() : undefined;
      if (next !== undefined) here.simulator.failNext(next, 1, '/tickets');
    };
    await here.complete({ watch });
    const text = await metrics.metricsText();
    const errors = ['server', 'rate_limited', 'timeout', 'broken_answer', 'network'].map((kind) =>
      valueOf(text, `vivenu_ingest_errors_total{kind="${kind}"}`),
    );
    expect(errors).toEqual([1, 1, 1, 2, 1]);
    expect(valueOf(text, 'vivenu_ingest_requests_total{path="/tickets",status="none"}')).toBe(2);
  });
});

describe('an event', () => {
  it('of a request names it, its stream and its regions, and so do the retries of the same request', async () => {
    await using here = await world({ tickets: 100, top: { policy: 'clamp', max: 20 } });
    const events: SyncEvent[] = [];
    await here.complete({ watch: (event) => events.push(event) });
    const requests = events.filter((event) => event.type === 'request');
    expect(requests.length).toBeGreaterThan(5);
    for (const { request, stream, regions, path: asked } of requests) {
      expect(request).toMatch(/^q\d+$/);
      expect(regions).toEqual(['auckland']);
      if (asked === '/tickets') expect(stream).toBe('tickets');
    }
    expect(new Set(requests.map(({ request }) => request)).size).toBe(requests.length);
  });
});
