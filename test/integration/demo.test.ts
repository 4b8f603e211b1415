import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Overview, Runs } from '../../src/server/api/types.js';
import { call, removeFolder, serverRuns, start, workFolder } from './demo-command.js';

const ROOT = process.getuid?.() === 0;
let folder: string;

beforeAll(async () => {
  folder = await workFolder(true);
});

afterAll(async () => {
  await removeFolder(folder);
});

/** As an ordinary user where that is possible, as most people are. */
const setting = (env: Record<string, string> = {}) => ({ folder, env, ...(ROOT ? { uid: 1234 } : {}) });

describe('demo', () => {
  it('fills the database, proves it, reads only what changed, shows what is there, and leaves nothing running', async () => {
    const { code, out, err } = await call(['demo', '--tickets', '3000'], setting());
    expect(err).not.toMatch(/error/i);
    expect(code).toBe(0);
    expect(out).toMatch(/^3,000 tickets of 3 regions in \d+\.\d s, proven complete\.$/m);
    expect(out).toContain('3 of them cannot be stored as they are');
    const [, read = '', written = ''] = /^second +([\d,]+) +([\d,]+) .* proven$/m.exec(out) ?? [];
    expect(Number(written)).toBeGreaterThan(0);
    expect(Number(read)).toBeLessThan(300);
    expect(out).toMatch(/^ {2}berlin +Race Berlin +Total_athletes +[\d,]+ +[\d,]+ +\d+ % +\d+$/m);
    expect(out).toMatch(/^ {2}auckland +realPrice +expected a number, got string$/m);
    expect(out).toMatch(/^ {2}node .*cli\.js sql "select count\(\*\) from demo_berlin\.tickets"$/m);
    expect(await serverRuns(folder)).toBe(false);
  });

  it('begins from an empty database, and says what it leaves alone', async () => {
    const query = (text: string) => call(['sql', '--embedded', '--format', 'csv', text], setting());
    const runs = async () => (await query('select count(*) from vivenu_ingest.runs')).out;
    const before = await runs();
    const configured = {
      DATABASE_URL: 'postgres://nobody@192.0.2.1/none',
      EVENT_CONFIGS__mine__token: 'key_mine',
      EVENT_CONFIGS__mine__event_id: 'abc',
    };
    const { code, out } = await call(['demo', '--tickets', '300', '--seed', '7'], setting(configured));
    expect(code).toBe(0);
    expect(out).toContain('does not use the configured region (mine) and the configured PostgreSQL');
    expect(out).toContain('sql --embedded "select');
    expect(out).toMatch(/^300 tickets of 3 regions/m);
    const schemas = await query(
      `select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname !~ '^pg_|^information_schema$'`,
    );
    expect(schemas.out).toContain('demo_auckland demo_berlin demo_hong_kong public vivenu vivenu_ingest');
    expect(await runs()).not.toBe(before);
  });

  it('serves its dashboard, which moves while tickets are sold, and proves it each minute until it is told to end', async () => {
    const demo = start(['demo', '--tickets', '600', '--serve'], setting());
    const said = await demo.says(/The dashboard is at http:\S+ until Ctrl-C/);
    const url = /The dashboard is at (\S+)/.exec(said)?.[1] ?? '';
    const overview = async () => (await (await fetch(`${url}/api/v1/overview`)).json()) as Overview;
    const { totals, regions } = await overview();
    expect(regions.map(({ region }) => region).sort()).toEqual(['auckland', 'berlin', 'hong-kong']);
    expect(await (await fetch(url)).text()).toContain('<title>');
    await vi.waitFor(
      async () => {
        const now = (await overview()).totals;
        expect(now.sold).toBeGreaterThan(totals.sold);
        expect(now.last_hour).toBeGreaterThan(0);
      },
      { timeout: 30_000, interval: 500 },
    );
    expect(await demo.says(/^\d\d:\d\d:\d\d hong-kong complete, .*proven/m)).not.toContain('drift');
    const { deliveries } = (await (await fetch(`${url}/api/v1/runs`)).json()) as Runs;
    expect(deliveries.length).toBeGreaterThan(0);
    for (const { failed } of deliveries) expect(failed).toBe(0);
    demo.child.kill('SIGINT');
    const { code, out, err } = await demo.done;
    expect(err).not.toMatch(/error/i);
    expect(code).toBe(130);
    expect(out).toContain('The database stays in .vivenu-ingest/');
    expect(out).not.toContain('The demo was stopped');
    expect(await serverRuns(folder)).toBe(false);
  }, 180_000);

  it('says at once that the port of --serve is taken, and how to mend it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, out, err } = await call(['demo', '--serve', String(port)], setting());
    other.close();
    expect(code).toBe(2);
    expect(err).toContain(`--serve=${port}`);
    expect(err).toContain('choose a port that is free');
    expect(out).toBe('');
  });

  it('stops in good order, and lets a second demo know that one is running', async () => {
    const first = start(['demo', '--tickets', '200000'], setting());
    await first.says('1. The first run');
    const second = await call(['demo'], setting());
    expect(second.code).toBe(3);
    expect(second.err).toContain('another demo is running');
    first.child.kill('SIGINT');
    const { code, out } = await first.done;
    expect(code).toBe(130);
    expect(out).toContain('The demo was stopped.');
    expect(await serverRuns(folder)).toBe(false);
  });

  it('touches no other schema and no other cursor, nor a schema of its name that no demo made', async () => {
    const served = start(['db', '--json'], setting());
    const url = /"url": "([^"]+)"/.exec(await served.says(/\n}\n/))?.[1];
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`create table public.mine (); insert into vivenu_ingest.cursors (key_id, schema_name, stream, event_id)
      values ('k', 'public', 'tickets', 'e')`);
    expect((await call(['demo', '--tickets', '30'], setting())).code).toBe(0);
    await client.query('select * from public.mine');
    const { rows } = await client.query(
      `select event_id from vivenu_ingest.cursors where schema_name = 'public'`,
    );
    expect(rows).toEqual([{ event_id: 'e' }]);

    await client.query(`comment on schema demo_berlin is null; create table demo_berlin.mine ()`);
    const { code, err } = await call(['demo', '--tickets', '30'], setting());
    expect(code).toBe(1);
    expect(err).toContain('schema demo_berlin that no demo made');
    await client.query('select * from demo_berlin.mine');
    expect((await client.query('select * from demo_auckland.events')).rows).toHaveLength(3);
    await client.end();
    served.child.kill('SIGTERM');
    expect((await served.done).code).toBe(0);
  });

  it.each(['-1', '1.5', 'many', '99999999'])('refuses --tickets %s', async (value) => {
    const { code, err } = await call(['demo', '--tickets', value], setting());
    expect(code).toBe(2);
    expect(err).toContain('whole number');
  });
});
