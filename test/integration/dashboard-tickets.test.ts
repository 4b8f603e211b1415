import { describe, expect, it } from 'vitest';
import type { Person, Quality, Rows } from '../../src/server/api/types.js';
import { Client, withPasswords } from './dashboard-world.js';
import { serving } from './server-world.js';
import { loadProfile } from '../../src/profile/profile.js';
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

/** All pages of an answer. */
async function allRows(url: string, path: string): Promise<Rows['rows']> {
  const all: Rows['rows'] = [];
  for (let after: string | null = '0'; after !== null;) {
    const page: Rows = await get<Rows>(url, `${path}${path.includes('?') ? '&' : '?'}after=${after}`);
    all.push(...page.rows);
    after = page.next;
    if (after === null) expect(all).toHaveLength(page.total);
  }
  return all;
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

  it('are a workbook as well', async () => {
    await using here = await scene();
    await using server = await serving(here);
    const answer = await fetch(`${server.url}/api/v1/rows/sales-summary.xlsx?region=auckland`);
    expect(answer.status).toBe(200);
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');
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
