import { describe, expect, it, vi } from 'vitest';
import { Client } from './dashboard-world.js';
import { serving } from './server-world.js';
import { command, start } from './worker-world.js';
import { KEY, world } from './world.js';
import type { Rejects, RunDetail, Runs } from '../../src/server/api/types.js';
import { DatabaseManager } from '../../src/load/database.js';
import { listRejects } from '../../src/load/set-aside.js';
import { trustOfAll } from '../../src/server/api/trust.js';
import { verdictOf } from '../../src/work/verdict.js';

const sellers = [
  { token: KEY, events: [{ id: 'race', tickets: 60, underShops: 0 }], odd: ['nul', 'text-price'] as const },
].map((seller) => ({ ...seller, odd: [...seller.odd] }));

describe('runs over the API', () => {
  it('are those of the books, page by page, with the proof of each', async () => {
    await using here = await world({ tickets: 40 });
    const report = await here.complete();
    for (let n = 0; n < 2; n++) await here.complete();
    await using server = await serving(here);
    const client = new Client(server.url);
    const { body } = await client.ask('/runs');
    const answer = body as unknown as Runs;
    expect(answer.runs).toHaveLength(3);
    expect(answer.running).toEqual([]);
    const first = answer.runs.at(-1);
    expect(first).toMatchObject({
      ...{ run_id: report.run_id, status: 'complete', says: 'complete', regions: ['auckland'] },
      proof: { api: 40, stored: 40, set_aside: 0 },
      requests: report.requests,
    });
    const detail = (await client.ask(`/runs/${report.run_id}`)).body as unknown as RunDetail;
    const tickets = detail.streams.find(({ stream }) => stream === 'tickets');
    expect(tickets).toMatchObject({
      proven: true,
      inserted: 40,
      says: '40 at vivenu, 40 stored, 0 set aside',
    });
    expect(answer.budget).toHaveLength(1);
    expect((await client.ask('/runs?before=nonsense')).status).toBe(400);
    expect((await client.ask('/runs/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('that were killed are told from those under way by the lock that is held', async () => {
    await using here = await world({ tickets: 5 });
    await here.complete();
    await here.sql(
      `insert into vivenu_ingest.runs (run_id, status, started_at, options)
       values (gen_random_uuid(), 'running', now(), '{"regions": ["auckland"]}')`,
    );
    await using server = await serving(here);
    await using db = await DatabaseManager.connect(here.config.database);
    const client = new Client(server.url);
    const ask = async () => (await client.ask('/runs')).body as unknown as Runs;
    const trust = async () => (await trustOfAll({ db, config: here.config })).get('auckland');
    expect((await ask()).runs[0]).toMatchObject({ status: 'killed' });
    expect(await trust()).toMatchObject({ state: 'interrupted', since: { word: 'last proven' } });
    await using lock = await db.tryLock(['run auckland']);
    expect(lock).not.toBeNull();
    expect((await ask()).runs[0]).toMatchObject({ status: 'running' });
    expect((await ask()).running).toHaveLength(1);
    expect(await trust()).toMatchObject({ state: 'reading' });
  });

  it('are begun for an operator without waiting for them, and not twice', async () => {
    await using here = await world({ tickets: 40 });
    await using server = await serving(here);
    const client = new Client(server.url);
    await client.ask('/session');
    const { body } = await client.post('/runs', { regions: null, full: false });
    expect(body).toEqual({ says: 'Begun: a run of auckland.' });
    await vi.waitFor(async () => {
      const { runs } = (await client.ask('/runs')).body as unknown as Runs;
      expect(runs[0]?.status).toBe('complete');
    }, 20_000);
    await here.expectExact();
    await using db = await DatabaseManager.connect(here.config.database);
    await using lock = await db.tryLock(['run auckland']);
    expect(lock).not.toBeNull();
    const again = await client.post('/runs', { regions: ['auckland'], full: true });
    expect(again).toMatchObject({
      status: 200,
      body: { says: 'A run of auckland is under way or waits already.' },
    });
    expect((await client.post('/runs', { regions: ['oslo'], full: true })).status).toBe(400);
  });
});

describe('what was set aside, over the API', () => {
  it('is what the command lists, and is tried again one by one or all together', async () => {
    await using here = await world({ sellers });
    await here.complete();
    await using server = await serving(here);
    await using db = await DatabaseManager.connect(here.config.database);
    const client = new Client(server.url);
    await client.ask('/session');
    const { rejects, total } = await listRejects(db, { regions: null, stream: null, closed: false }, 50);
    const list = (await client.ask('/rejects')).body as unknown as Rejects;
    expect(list.total).toBe(total);
    expect(list.rows.map((row) => [row.reject_id, row.field, row.reason])).toEqual(
      rejects.map((one) => [String(one.number), one.field, one.reason]),
    );
    expect(JSON.stringify(list)).not.toContain('@example');
    // As a newer version of this program would read it.
    const one = list.rows.find(({ field }) => field === 'realPrice');
    await here.sql(
      `update vivenu_ingest.rejected_records set record = jsonb_set(record::jsonb, '{realPrice}', '12.5')::json where reject_id = $1`,
      [one?.reject_id],
    );
    const retried = await client.post('/rejects/retry', { region: 'auckland', ids: [one?.reject_id] });
    expect(retried.body).toEqual({ stored: 1, still: 0, says: '1 stored' });
    const rest = await client.post('/rejects/retry', { region: null, ids: null });
    expect(rest.body).toMatchObject({ stored: 0, still: total - 1 });
    const trusts = await trustOfAll({ db, config: here.config });
    expect(trusts.get('auckland')).toMatchObject({ state: 'complete', set_aside: total - 1 });
    expect(verdictOf(trusts)).toMatchObject({ tone: 'ok' });
    await using lock = await db.tryLock(['run auckland']);
    expect(lock).not.toBeNull();
    const busy = await client.post('/rejects/retry', { region: null, ids: null });
    expect(busy).toMatchObject({ status: 200, body: { stored: 0 } });
    expect(busy.body['says']).toContain('a run is under way');
  });
});

describe('workers, over the API', () => {
  it('are given the runs, and what they set aside is put back as the command would', async () => {
    await using here = await world({ tickets: 40 });
    here.configure({ token: 'key_of_nobody' });
    await using worker = await start(here, ['worker']);
    await using server = await serving(here);
    const client = new Client(server.url);
    await client.ask('/session');
    const runs = async () => (await client.ask('/runs')).body as unknown as Runs;
    await vi.waitFor(async () => expect((await runs()).queue?.workers).toBe(1), 20_000);
    expect((await client.post('/runs', { regions: null, full: false })).body).toEqual({
      says: 'Sent to the workers: a run of auckland.',
    });
    // Its tries are used up early, so that the test need not wait for ten minutes.
    const dead = await vi.waitFor(
      async () => {
        await here.sql(
          `update vivenu_jobs.job set retry_limit = retry_count, start_after = now() where name = 'runs' and state = 'retry'`,
        );
        const [first] = (await runs()).dead;
        expect(first).toMatchObject({ queue: 'runs', regions: ['auckland'] });
        expect(first?.reason).toContain('401');
        return first;
      },
      { timeout: 30_000, interval: 300 },
    );
    await worker.end('SIGTERM');
    const again = async () => (await client.post('/jobs/retry', { ids: [dead?.id] })).body;
    expect(await again()).toEqual({ says: '1 back in the queue' });
    expect(await again()).toEqual({ says: 'nothing was set aside any more' });
    expect((await command(here, ['jobs', 'list'])).text).toContain('Nothing is set aside.');
    expect((await runs()).queue?.waiting).toBe(1);
  });
});
