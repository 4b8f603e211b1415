import readWorkbook from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import type { Overview, Person, Quality, Rows } from '../../src/server/api/types.js';
import { Client, withPasswords } from './dashboard-world.js';
import { serving } from './server-world.js';
import { DatabaseManager } from '../../src/load/database.js';
import { loadProfile } from '../../src/profile/profile.js';
import { choosePlaces } from '../../src/sync/erase-places.js';
import { erasePersons } from '../../src/sync/erase.js';
import { world, type World } from './world.js';

const scene = async (): Promise<World> => {
  const here = await world({
    sellers: [
      { token: 'a', events: [{ id: 'race', tickets: 600, underShops: 4 }] },
      { token: 'b', events: [{ id: 'far', tickets: 50 }] },
    ],
    regions: [
      { token: 'a', profile: loadProfile('hyrox') },
      { region: 'berlin', token: 'b' },
    ],
  });
  await here.complete();
  return here;
};

const get = async <T>(url: string, path: string): Promise<T> => {
  const { status, body } = await new Client(url).ask(path);
  expect([status, body.error]).toEqual([200, undefined]);
  return body as unknown as T;
};

/** All pages of an answer; between two of them, something may happen. */
async function pagesOf<T extends { readonly rows: readonly unknown[]; readonly next: string | null }>(
  url: string,
  path: string,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<T[]> {
  const pages: T[] = [];
  for (let after = ''; ;) {
    const page = await get<T>(url, `${path}${path.includes('?') ? '&' : '?'}${after}`);
    pages.push(page);
    if (page.next === null) return pages;
    expect(page.rows).toHaveLength(100);
    after = `after=${page.next}`;
    await between();
  }
}

/** All rows of a report. */
async function allRows(url: string, path: string): Promise<Rows['rows']> {
  const pages = await pagesOf<Rows>(url, path);
  const rows = pages.flatMap((page) => page.rows);
  for (const { total } of pages) expect(total).toBe(rows.length);
  return rows;
}

describe('the rows behind a figure', () => {
  it('are those of the view, each once, by pages and as csv', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const rows = await allRows(server.url, '/rows/sales-daily?region=auckland&event=race&sort=-sold');
    const expected = await here.sql<{ sold: number }>(
      `select sold from auckland.v_sales_daily where event_id = 'race' order by sold desc`,
    );
    expect(rows.length).toBeGreaterThan(100);
    const { columns } = await get<Rows>(server.url, '/rows/sales-daily');
    const sold = columns.findIndex(({ name }) => name === 'sold');
    expect(rows.map((row) => row[sold])).toEqual(expected.map((row) => row.sold));
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length);
    const csv = await fetch(`${server.url}/api/v1/rows/sales-daily.csv?region=auckland&event=race`);
    expect(csv.headers.get('content-disposition')).toMatch(
      /filename="sales-daily-auckland-race-[\d-]+\.csv"/,
    );
    const lines = (await csv.text()).trimEnd().split('\r\n');
    expect(lines[0]).toBe(columns.map(({ name }) => name).join(','));
    expect(lines).toHaveLength(rows.length + 1);
    const total = (all: readonly (string | number | undefined)[]) =>
      all.reduce<number>((sum, one) => sum + Number(one), 0);
    expect(total(lines.slice(1).map((line) => line.split(',')[sold]))).toBe(
      total(expected.map((row) => row.sold)),
    );
  });

  it('are a workbook as well, with what they are and a formula as text', async () => {
    await using here = await scene();
    await here.sql(`update auckland.events set name = '=HYPERLINK("http://elsewhere")'`);
    await using server = await serving(here);
    const answer = await fetch(`${server.url}/api/v1/rows/sales-summary.xlsx?region=auckland`);
    expect(answer.status).toBe(200);
    const sheets = await readWorkbook(Buffer.from(await answer.arrayBuffer()));
    expect(sheets.map(({ sheet }) => sheet)).toEqual(['Contents', 'Sales summary']);
    const [head, ...rows] = sheets[1]!.data;
    const expected = await here.sql('select * from auckland.v_sales_summary');
    expect(head).toContain('ticket_group');
    expect(rows).toHaveLength(expected.length);
    const name = head!.indexOf('event_name');
    expect(rows.map((row) => row[name])).toEqual(rows.map(() => '=HYPERLINK("http://elsewhere")'));
    const csv = await fetch(`${server.url}/api/v1/rows/sales-summary.csv?region=auckland`);
    expect(await csv.text()).toContain(`"'=HYPERLINK(""http://elsewhere"")"`);
  });

  it('are each told once while others are sold', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const before = await here.sql<{ ticket_id: string }>('select ticket_id from auckland.v_data_quality');
    const path = '/rows/data-quality?region=auckland&sort=-created_at';
    const pages = await pagesOf<Rows>(server.url, path, async () => {
      here.simulator.sell('a', 30);
      await here.complete();
    });
    const rows = pages.flatMap((page) => page.rows.map((row) => row.join()));
    expect(pages.length).toBeGreaterThan(3);
    expect(new Set(rows).size).toBe(rows.length);
    const id = pages[0]!.columns.findIndex(({ name }) => name === 'ticket_id');
    const told = pages.flatMap((page) => page.rows.map((row) => row[id]));
    expect(before.filter(({ ticket_id: one }) => !told.includes(one))).toEqual([]);
    expect((await new Client(server.url).ask(`${path}&after=${pages[0]!.next!.slice(4)}`)).status).toBe(400);
  });

  it('are told by the clock of their event', async () => {
    await using here = await scene();
    await here.sql(`update auckland.events set zone = 'Pacific/Auckland'`);
    await here.sql(`update berlin.events set zone = 'Europe/Berlin'`);
    await using server = await serving(here);
    const { rows, zones } = await get<Rows>(server.url, '/rows/sales-summary');
    expect(new Set(rows.map(([region], n) => `${String(region)} ${zones[n] ?? ''}`))).toEqual(
      new Set(['auckland Pacific/Auckland', 'berlin Europe/Berlin']),
    );
    const coupons = await get<Rows>(server.url, '/rows/coupon-usage');
    expect(coupons.zones).toEqual(coupons.rows.map(() => null));
  });

  it('of a region without the view are missed aloud', async () => {
    await using here = await scene();
    await here.sql('drop view berlin.v_sales_summary cascade; drop table berlin.event_sales');
    await using server = await serving(here);
    const answer = await get<Rows>(server.url, '/rows/sales-summary');
    expect(answer.missing).toEqual(['berlin']);
    expect(answer.trust_says).toContain('Without berlin, where this is not there yet: a run makes it.');
    const csv = await fetch(`${server.url}/api/v1/rows/sales-summary.csv`);
    expect(csv.headers.get('content-disposition')).toContain('sales-summary-without_berlin-');
    await csv.text();
    const seen = await get<Overview>(server.url, '/overview');
    expect(seen.verdict).toMatchObject({ tone: 'warn', region: 'berlin' });
    expect(seen.totals.at_least).toBe(true);
    expect(seen.regions[0]).toMatchObject({ region: 'berlin', trust: { state: 'incomplete' } });
  });

  it('of a region that an older version summed up are missed aloud until the next run', async () => {
    await using here = await scene();
    const before = await here.sql('select * from berlin.event_sales');
    expect(before.length).toBeGreaterThan(0);
    await here.sql(`truncate berlin.event_sales; update vivenu_ingest.regions set definitions = 'older'`);
    const seen = async () => {
      await using server = await serving(here);
      return await get<Overview>(server.url, '/overview');
    };
    expect((await seen()).verdict).toMatchObject({ tone: 'warn', region: 'berlin' });
    await here.complete();
    expect(await here.sql('select * from berlin.event_sales')).toEqual(before);
    expect((await seen()).totals.at_least).toBe(false);
  });

  it('can be filtered by every cell that is shown', async () => {
    await using here = await scene();
    await using server = await serving(here);
    for (const report of [
      'data-quality',
      'sales-hourly',
      'sales-summary',
      'sales-growth',
      'coupon-usage',
      'addons',
    ]) {
      const { columns, rows } = await get<Rows>(server.url, `/rows/${report}`);
      const [row] = rows;
      if (row === undefined) continue;
      for (const [n, { name }] of columns.entries()) {
        const filter = new URLSearchParams({ [name]: String(row[n] ?? '') });
        const found = await get<Rows>(server.url, `/rows/${report}?${filter.toString()}`);
        expect(found.rows.length, `${report} by ${name} ${row[n]}`).toBeGreaterThan(0);
        for (const one of found.rows) expect(one[n]).toEqual(row[n]);
      }
    }
  });

  it('are filtered by any column, and one that is not there is named with the nearest', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const rows = await allRows(server.url, '/rows/sales-summary?ticket_group=All_doubles');
    expect(rows).toHaveLength(1);
    const refused = async (path: string) => {
      const { status, body } = await new Client(server.url).ask(path);
      return [status, body.error];
    };
    expect(await refused('/rows/sales-summary?ticket_grup=x')).toEqual([
      400,
      'ticket_grup: the report has no such column; did you mean ticket_group?',
    ]);
    expect((await refused('/rows/sales-sumary'))[1]).toContain('did you mean sales-summary?');
    expect((await refused('/rows/tickets-sold'))[0]).toBe(403);
    expect((await refused(`/rows/sales-summary?ticket_group=${encodeURIComponent("x' or '1'='1")}`))[0]).toBe(
      200,
    );
    expect(
      await allRows(server.url, `/rows/sales-summary?ticket_group=${encodeURIComponent("x' or '1'='1")}`),
    ).toEqual([]);
  });
});

