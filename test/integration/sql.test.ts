import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../src/commands/query.js';
import { DatabaseManager } from '../../src/load/database.js';
import { call, removeFolder, serverRuns, start, workFolder, type Running } from './demo-command.js';

let folder: string;
let served: Running;
let client: pg.Client;
let db: DatabaseManager;
let address: { url: string; host: string; port: number; user: string; password: string; database: string };

beforeAll(async () => {
  folder = await workFolder();
  served = start(['db', '--json'], { folder });
  const said = await served.says(/\n}\n/);
  address = JSON.parse(said) as typeof address;
  client = new pg.Client({ connectionString: address.url });
  await client.connect();
  const { host, port, database, user, password } = address;
  const place = { host, port, database, user, password };
  db = await DatabaseManager.connect({ kind: 'server', ...place, ssl: 'disable', poolSize: 2 });
  await client.query(`
    create schema berlin; create schema hamburg;
    create table berlin.tickets as select n as id, 'name ' || n as name, n * 1.50 as price from generate_series(1, 1200) as n;
    create table hamburg.tickets as select 1 as id;
    create sequence berlin.counter`);
});

afterAll(async () => {
  served.child.kill('SIGKILL');
  await removeFolder(folder);
});

const sql = (...args: string[]) => call(['sql', ...args], { folder });

describe('sql', () => {
  it('prints a table and how many rows it holds', async () => {
    const { code, out, err } = await sql('select id, name, price from berlin.tickets order by id limit 2');
    expect(out).toBe('id  name    price\n 1  name 1   1.50\n 2  name 2   3.00\n');
    expect(err).toBe('(2 rows)\n');
    expect(code).toBe(0);
  });

  it('says when there are more rows than it shows, and shows all of them when asked', async () => {
    const first = await sql('table berlin.tickets');
    expect(first.out.split('\n')).toHaveLength(102);
    expect(first.err).toContain('the first 100 rows; --limit 0 shows all');
    expect((await sql('--limit', '0', 'table berlin.tickets')).err).toContain('(1200 rows)');
    expect(
      (await sql('--limit', '1000', '--format', 'csv', 'table berlin.tickets')).out.split('\r\n'),
    ).toHaveLength(1002);
  });

  it('cuts long cells of a table, and makes signs that command a terminal visible', async () => {
    const { out, err } = await sql(
      `select repeat('x', 300) as long, E'a\\x1b[31m\\nb' as sign, '漢字' as wide, null as nothing`,
    );
    expect(out.split('\n')[1]).toBe(`${'x'.repeat(79)}…  a␛[31m↵b  漢字  –`);
    expect(err).toContain('--format json or csv shows them whole');
  });

  it('writes JSON with every digit, nested values and names told apart', async () => {
    const { out } = await sql(
      '--format',
      'json',
      `select 12345678901234567890.10 as n, 9007199254740993::int8 as big, true as yes, null as nothing, 'NaN'::float8 as nan,
         '{"a": [1, "x\\n"]}'::jsonb as doc, array[1.50, null] as list, array['a"b', null] as words, array[true] as flags,
         '2026-11-23 12:00:00.123456Z'::timestamptz as at, repeat('y', 200) as text, 1 as id, 2 as id`,
    );
    expect(out.replaceAll(/\s*\n\s*/g, '')).toBe(
      `[{"n":12345678901234567890.10,"big":9007199254740993,"yes":true,"nothing":null,"nan":"NaN",` +
        `"doc":{"a": [1, "x\\n"]},"list":[1.50,null],"words":["a\\"b",null],"flags":[true],` +
        `"at":"2026-11-23T12:00:00.123456+00:00","text":"${'y'.repeat(200)}","id":1,"id_2":2}]`,
    );
    expect(JSON.parse((await sql('--format', 'json', 'table berlin.tickets')).out)).toHaveLength(1200);
    expect((await sql('--format', 'json', 'select 1 as one where false')).out).toBe('[]\n');
  });

  it('writes CSV as RFC 4180 has it, without touching a value', async () => {
    const { out } = await sql(
      '--format',
      'csv',
      `select 'a,b' as "x,y", 'say "hi"' as quoted, E'two\\nlines' as lines, '' as empty, null as nothing, '=1+1' as formula, ' ' as space`,
    );
    expect(out).toBe(
      `"x,y",quoted,lines,empty,nothing,formula,space\r\n"a,b","say ""hi""","two\nlines","",,=1+1," "\r\n`,
    );
  });

  it('reads the query from stdin', async () => {
    const { out } = await call(['sql', '-'], { folder, input: '\ufeff-- a question\nselect 7 as seven;\n' });
    expect(out).toBe('seven\n    7\n');
    const empty = await call(['sql'], { folder, input: ' \n' });
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining('there is no query')]);
  });

  it('shows what PostgreSQL says of an error, with a caret under the place', async () => {
    const { code, out, err } = await sql("select 'é漢',\n  wrong from berlin.tickets");
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('column "wrong" does not exist (42703)\n    wrong from berlin.tickets\n    ^\n');
    const far = await sql(`select ${"'é漢', ".repeat(30)} wrong from berlin.tickets`);
    const [, line = '', caret = ''] = far.err.split('\n');
    // A Chinese character takes two cells.
    const wide = line.slice(0, line.indexOf('wrong')).split('漢').length - 1;
    expect(caret.indexOf('^')).toBe(line.indexOf('wrong') + wide);
  });

  it('tells where a table is that was named without its schema, and finds it with one region', async () => {
    expect((await sql('select * from tickets')).err).toContain('there is berlin.tickets, hamburg.tickets');
    const env = {
      EVENT_CONFIGS__berlin__token: 'key_1',
      EVENT_CONFIGS__berlin__event_id: 'abc',
    };
    const { out } = await call(['sql', 'select count(*) from tickets'], { folder, env });
    expect(out).toBe('count\n 1200\n');
  });

  it.each([
    ['delete from berlin.tickets', 'sql only reads'],
    ['with gone as (delete from berlin.tickets returning 1) select * from gone', 'sql only reads'],
    ['explain analyze delete from berlin.tickets', 'read-only transaction'],
    ['select 1 into berlin.other', 'not allowed'],
    ["select nextval('berlin.counter')", 'permission denied|read-only'],
    ['select 1; drop table berlin.tickets', 'only one query'],
    ['commit', 'sql only reads'],
    ["copy (select 1) to program 'touch /tmp/never'", 'sql only reads'],
    ["select pg_read_file('/etc/passwd')", 'permission denied'],
    ["select set_config('transaction_read_only', 'off', false)", 'read-write mode'],
    ['select * from berlin.tickets for update', 'permission denied|read-only'],
  ])('refuses %s', async (text, says) => {
    const question = { text, limit: null, schema: undefined, stop: new AbortController().signal };
    await expect(ask(db, question, () => Promise.resolve())).rejects.toThrow(new RegExp(says));
    const { rows } = await client.query('select count(*)::int as n from berlin.tickets');
    expect(rows).toEqual([{ n: 1200 }]);
  });

  it.each([
    'show server_version',
    'explain select 1',
    "values (1, 'a')",
    '/* so */ (select 1)',
    'with x as (select 1) table x',
  ])('lets %s through', async (text) => {
    const rows: unknown[] = [];
    const question = { text, limit: 1, schema: undefined, stop: new AbortController().signal };
    await ask(db, question, (some) => Promise.resolve(void rows.push(...some)));
    expect(rows).toHaveLength(1);
  });

  it('stops at once with Ctrl-C, and cancels the query', async () => {
    const running = start(['sql', 'select pg_sleep(60)'], { folder });
    const sleeping = `select 1 from pg_stat_activity where query ~ 'fetch' and state = 'active' and pid <> pg_backend_pid()`;
    await expect.poll(async () => (await client.query(sleeping)).rowCount, { timeout: 5000 }).toBe(1);
    running.child.kill('SIGINT');
    expect((await running.done).code).toBe(130);
    expect((await client.query(sleeping)).rowCount).toBe(0);
  });
});

