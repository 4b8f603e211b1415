import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/definitions.js';
import { continueFigures, writeMetricsFile } from '../../src/metrics/file.js';
import { createMetrics } from '../../src/metrics/metrics.js';
import { pushMetrics } from '../../src/metrics/push.js';
import type { SyncEvent } from '../../src/observer.js';

const at = { keyId: 'abc', stream: 'tickets' };
const page = { type: 'page', rows: 10, inserted: 4, updated: 3, unchanged: 2, rejected: 1, ...at } as const;
const end = {
  type: 'run.end',
  runId: 'r1',
  status: 'incomplete',
  seconds: 7,
  regions: [
    { region: 'oslo', status: 'complete' },
    { region: 'rome', status: 'incomplete' },
  ],
} as const;

async function textAfter(...events: SyncEvent[]): Promise<string> {
  const metrics = createMetrics({ live: false });
  for (const event of events) metrics.observe(event);
  return await metrics.metricsText();
}

/** Value of a series, its labels in the order of the text. */
const valueOf = (text: string, series: string): number | null => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
};

describe('what the engine tells', () => {
  it('counts rows by stream and outcome', async () => {
    const text = await textAfter(
      { ...page, regions: ['oslo'] },
      { ...page, regions: ['oslo'] },
      { type: 'delete', region: 'oslo', stream: 'tickets', rows: 5 },
    );
    const rows = (outcome: string) =>
      valueOf(text, `vivenu_ingest_rows_total{region="oslo",stream="tickets",outcome="${outcome}"}`);
    expect(['inserted', 'updated', 'unchanged', 'rejected', 'deleted'].map(rows)).toEqual([8, 6, 4, 2, 5]);
    expect(valueOf(text, 'vivenu_ingest_errors_total{kind="record"}')).toBe(2);
    expect(valueOf(text, 'vivenu_ingest_rows_per_second{region="oslo",stream="tickets"}')).toBeGreaterThan(0);
  });

  it('counts requests by status class, and errors by kind', async () => {
    const request = (status: number, path = '/tickets'): SyncEvent => ({
      type: 'request',
      keyId: 'abc',
      method: 'GET',
      path,
      status,
      ms: 300,
      budgetLeft: 990,
    });
    const retry = (reason: string): SyncEvent => ({
      type: 'retry',
      keyId: 'abc',
      path: '/tickets',
      delayMs: 1,
      reason,
    });
    const text = await textAfter(
      ...[200, 204, 429, 408, 503, 401].map((status) => request(status)),
      request(200, '/events/65a1'),
      request(200, '/events/race'),
      retry('GET /tickets: 503 (vivenu: busy)'),
      retry('GET /tickets: 429'),
      retry('GET /tickets: 200 with a body that is cut off or not JSON (text/html, 10 characters)'),
      retry('GET /tickets: the answer has no array rows'),
      retry('GET /tickets: no whole answer within 30 s (HTTP_TIMEOUT)'),
      retry('GET /tickets: Connect Timeout Error (UND_ERR_CONNECT_TIMEOUT)'),
      retry('GET /tickets: other side closed (UND_ERR_SOCKET)'),
    );
    const requests = (status: string, path = '/tickets') =>
      valueOf(text, `vivenu_ingest_requests_total{path="${path}",status="${status}"}`);
    expect(['2xx', '4xx', '429', '5xx', 'none'].map((status) => requests(status))).toEqual([2, 2, 1, 1, 3]);
    expect(requests('2xx', '/events/:id')).toBe(2);
    const errors = (kind: string) => valueOf(text, `vivenu_ingest_errors_total{kind="${kind}"}`);
    expect(['refused', 'server', 'rate_limited', 'broken_answer', 'timeout', 'network'].map(errors)).toEqual([
      1, 1, 1, 2, 2, 1,
    ]);
    expect(valueOf(text, 'vivenu_ingest_retries_total{path="/tickets"}')).toBe(7);
    expect(valueOf(text, 'vivenu_ingest_budget_left{key_id="abc"}')).toBe(990);
    expect(valueOf(text, 'vivenu_ingest_request_duration_seconds_bucket{le="0.5",path="/tickets"}')).toBe(6);
  });

  it('adds up waits, and shows the breaker', async () => {
    const text = await textAfter(
      { type: 'wait', keyId: 'abc', ms: 1500, reason: 'budget' },
      { type: 'wait', keyId: 'abc', ms: 500, reason: 'budget' },
      { type: 'breaker', host: 'vivenu.com', state: 'open' },
      { type: 'breaker', host: 'other.example', state: 'half-open' },
      { type: 'write', keyId: 'abc', rows: 10, ms: 40 },
    );
    expect(valueOf(text, 'vivenu_ingest_wait_seconds_total{reason="budget"}')).toBe(2);
    expect(valueOf(text, 'vivenu_ingest_breaker_state{host="vivenu.com"}')).toBe(2);
    expect(valueOf(text, 'vivenu_ingest_breaker_state{host="other.example"}')).toBe(1);
    expect(valueOf(text, 'vivenu_ingest_page_write_duration_seconds_sum')).toBeCloseTo(0.04);
  });

  it('adds up how long PostgreSQL was away, what was run again, and what was slow', async () => {
    const text = await textAfter(
      { type: 'database.wait', ms: 1500, awayMs: 0, reason: 'refused' },
      { type: 'database.wait', ms: 500, awayMs: 1500, reason: 'refused' },
      { type: 'database.back', awayMs: 2000 },
      { type: 'database.retry', ms: 50, reason: 'deadlock' },
      { type: 'database.slow', ms: 2000, statement: 'select 1' },
    );
    expect(valueOf(text, 'vivenu_ingest_database_wait_seconds_total')).toBe(2);
    expect(valueOf(text, 'vivenu_ingest_database_retries_total')).toBe(1);
    expect(valueOf(text, 'vivenu_ingest_slow_statements_total')).toBe(1);
    expect(valueOf(text, 'vivenu_ingest_errors_total{kind="database"}')).toBe(1);
  });

  it('tells how the last run ended, as a whole and for each region', async () => {
    const text = await textAfter(
      { type: 'region.failed', region: 'rome', error: 'x' },
      { type: 'stream.end', status: 'incomplete', regions: ['rome'], ...at },
      { type: 'stream.end', status: 'interrupted', regions: ['rome'], ...at },
      { ...end, status: 'failed' },
      end,
    );
    const last = (status: string) => valueOf(text, `vivenu_ingest_last_run_status{status="${status}"}`);
    expect(['complete', 'incomplete', 'failed', 'interrupted'].map(last)).toEqual([0, 1, 0, 0]);
    const region = (name: string, status: string) =>
      valueOf(text, `vivenu_ingest_last_run_region_status{region="${name}",status="${status}"}`);
    expect([region('oslo', 'complete'), region('rome', 'complete'), region('rome', 'incomplete')]).toEqual([
      1, 0, 1,
    ]);
    expect(valueOf(text, 'vivenu_ingest_runs_total{status="failed"}')).toBe(1);
    expect(valueOf(text, 'vivenu_ingest_last_run_duration_seconds')).toBe(7);
    expect(valueOf(text, 'vivenu_ingest_last_run_timestamp_seconds')).toBeCloseTo(Date.now() / 1000, -1);
    expect(valueOf(text, 'vivenu_ingest_errors_total{kind="region"}')).toBe(1);
    expect(valueOf(text, 'vivenu_ingest_errors_total{kind="stream"}')).toBe(1);
  });
});

