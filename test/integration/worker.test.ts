import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { FaultRates } from '../../src/simulator/simulator.js';
import { OwnServer } from './own-server.js';
import { documents, envelope, HMAC, post } from './server-world.js';
import { command, start } from './worker-world.js';
import { KEY, world, World } from './world.js';

const SECOND = 1000;

/** Keys of their own, a region each. */
async function keys(count: number, tickets: number, faults: FaultRates = {}): Promise<World> {
  const names = Array.from({ length: count }, (_, n) => `city${n}`);
  return await world({
    sellers: names.map((name) => ({ token: `key_of_${name}`, events: [{ id: `race_${name}`, tickets }] })),
    regions: names.map((region) => ({ region, schema: region, token: `key_of_${region}` })),
    top: { policy: 'clamp', max: 100 },
    faults,
    faultSettings: { slowMs: 500 },
  });
}

interface RunRow {
  run_id: string;
  region: string;
  status: string;
  started_at: Date;
  finished_at: Date;
}

const runsOf = (here: World) =>
  here.sql<RunRow>(
    `select run_id, jsonb_array_elements_text(options->'regions') as region, status, started_at, finished_at
     from vivenu_ingest.runs order by started_at`,
  );

/** Fails where two runs of a region lie over each other. */
function expectApart(runs: readonly RunRow[]): void {
  for (const one of runs)
    for (const other of runs)
      if (one.run_id !== other.run_id && one.region === other.region)
        expect(
          one.finished_at <= other.started_at || other.finished_at <= one.started_at,
          `runs ${one.run_id} and ${other.run_id} of ${one.region}`,
        ).toBe(true);
}

/** Waits until no job waits or is under way. */
async function idle(here: World, withinMs = 60 * SECOND): Promise<void> {
  await vi.waitFor(
    async () => {
      const open = await here.sql(
        `select name, state, data from vivenu_jobs.job where state <= 'active' and name in ('runs', 'deliveries', 'summaries')`,
      );
      expect(open).toEqual([]);
    },
    { timeout: withinMs, interval: 200 },
  );
}

describe('workers', () => {
  it('share the runs of many keys, each key once at a time, and every key is exact', async () => {
    await using here = await keys(12, 200);
    await using first = await start(here, ['worker', '--runs', '2']);
    await using second = await start(here, ['worker', '--runs', '2']);
    const sent = await command(here, ['jobs', 'send']);
    expect(sent.code).toBe(0);
    expect(sent.text.match(/^Sent: /gm)).toHaveLength(12);
    await idle(here);
    for (const { region, token } of here.config.events) await here.expectExact(region, null, token);
    const runs = await runsOf(here);
    expect(runs.map(({ status }) => status)).toEqual(Array(12).fill('complete'));
    expectApart(runs);
    const pids = await here.sql<{ pid: number }>(
      `select distinct (output->>'pid')::int as pid from vivenu_jobs.job where name = 'runs'`,
    );
    expect(pids.map(({ pid }) => pid).sort()).toEqual([first.pid, second.pid].sort());
    const listed = await command(here, ['jobs', 'list']);
    expect(listed.text).toContain(`process ${first.pid}`);
    expect(listed.text).toContain('Nothing is set aside.');
    expect(first.errors() + second.errors()).toBe('');
  });

  it('that are killed leave their runs to others, which go on within 30 s', async () => {
    await using here = await keys(3, 3000, { slow: 1 });
    const first = await start(here, ['worker', '--runs', '3']);
    await command(here, ['jobs', 'send']);
    await vi.waitFor(
      async () => {
        const [row] = await here.sql<{ n: number }>('select count(*)::int as n from city1.tickets');
        expect(row?.n).toBeGreaterThan(300);
      },
      { timeout: 20 * SECOND, interval: 20 },
    );
    await using second = await start(here, ['worker', '--runs', '3']);
    const killedAt = Date.now();
    await first.end('SIGKILL');
    await idle(here);
    const runs = await runsOf(here);
    const again = runs.filter(({ started_at }) => started_at.getTime() > killedAt);
    expect(again.length).toBeGreaterThan(0);
    for (const { started_at } of again) expect(started_at.getTime() - killedAt).toBeLessThan(30 * SECOND);
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['killed', 'complete']));
    expectApart(runs);
    for (const { region, token } of here.config.events) await here.expectExact(region, null, token);
    expect(second.text()).toContain('complete');
  });

  it('that are restarted one after the other lose nothing, and end within 5 s', async () => {
    await using here = await keys(2, 3000, { slow: 1 });
    const first = await start(here, ['worker']);
    await command(here, ['jobs', 'send']);
    await vi.waitFor(
      () => here.sql('select 1 from city1.tickets limit 1').then((rows) => expect(rows).toHaveLength(1)),
      {
        timeout: 20 * SECOND,
        interval: 20,
      },
    );
    await using second = await start(here, ['worker']);
    const began = performance.now();
    expect(await first.end('SIGTERM')).toBe(143);
    expect(performance.now() - began).toBeLessThan(5 * SECOND);
    await idle(here);
    const runs = await runsOf(here);
    expectApart(runs);
    expect(runs.map(({ status }) => status)).toContain('interrupted');
    for (const { region, token } of here.config.events) await here.expectExact(region, null, token);
    expect(await second.end('SIGINT')).toBe(130);
  });

  it('work off what `serve --workers` takes in, within a second, and the summaries after it', async () => {
    await using here = await world({ regions: [{ webhookKey: HMAC }], tickets: 50 });
    await here.complete();
    await using serves = await start(here, ['serve', '--workers']);
    const url = /http:\S+/.exec(serves.text())?.[0] ?? '';
    await using worker = await start(here, ['worker']);
    await sleep(SECOND);
    const tickets = await documents(here, here.simulator.sell(KEY, 100));
    for (const ticket of tickets) {
      expect(await post(url, envelope('ticket.created', { ticket }))).toBe(200);
      await sleep(20);
    }
    await vi.waitFor(() => here.expectExact(), { timeout: 5 * SECOND, interval: 50 });
    const [lag] = await here.sql<{ median: number }>(
      `select percentile_cont(0.5) within group (order by extract(epoch from processed_at - received_at))::float8 as median
       from vivenu_ingest.webhook_deliveries`,
    );
    expect(lag?.median).toBeLessThan(1);
    await idle(here);
    const [sold] = await here.sql<{ sold: number; counted: number }>(
      `select (select sum(total_count)::int from auckland.ticket_summary) as sold,
         (select count(*)::int from auckland.tickets where status in ('VALID', 'DETAILSREQUIRED')) as counted`,
    );
    expect(sold?.sold).toBe(sold?.counted);
    expect(worker.process.exitCode).toBeNull();
  });
});

