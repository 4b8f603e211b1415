import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { BusyError } from '../../src/sync/choose.js';
import { FatalError, RetryableError, UsageError } from '../../src/errors.js';
import { CouponDataLoader } from '../../src/library/coupon-data-loader.js';
import { CouponProcessor } from '../../src/library/coupon-processor.js';
import { EventsTicketsIngester } from '../../src/library/events-tickets-ingester.js';
import { IngestOrchestrator } from '../../src/library/ingest-orchestrator.js';
import { loadProfile } from '../../src/profile/profile.js';
import { KEY, world, type World } from './world.js';

const request = (w: World, more: object = {}) => ({
  token: KEY,
  eventId: 'race',
  region: 'auckland',
  baseUrl: w.simulator.url,
  ...more,
});

describe('EventsTicketsIngester', () => {
  it('brings a region that is nowhere configured into a schema of its own, and leaves its coupons', async () => {
    await using w = await world({ tickets: 1200, regions: [] });
    const ingester = new EventsTicketsIngester(w.config);
    const result = await ingester.ingestData(request(w, { region: 'kiwi', schema: 'nz' }));
    expect(result).toMatchObject({ success: true, failed: 0, report: { status: 'complete' } });
    expect(result.processed).toBeGreaterThanOrEqual(1200);
    expect(result.steps.map(({ region, step, success }) => `${region} ${step} ${success}`)).toEqual([
      'kiwi events true',
      'kiwi ticket_types true',
      'kiwi under_shops true',
      'kiwi ticket_volumes true',
      'kiwi tickets true',
      'kiwi summaries true',
    ]);
    await w.expectExact('nz');
    const again = await ingester.ingestData(request(w, { region: 'kiwi', schema: 'nz' }));
    expect(again.report.regions[0]?.streams.find(({ stream }) => stream === 'tickets')?.mode).toBe(
      'incremental',
    );
  });

  it('keeps what the configuration says of the region, and its address and schema where none are given', async () => {
    const region = { schema: 'akl', profile: loadProfile('hyrox'), excludeFields: ['email'] };
    await using w = await world({ regions: [region, { region: 'berlin' }] });
    const ingester = new EventsTicketsIngester(w.config);
    const { success } = await ingester.ingestData({ token: KEY, eventId: '*', region: 'auckland' });
    expect(success).toBe(true);
    await w.expectExact('akl');
    const categories = await w.sql<{ category: string }>('select distinct category from akl.tickets');
    expect(categories.map(({ category }) => category)).toContain('double');
    expect(await w.sql(`select 1 from akl.tickets where raw ? 'email'`)).toEqual([]);
  });

  it('refuses what cannot work as the configuration would, every problem at once', async () => {
    await using w = await world({ regions: [{ region: 'berlin', schema: 'taken' }] });
    const ingester = new EventsTicketsIngester(w.config);
    const wrong = request(w, {
      token: 'with blank',
      eventId: 'a b',
      schema: 'pg_own',
      baseUrl: 'http://example.org/api',
    });
    const problems = await ingester
      .ingestData(wrong)
      .catch((error: unknown) => (error as UsageError).problems);
    expect(problems).toEqual([
      expect.stringMatching(/base_url: http would send the key unencrypted/),
      expect.stringMatching(/token: expected the API key without spaces/),
      expect.stringMatching(/event_id="a b": expected one event id/),
      expect.stringMatching(/schema_name="pg_own": .*reserved/),
    ]);
    await expect(ingester.ingestData(request(w, { schema: 'taken' }))).rejects.toThrow(
      'the region berlin has the schema taken',
    );
    await expect(ingester.ingestData(request(w, { region: 'new zealand' }))).rejects.toThrow(UsageError);
    expect(w.simulator.stats.requests).toBe(0);
  });

  it('reports a key that is refused as no success, and counts what is set aside as failed', async () => {
    await using w = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 50 }], odd: ['text-price', 'nul'] }],
    });
    const ingester = new EventsTicketsIngester(w.config);
    expect(await ingester.ingestData(request(w))).toMatchObject({ success: true, failed: 2 });
    const refused = await ingester.ingestData(request(w, { token: 'key_of_nobody' }));
    expect(refused).toMatchObject({ success: false, processed: 0, report: { status: 'failed' } });
    const [events] = refused.steps;
    expect(events).toMatchObject({ step: 'events', success: false });
    expect(events?.error).toContain('401');
  });
});