describe('data quality', () => {
  it('counts tickets as the view does, and names nobody', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const all = await get<Quality>(server.url, '/quality');
    const rows = await here.sql<{ problem: string; ticket_id: string }>(
      `select problem, ticket_id from auckland.v_data_quality union all select problem, ticket_id from berlin.v_data_quality`,
    );
    expect(all.tickets).toBe(new Set(rows.map(({ ticket_id }) => ticket_id)).size);
    for (const { problem, tickets } of all.kinds)
      expect(tickets).toBe(
        new Set(rows.filter((row) => row.problem === problem).map((row) => row.ticket_id)).size,
      );
    const [{ problem } = { problem: '' }] = all.kinds;
    const one = await get<Quality>(server.url, `/quality?region=auckland&problem=${problem}`);
    expect(new Set(one.rows.map((row) => row.problem))).toEqual(new Set([problem]));
    expect(one.kinds.length).toBeGreaterThan(1);
    const people = await here.sql<{ email: string }>(
      'select email from auckland.tickets where email is not null',
    );
    expect(people.length).toBeGreaterThan(0);
    for (const { email } of people) expect(JSON.stringify(all)).not.toContain(email);
  });

  it('tells each ticket once, by the event that begins next, and finds it by how an id begins', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const pages = await pagesOf<Quality>(server.url, '/quality');
    const rows = pages.flatMap((page) => page.rows);
    const view = await here.sql(
      `select 1 from auckland.v_data_quality union all select 1 from berlin.v_data_quality`,
    );
    expect(rows).toHaveLength(view.length);
    expect(new Set(rows.map((row) => `${row.region} ${row.ticket_id} ${row.problem}`)).size).toBe(
      rows.length,
    );
    const starts = await here.sql<{ id: string }>(
      `select id from (select id, start_date from auckland.events union all select id, start_date from berlin.events) as events
       order by start_date < now(), start_date, id`,
    );
    const order = [...new Set(rows.map((row) => row.event_id))];
    expect(order).toEqual(starts.map(({ id }) => id).filter((id) => order.includes(id)));
    const { regions } = pages[0]!;
    expect(regions.reduce((sum, { tickets }) => sum + tickets, 0)).toBe(pages[0]!.tickets);
    const of = await get<Quality>(server.url, '/quality?region=auckland');
    expect(of.events).toEqual([
      { event_id: 'race', name: expect.any(String) as string, tickets: of.tickets },
    ]);

    const [one] = rows;
    for (const id of [one!.ticket_id, one!.ticket_id.slice(0, 20), one!.order_id!]) {
      const found = await get<Quality>(server.url, `/quality?search=${id}`);
      expect(found.rows).toContainEqual(one);
      expect(found.tickets).toBe(new Set(found.rows.map((row) => row.ticket_id)).size);
    }
    expect(await get<Quality>(server.url, '/quality?search=nobody')).toMatchObject({ tickets: 0, rows: [] });
    expect((await new Client(server.url).ask('/quality?search=abc')).status).toBe(400);
    expect((await new Client(server.url).ask('/quality?after=abc')).status).toBe(400);
  });

  it('says which region cannot be seen', async () => {
    await using here = await scene();
    await here.sql('drop view berlin.v_data_quality cascade');
    await using server = await serving(here);
    const says = 'berlin is incomplete: its views are not there, the next run makes them.';
    for (const path of ['/quality?region=berlin', '/quality?search=6666']) {
      const answer = await get<Quality>(server.url, path);
      expect(answer.at_least, path).toBe(true);
      expect(answer.trust_says).toContain(path.includes('search') ? says : says.slice('berlin is '.length));
    }
    await here.sql('drop table berlin.event_sales');
    await using later = await serving(here);
    const answer = await get<Quality>(later.url, '/quality');
    expect(answer.at_least).toBe(true);
    expect(answer.trust_says).toContain(says);
    expect(answer.regions.map(({ region }) => region)).toEqual(['auckland']);
  });

  it('tells nothing of a person who was erased', async () => {
    await using here = await scene();
    const [one] = await here.sql<{ id: string }>(
      'select id from auckland.tickets where email is not null and deleted_at is null limit 1',
    );
    await using db = await DatabaseManager.connect(here.database.config);
    const { all } = await choosePlaces(db, here.config, null);
    await erasePersons(db, all, { persons: { ticket: [one!.id], customer: [] }, everywhere: true });
    await using server = await serving(here);
    expect(await get<Person>(server.url, `/people/auckland/${one!.id}`)).toEqual({
      ...{ ticket_id: one!.id, name: null, email: null, birth_date: null },
    });
  });

  it('tells an operator whom a ticket is for, notes it without a name, and tells a viewer nothing', async () => {
    await using here = await withPasswords(await scene());
    await using server = await serving(here);
    const [ticket] = await here.sql<{ id: string; email: string }>(
      'select id, email from auckland.tickets where email is not null and deleted_at is null limit 1',
    );
    const path = `/people/auckland/${ticket!.id}`;
    const viewer = new Client(server.url);
    await viewer.login('viewer');
    expect((await viewer.ask(path)).status).toBe(403);
    expect((await viewer.ask('/quality')).body['may_see_people']).toBe(false);
    const operator = new Client(server.url);
    await operator.login('operator');
    expect((await operator.ask(path)).body as unknown as Person).toMatchObject({ email: ticket!.email });
    const told = server.events.filter(({ type }) => type === 'dashboard.person');
    expect(told).toEqual([expect.objectContaining({ region: 'auckland', ticket: ticket!.id })]);
    expect(JSON.stringify(told)).not.toContain(ticket!.email);
    expect((await operator.ask('/people/auckland/nobody')).status).toBe(404);
  });
});