describe('a database that stops', () => {
  it('costs workers a pause and no row', async () => {
    await using server = await OwnServer.start();
    const made = await keys(2, 3000);
    await made.database[Symbol.asyncDispose]();
    const here = new World(made.simulator, server, { ...made.config, database: server.config });
    await using worker = await start(here, ['worker']);
    await command(here, ['jobs', 'send']);
    await vi.waitFor(
      async () => expect(await here.sql('select 1 from city1.tickets limit 1')).toHaveLength(1),
      {
        timeout: 20 * SECOND,
        interval: 20,
      },
    );
    await server.stop();
    await sleep(5 * SECOND);
    await server.start();
    await idle(here);
    for (const { region, token } of here.config.events) await here.expectExact(region, null, token);
    expectApart(await runsOf(here));
    expect(await worker.end('SIGTERM')).toBe(143);
    await made.simulator.close();
  });
});

describe('a run that cannot be completed', () => {
  it('is tried again, and what is set aside is told and can be tried again', async () => {
    await using here = await keys(1, 100);
    here.configure({ region: 'city0', schema: 'city0', token: 'key_of_nobody' });
    await using worker = await start(here, ['worker']);
    await command(here, ['jobs', 'send']);
    const waiting = async () =>
      await here.sql<{ retry_count: number; retry_limit: number }>(
        `select retry_count, retry_limit from vivenu_jobs.job where name = 'runs' and state = 'retry'`,
      );
    await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { timeout: 10 * SECOND });
    // Its tries are used up early, so that the test need not wait for ten minutes.
    await here.sql(
      `update vivenu_jobs.job set retry_limit = 1, start_after = now() where name = 'runs' and state = 'retry'`,
    );
    await vi.waitFor(
      async () => {
        const { text } = await command(here, ['jobs', 'list']);
        expect(text).toContain('Set aside');
        expect(text).toMatch(/city0 failed: .*401/);
      },
      { timeout: 20 * SECOND, interval: SECOND },
    );
    await worker.end('SIGTERM');
    const unknown = await command(here, ['jobs', 'retry', '00000000-0000-0000-0000-000000000000']);
    expect(unknown).toMatchObject({
      code: 2,
      text: expect.stringContaining('nothing of this id is set aside') as string,
    });
    expect((await command(here, ['jobs', 'retry', '--all'])).text).toBe('Back in the queue: 1\n');
    here.configure({ region: 'city0', schema: 'city0', token: 'key_of_city0' });
    await using mended = await start(here, ['worker']);
    await idle(here);
    await here.expectExact('city0', null, 'key_of_city0');
    expect((await command(here, ['jobs', 'list'])).text).toContain('Nothing is set aside.');
    expect(mended.text()).toContain('city0 complete');
  });

  it('is cleared away by a later one that is complete; of a region that is not configured nothing is tried', async () => {
    await using here = await keys(1, 100);
    here.configure({ region: 'city0', schema: 'city0', token: 'key_of_nobody' });
    await using worker = await start(here, ['worker']);
    const dead = async () =>
      await here.sql<{ source_id: string }>(
        `select source_id from vivenu_jobs.job where name = 'dead' and state < 'active'`,
      );
    const setAside = async () => {
      await command(here, ['jobs', 'send']);
      await here.sql(`update vivenu_jobs.job set retry_limit = 0 where name = 'runs' and state < 'active'`);
      await vi.waitFor(
        async () => {
          await here.sql(
            `update vivenu_jobs.job set retry_limit = retry_count, start_after = now() where name = 'runs' and state = 'retry'`,
          );
          const open = await here.sql(
            `select 1 from vivenu_jobs.job where name = 'runs' and state <= 'active'`,
          );
          expect([open.length, (await dead()).length]).toEqual([0, 1]);
        },
        { timeout: 20 * SECOND, interval: 200 },
      );
      return (await dead())[0]?.source_id;
    };
    const first = await setAside();
    await here.sql(
      `insert into vivenu_ingest.webhook_deliveries (region, delivery_id, type, received_at, payload)
       values ('gone', 'd1', 'ticket.created', now(), '{}')`,
    );
    expect(await setAside()).not.toBe(first);
    await worker.end('SIGTERM');
    here.configure({ region: 'city0', schema: 'city0', token: 'key_of_city0' });
    await using mended = await start(here, ['worker']);
    await command(here, ['jobs', 'send']);
    await idle(here);
    expect(await dead()).toEqual([]);
    expect(mended.text()).toContain('city0 complete');
    expect(await here.sql(`select 1 from vivenu_jobs.job where name = 'deliveries'`)).toEqual([]);
  });
});
