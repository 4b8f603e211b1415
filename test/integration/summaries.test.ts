import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadProfile, type Profile } from '../../src/profile/profile.js';
import { KEY, MINUTE, SECOND, world, type World } from './world.js';

const HYROX = loadProfile('hyrox');
const hyrox = (tickets = 600) =>
  world({
    sellers: [{ token: KEY, events: [{ id: 'race', tickets, underShops: 4 }], coupons: 40, series: 3 }],
    regions: [{ profile: HYROX, maxCapacity: 5000, priceTrigger: 400, locality: 'DE' }],
  });

const summary = (report: Awaited<ReturnType<World['run']>>) => report.regions[0]!.summaries;

/** Sold tickets by the rows themselves. */
async function soldRows(here: World, schema = 'auckland'): Promise<number> {
  const rows = await here.sql<{ status: string; deleted_at: Date | null }>(
    `select status, deleted_at from ${schema}.tickets`,
  );
  return rows.filter((row) => row.deleted_at === null && /^(VALID|DETAILSREQUIRED)$/.test(row.status)).length;
}

async function soldSummary(here: World, schema = 'auckland'): Promise<number> {
  const [row] = await here.sql<{ sold: number }>(
    `select coalesce(sum(total_count), 0)::int as sold from ${schema}.ticket_summary`,
  );
  return row!.sold;
}

const marks = (here: World) => here.sql(`select * from vivenu_ingest.changed_events`);

describe('the summaries of a region', () => {
  it('say after each run what its rows say, sales, cancellations and vanished rows included', async () => {
    await using here = await hyrox();
    const report = await here.complete();
    expect(summary(report)).toMatchObject({ status: 'complete', events: 1 });
    expect(await soldSummary(here)).toBe(await soldRows(here));
    expect(await marks(here)).toEqual([]);
    here.simulator.sell(KEY, 25);
    here.simulator.cancel(KEY, 9);
    here.simulator.remove(KEY, 5);
    here.simulator.advance(10 * SECOND);
    await here.complete({ full: true });
    expect(await soldSummary(here)).toBe(await soldRows(here));
  });

  it('are left alone by a run in which nothing changed', async () => {
    await using here = await hyrox();
    await here.complete();
    here.simulator.advance(5 * MINUTE);
    await here.complete();
    const written = await here.writesOf(
      () => here.complete({ only: ['tickets'] }),
      'auckland',
      'ticket_summary',
    );
    expect(written).toEqual({ inserted: 0, updated: 0, deleted: 0 });
  });

  it('of events that did not change are not worked out again', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'a', tickets: 100 },
            { id: 'b', tickets: 100 },
          ],
        },
      ],
    });
    await here.complete();
    here.simulator.advance(5 * MINUTE);
    await here.complete();
    const [edited] = here.simulator.edit(KEY, 1);
    here.simulator.advance(10 * SECOND);
    const report = await here.complete();
    const [row] = await here.sql<{ event_id: string }>(
      'select event_id from auckland.tickets where id = $1',
      [edited],
    );
    expect(row).toBeDefined();
    expect(summary(report)).toMatchObject({ events: 1 });
  });

  it('are made up for after an interruption between the rows and them', async () => {
    await using here = await hyrox();
    await here.interrupted(1);
    expect((await marks(here)).length).toBeGreaterThan(0);
    await here.complete();
    expect(await marks(here)).toEqual([]);
    expect(await soldSummary(here)).toBe(await soldRows(here));
  });

  it('that fail undo no row, and the report and the next run say so and mend it', async () => {
    await using here = await hyrox();
    await here.complete();
    await here.sql(
      `alter table auckland.ticket_summary add constraint broken check (total_count < 0) not valid`,
    );
    here.simulator.sell(KEY, 10);
    here.simulator.advance(10 * SECOND);
    const report = await here.run();
    expect(report.status).toBe('incomplete');
    expect(report.regions[0]!.streams.find(({ stream }) => stream === 'tickets')).toMatchObject({
      inserted: 10,
      proven: true,
      status: 'complete',
    });
    expect(summary(report)).toMatchObject({ status: 'failed' });
    expect(summary(report).error).toContain('broken');
    await here.sql(`alter table auckland.ticket_summary drop constraint broken`);
    await here.complete();
    expect(await soldSummary(here)).toBe(await soldRows(here));
  });

  it('follow a ticket that moves to another event', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'a', tickets: 60 },
            { id: 'b', tickets: 60 },
          ],
        },
      ],
    });
    await here.complete();
    // As if vivenu had said until now that they are of the other event.
    await here.sql(
      `update auckland.tickets set event_id = 'b', content_hash = '', updated_at = '2000-01-01'
       where id in (select id from auckland.tickets where event_id = 'a' limit 20)`,
    );
    await here.complete({ skipFetch: true });
    await here.complete({ full: true });
    const rows = await here.sql<{ event_id: string; same: boolean }>(
      `select event_id, sum(total_count) = (
         select count(*) from auckland.tickets
         where tickets.event_id = ticket_summary.event_id and status in ('VALID', 'DETAILSREQUIRED') and deleted_at is null) as same
       from auckland.ticket_summary group by event_id order by event_id`,
    );
    expect(rows).toEqual([
      { event_id: 'a', same: true },
      { event_id: 'b', same: true },
    ]);
  });

  it('are worked out anew for every event when a version defines them otherwise', async () => {
    await using here = await hyrox();
    await here.complete();
    const held = () =>
      Promise.all(
        ['ticket_summary', 'event_sales'].map((table) =>
          here.sql(`select * from auckland.${table} order by event_id, 1`),
        ),
      );
    const before = await held();
    await here.sql(
      `update auckland.ticket_summary set total_count = total_count + 1; drop table auckland.event_sales;
       update vivenu_ingest.regions set definitions = 'older'`,
    );
    await here.complete();
    expect(await held()).toEqual(before);
    const again = await here.complete();
    expect(again.regions[0]!.summaries.events).toBe(0);
  });

  it('note the sold counts of each group at each run', async () => {
    await using here = await hyrox();
    await here.complete();
    const points = () =>
      here.sql<{ ticket_group: string; counts: number[] }>(
        `select ticket_group, array_agg(total_count order by created_at, id) as counts
         from auckland.summary_report group by 1 order by 1`,
      );
    const before = await points();
    expect(before.map(({ ticket_group }) => ticket_group)).toEqual([
      'All_doubles',
      'All_relays',
      'All_singles',
      'Total_athletes',
      'spectators',
    ]);
    here.simulator.sell(KEY, 200);
    here.simulator.advance(10 * SECOND);
    await here.complete();
    const total = (await points()).find(({ ticket_group }) => ticket_group === 'Total_athletes')!;
    expect(total.counts).toHaveLength(2);
    expect(total.counts[1]).toBeGreaterThan(total.counts[0]!);
  });
});