describe('db', () => {
  it('refuses a database that is configured, without its password', async () => {
    const env = { DATABASE_URL: 'postgres://me:hush@db.example:6543/sales' };
    const { code, out, err } = await call(['db'], { folder, env });
    expect(code).toBe(2);
    expect(err).toContain('host db.example, port 6543, database sales');
    expect(out + err).not.toContain('hush');
  });

  it('shows the address, leaves the server to others, and is the last to stop it', async () => {
    const other = start(['db'], { folder });
    const said = await other.says('Ctrl-C stops it.');
    expect(said).toContain(`psql "${address.url}"`);
    expect(said).toContain('berlin, hamburg');
    other.child.kill('SIGINT');
    const first = await other.done;
    expect(first.code).toBe(0);
    expect(first.out).toContain('PostgreSQL keeps running');
    expect((await client.query('select 1')).rowCount).toBe(1);

    await client.end();
    await db.close();
    served.child.kill('SIGTERM');
    const { code, err } = await served.done;
    expect(code).toBe(0);
    expect(err).toContain('PostgreSQL has stopped');
    expect(await serverRuns(folder)).toBe(false);

    expect((await sql('select count(*) from hamburg.tickets')).out).toBe('count\n    1\n');
    expect(await serverRuns(folder)).toBe(false);
  });
});