describe('IngestOrchestrator', () => {
  it('runs every region, and one that fails leaves the others to go on', async () => {
    const told: string[] = [];
    await using w = await world({ regions: [{}, { region: 'broken', token: 'key_of_nobody' }] });
    await using orchestrator = new IngestOrchestrator(w.config, { observe: ({ type }) => told.push(type) });
    const { success, steps } = await orchestrator.run();
    expect(success).toBe(false);
    const failed = steps.filter((step) => !step.success);
    expect(new Set(failed.map(({ region }) => region))).toEqual(new Set(['broken']));
    expect(failed[0]?.error).toContain('401');
    await w.expectExact();
    expect(told[0]).toBe('run.begin');
    expect(told.at(-1)).toBe('run.end');
    const one = await orchestrator.run({ regions: ['auckland'], only: ['tickets'] });
    expect(one).toMatchObject({ success: true, report: { regions: [{ region: 'auckland' }] } });
  });

  it('stops in good order when it is shut down: what was read is kept, and another one goes on from there', async () => {
    await using w = await world({ tickets: 8000, batch: { size: 200, maxWorkers: 2 } });
    let pages = 0;
    const first: IngestOrchestrator = new IngestOrchestrator(w.config, {
      observe: (event) => {
        if (event.type === 'page' && event.stream === 'tickets' && (pages += 1) === 5) void first.shutdown();
      },
    });
    const result = await first.run();
    expect(result).toMatchObject({ success: false, report: { status: 'interrupted' } });
    expect(result.steps.find(({ step }) => step === 'tickets')).toMatchObject({ status: 'interrupted' });
    const kept = (await w.stored()).length;
    expect(kept).toBeGreaterThanOrEqual(1000);
    expect(kept).toBeLessThan(8000);
    await expect(first.run()).rejects.toThrow(FatalError);
    const second = await new IngestOrchestrator(w.config).run();
    expect(second.success).toBe(true);
    expect(second.processed).toBeLessThan(8000);
    await w.expectExact();
  });

  it('settles its shutdown only when nothing runs any more, and gives up what hangs', async () => {
    await using w = await world();
    w.simulator.failNext('hang', 1, '/tickets');
    const orchestrator = new IngestOrchestrator(w.config);
    const running = orchestrator.run();
    await expect
      .poll(() => w.simulator.log.some(({ path }) => path === '/api/events'), { timeout: 20_000 })
      .toBe(true);
    const began = performance.now();
    await orchestrator.shutdown();
    expect(performance.now() - began).toBeLessThan(6000);
    expect((await running).report.status).toBe('interrupted');
  });

  it('stops for a signal as well, and begins nothing for one that is aborted', async () => {
    await using w = await world();
    const { report } = await new IngestOrchestrator(w.config, { signal: AbortSignal.abort() }).run();
    expect(report.status).toBe('interrupted');
    expect(w.simulator.stats.requests).toBe(0);
  });

  it('throws a BusyError while another run holds a region, and uses an open database without closing it', async () => {
    await using w = await world();
    await using db = await DatabaseManager.connect(w.database.config);
    const orchestrator = new IngestOrchestrator(w.config, { db });
    {
      await using lock = await db.tryLock(['run auckland']);
      expect(lock).not.toBeNull();
      await expect(orchestrator.run()).rejects.toThrow(BusyError);
    }
    expect((await orchestrator.run()).success).toBe(true);
    expect((await db.health()).ok).toBe(true);
  });

  it('throws for a database that is not there, and for a region that is not configured', async () => {
    await using w = await world();
    const nowhere = { ...w.config, database: { ...w.database.config, port: 1 } };
    const error: unknown = await new IngestOrchestrator(nowhere).run().catch((cause: unknown) => cause);
    expect(error instanceof FatalError || error instanceof RetryableError).toBe(true);
    await expect(new IngestOrchestrator(w.config).run({ regions: ['nowhere'] })).rejects.toThrow(UsageError);
  });
});

describe('the coupon pair', () => {
  it('reads coupons with their events, and nothing else', async () => {
    await using w = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 40 }], coupons: 30, series: 2 }],
    });
    const result = await new CouponProcessor(w.config).processCoupons();
    expect(result.success).toBe(true);
    expect(await w.stored('coupons')).toHaveLength(30);
    expect(await w.stored('tickets')).toEqual([]);
    const summary = await w.stored<{ total: number }>('coupon_usage_summary');
    expect(summary.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThan(0);
  });

  it('finds no codes for a region without a list, and refuses one that is not configured', async () => {
    await using w = await world();
    const loader = new CouponDataLoader(w.config);
    expect(await loader.loadCodes('auckland')).toEqual({ codes: [], problems: [] });
    await expect(loader.loadCodes('nowhere')).rejects.toThrow('configured are auckland');
  });
});