describe('how things stand', () => {
  const provenAt = new Date(Date.now() - 60_000);
  const standings = [
    { region: 'oslo', stream: 'tickets', provenAt, rejectsOpen: 3 },
    { region: 'rome', stream: 'tickets', provenAt: null, rejectsOpen: 0 },
  ];

  it('tells lag, proven time, rejects, connections and the process where it is scraped', async () => {
    const metrics = createMetrics({ live: true });
    metrics.note(standings);
    let open = 2;
    metrics.watch(() => ({ open: open++, idle: 1, waiting: 0 }));
    await metrics.metricsText();
    const text = await metrics.metricsText();
    expect(valueOf(text, 'vivenu_ingest_lag_seconds{region="oslo",stream="tickets"}')).toBeCloseTo(60, 0);
    expect(valueOf(text, 'vivenu_ingest_lag_seconds{region="rome",stream="tickets"}')).toBeNull();
    expect(valueOf(text, 'vivenu_ingest_rejects_open{region="oslo",stream="tickets"}')).toBe(3);
    expect(valueOf(text, 'vivenu_ingest_database_connections{state="open"}')).toBe(3);
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    metrics.note([]);
    expect(await metrics.metricsText()).not.toContain('region="oslo"');
  });

  it('leaves out what is wrong a moment later where it is left for later', async () => {
    const metrics = createMetrics({ live: false });
    metrics.note(standings);
    metrics.watch(() => ({ open: 1, idle: 1, waiting: 0 }));
    const text = await metrics.metricsText();
    expect(
      valueOf(text, 'vivenu_ingest_proven_timestamp_seconds{region="oslo",stream="tickets"}'),
    ).toBeCloseTo(provenAt.getTime() / 1000);
    // The collector has figures of its own under these names, and refuses a file that repeats them.
    expect(text).not.toMatch(/^(process_|nodejs_|vivenu_ingest_lag|vivenu_ingest_database_conn)/m);
    expect(valueOf(text, 'vivenu_ingest_peak_memory_bytes')).toBeGreaterThan(10_000_000);
  });

  it('says nothing of a run before there was one', async () => {
    const text = await createMetrics({ live: true }).metricsText();
    expect(text).not.toMatch(/^vivenu_ingest_last_run/m);
  });

  it('takes any name of a region', async () => {
    const text = await textAfter({ ...page, regions: ['a"b\\c\nd'] });
    expect(text).toContain('region="a\\"b\\\\c\\nd"');
    expect(continueFigures(text, text)).toContain(
      'region="a\\"b\\\\c\\nd",stream="tickets",outcome="inserted"} 8',
    );
  });
});

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function place(): { directory: string; file: string } {
  const directory = mkdtempSync(join(tmpdir(), 'vivenu-metrics-'));
  folders.push(directory);
  return { directory, file: join(directory, 'sub', 'vivenu.prom') };
}