describe('the age of a ticket holder', () => {
  it('is that on the day of the event where it takes place, and follows the event', async () => {
    await using here = await hyrox(200);
    await here.complete();
    const wrong = `
      select tickets.id from auckland.tickets join auckland.events on events.id = tickets.event_id
      where birthday is not null and age is distinct from
        extract(year from age((start_date at time zone coalesce(timezone, 'UTC'))::date, birthday))::int`;
    const [filled] = await here.sql<{ count: number }>(
      'select count(age)::int as count from auckland.tickets',
    );
    expect(filled!.count).toBeGreaterThan(50);
    expect(await here.sql(wrong)).toEqual([]);
    await here.sql(
      `update auckland.events set start_date = start_date + interval '10 years';
       insert into vivenu_ingest.changed_events select 'auckland', id from auckland.events`,
    );
    await here.complete({ skipFetch: true });
    expect(await here.sql(wrong)).toEqual([]);
  });
});

describe('a changed profile', () => {
  it('fills a new column and follows a changed rule from what is stored, without a request', async () => {
    await using here = await hyrox();
    await here.complete();
    here.configure({ profile: await shirtProfile() });
    const requests = await here.requestsOf(async () => {
      const report = await here.complete({ skipFetch: true });
      expect(report.skip_fetch).toBe(true);
    });
    expect(requests).toEqual([]);
    const [row] = await here.sql<{ wanted: number; filled: number; days: string[] }>(
      `select count(raw #>> '{extraFields,t_shirt_size}')::int as wanted, count(shirt)::int as filled,
         array_agg(distinct event_day) as days
       from auckland.tickets`,
    );
    expect(row!.wanted).toBeGreaterThan(0);
    expect(row!.filled).toBe(row!.wanted);
    expect(row!.days).toEqual(['DAY ONE', null]);
    const types = await here.sql(`select distinct event_day from auckland.ticket_types order by 1`);
    expect(types).toEqual([{ event_day: 'DAY ONE' }, { event_day: null }]);
    const days = await here.sql(
      `select distinct ticket_event_day as day from auckland.ticket_summary order by 1`,
    );
    expect(days).toEqual([{ day: 'DAY ONE' }, { day: null }]);
  });

  async function shirtProfile(): Promise<Profile> {
    const directory = await mkdtemp(path.join(tmpdir(), 'vivenu-profile-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(
      path.join(directory, 'own.yaml'),
      'extends: hyrox\nday:\n  - is: DAY ONE\n    any: [friday]\ncolumns:\n  shirt: { field: t_shirt_size }\n',
    );
    return loadProfile('own.yaml', directory);
  }
});

describe('the views', () => {
  it('are those of every region, and once over all of them', async () => {
    await using here = await world({
      regions: [{ region: 'auckland' }, { region: 'hong-kong', profile: HYROX }],
    });
    await here.complete();
    const [sum] = await here.sql<{ regions: string[]; sold: number }>(
      `select array_agg(distinct region order by region) as regions, sum(sold)::int as sold
       from vivenu.v_sales_summary where ticket_group in ('Total', 'Total_athletes', 'spectators')`,
    );
    expect(sum!.regions).toEqual(['auckland', 'hong-kong']);
    const [comment] = await here.sql<{ says: string }>(
      `select col_description('vivenu.v_sales_summary'::regclass, attnum) as says
       from pg_attribute where attrelid = 'vivenu.v_sales_summary'::regclass and attname = 'sold'`,
    );
    expect(comment!.says).not.toBe('');
  });

  it('come back with the next run when somebody drops a region that they unite', async () => {
    await using here = await world({ regions: [{ region: 'auckland' }, { region: 'berlin' }] });
    await here.complete();
    await here.sql('drop schema berlin cascade');
    here.configure({ region: 'auckland' });
    await here.complete();
    const rows = await here.sql('select distinct region from vivenu.v_sales_summary');
    expect(rows).toEqual([{ region: 'auckland' }]);
  });

  it('that a view of the user reads are changed only when that is out of the way, and no row is lost meanwhile', async () => {
    await using here = await world();
    await here.complete();
    await here.sql(
      `create view auckland.mine as select event_id, sold from auckland.v_sales_summary;
       alter view auckland.v_sales_summary rename column sold to sold_before;
       update vivenu_ingest.regions set definitions = 'older'`,
    );
    const blocked = await here.run();
    expect(blocked.regions[0]!.summaries.error).toContain('auckland.mine');
    expect(blocked.regions[0]!.streams.every(({ status }) => status !== 'failed')).toBe(true);
    await here.sql('drop view auckland.mine');
    await here.complete();
    await here.sql('select sold from auckland.v_sales_summary');
  });
});