describe('METRICS_FILE', () => {
  it('is written whole, readable for everybody, with nothing left beside it', async () => {
    const { file } = place();
    await writeMetricsFile(file, await textAfter(end));
    expect(readdirSync(join(file, '..'))).toEqual(['vivenu.prom']);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(valueOf(readFileSync(file, 'utf8'), 'vivenu_ingest_runs_total{status="incomplete"}')).toBe(1);
  });

  it('counts on from run to run, histograms too, and replaces gauges', async () => {
    const { file } = place();
    const write = (ms: number): SyncEvent => ({ type: 'write', keyId: 'abc', rows: 1, ms });
    await writeMetricsFile(file, await textAfter({ ...page, regions: ['oslo'] }, write(40), end));
    await writeMetricsFile(
      file,
      await textAfter({ ...page, regions: ['rome'] }, write(600), { ...end, seconds: 3 }),
    );
    await writeMetricsFile(file, await textAfter({ ...page, regions: ['oslo'] }, { ...end, seconds: 2 }));
    const text = readFileSync(file, 'utf8');
    const inserted = (region: string) =>
      valueOf(text, `vivenu_ingest_rows_total{region="${region}",stream="tickets",outcome="inserted"}`);
    expect([inserted('oslo'), inserted('rome')]).toEqual([8, 4]);
    expect(valueOf(text, 'vivenu_ingest_runs_total{status="incomplete"}')).toBe(3);
    const bucket = (le: string) =>
      valueOf(text, `vivenu_ingest_page_write_duration_seconds_bucket{le="${le}"}`);
    expect(['0.05', '0.5', '1', '+Inf'].map(bucket)).toEqual([1, 1, 2, 2]);
    expect(valueOf(text, 'vivenu_ingest_page_write_duration_seconds_sum')).toBeCloseTo(0.64);
    expect(valueOf(text, 'vivenu_ingest_last_run_duration_seconds')).toBe(2);
    expect(text.match(/^# TYPE vivenu_ingest_rows_total/gm)).toHaveLength(1);
  });

  it('keeps what a run could not tell, and nothing that it told otherwise', async () => {
    const { file } = place();
    const first = createMetrics({ live: false });
    const standing = { stream: 'tickets', provenAt: new Date(0), rejectsOpen: 2 };
    first.note([
      { region: 'oslo', ...standing },
      { region: 'rome', ...standing },
    ]);
    first.observe({ type: 'breaker', host: 'vivenu.com', state: 'open' });
    await writeMetricsFile(file, await first.metricsText());
    await writeMetricsFile(file, await textAfter({ ...end, status: 'failed', regions: [] }));
    let text = readFileSync(file, 'utf8');
    expect(valueOf(text, 'vivenu_ingest_rejects_open{region="rome",stream="tickets"}')).toBe(2);
    expect(valueOf(text, 'vivenu_ingest_proven_timestamp_seconds{region="oslo",stream="tickets"}')).toBe(0);
    expect(text).not.toContain('vivenu_ingest_breaker_state{');
    const second = createMetrics({ live: false });
    second.note([{ region: 'oslo', ...standing, rejectsOpen: 0 }]);
    await writeMetricsFile(file, await second.metricsText());
    text = readFileSync(file, 'utf8');
    expect(valueOf(text, 'vivenu_ingest_rejects_open{region="oslo",stream="tickets"}')).toBe(0);
    expect(valueOf(text, 'vivenu_ingest_rejects_open{region="rome",stream="tickets"}')).toBeNull();
  });

  it('begins anew over a file that holds something else', async () => {
    const { directory } = place();
    const file = join(directory, 'x.prom');
    for (const content of [
      '',
      'no figures',
      '# TYPE vivenu_ingest_runs_total counter\nvivenu_ingest_runs_total{status="complete"} many\n',
    ]) {
      writeFileSync(file, content);
      await writeMetricsFile(file, await textAfter({ ...end, status: 'complete' }));
      const value = valueOf(readFileSync(file, 'utf8'), 'vivenu_ingest_runs_total{status="complete"}');
      expect(value).toBe(1);
    }
  });
});

interface Received {
  method: string;
  url: string;
  authorization: string | undefined;
  body: string;
}

async function gateway(status: number, received: Received[] = []): Promise<{ server: Server; url: string }> {
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      received.push({ method, url, authorization: headers.authorization, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('METRICS_PUSH_URL', () => {
  it('receives the figures under the group of this programme, or one of its own, with its user', async () => {
    const received: Received[] = [];
    const { server, url } = await gateway(200, received);
    await pushMetrics(url, 'text\n', 'text/plain');
    await pushMetrics(`${url}/prefix/`, 'text\n', 'text/plain');
    await pushMetrics(
      `${url.replace('//', '//me:p%40ss@')}/metrics/job/other/region/oslo`,
      'text\n',
      'text/plain',
    );
    server.close();
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(received).toEqual([
      { method: 'POST', url: '/metrics/job/vivenu-ingest', authorization: undefined, body: 'text\n' },
      { method: 'POST', url: '/prefix/metrics/job/vivenu-ingest', authorization: undefined, body: 'text\n' },
      { method: 'POST', url: '/metrics/job/other/region/oslo', authorization: basic, body: 'text\n' },
    ]);
  });

  it('that refuses or is not there is named by its host, without its password', async () => {
    const { server, url } = await gateway(400);
    const address = url.replace('//', '//me:TOPSECRET@');
    await expect(pushMetrics(address, 'x', 'text/plain')).rejects.toThrow(/^127\.0\.0\.1:\d+: 400$/);
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
    const failure = await pushMetrics(address, 'x', 'text/plain').catch((error: unknown) => error as Error);
    expect(String(failure)).toMatch(/ECONNREFUSED/);
    expect(String(failure)).not.toContain('TOPSECRET');
  });
});

describe('the names', () => {
  it('follow the customs of Prometheus', () => {
    for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
      expect(name).toMatch(/^vivenu_ingest_[a-z_]+[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      for (const label of labels) expect(label).toMatch(/^[a-z_]+$/);
      expect(help).toMatch(/\.$/);
    }
  });
});
