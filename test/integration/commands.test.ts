import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';
import { vivenuIngest } from './command-line.js';
import { freshDatabase, type FreshDatabase } from './database-fixture.js';

const TOKEN = 'key_simulated_for_commands';
const POOR = 'key_simulated_without_coupons';
const EVENT = 'a'.repeat(24);
const OTHER = 'b'.repeat(24);
const UNKNOWN = 'c'.repeat(24);

/** Two keys: one with an event and three odd tickets, one without the right to coupons. */
const simulator = () =>
  startSimulator({
    requestsPerHour: null,
    sellers: [
      {
        token: TOKEN,
        events: [{ id: EVENT, name: 'Race One', tickets: 120 }],
        coupons: 20,
        series: 2,
        odd: ['text-price', 'text-price', 'nul'],
      },
      { token: POOR, events: [{ id: OTHER, tickets: 30 }], forbidden: ['/coupon/rich', '/coupon/series'] },
    ],
  });

type Regions = Record<string, Record<string, string>>;

const variables = (db: Pick<FreshDatabase, 'url'>, regions: Regions, others: NodeJS.Dict<string> = {}) => ({
  DATABASE_URL: db.url,
  HTTP_REQUESTS_PER_HOUR: '1000000',
  ...others,
  ...Object.fromEntries(
    Object.entries(regions).flatMap(([region, keys]) =>
      Object.entries(keys).map(([key, value]) => [`EVENT_CONFIGS__${region}__${key}`, value]),
    ),
  ),
});

const rich = ({ url }: Simulator) => ({ token: TOKEN, event_id: EVENT, base_url: url });
const poor = ({ url }: Simulator) => ({ token: POOR, event_id: OTHER, base_url: url });

async function objects(db: FreshDatabase): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
     union all select relname from pg_class join pg_namespace n on n.oid = relnamespace
     where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
  );
  return rows.map(({ name }) => name);
}

test('check accepts what can work, fails a key without coupons, and leaves nothing behind', async () => {
  await using db = await freshDatabase({ superuser: false });
  await using vivenu = await simulator();
  const before = await objects(db);
  const { code, stdout } = await vivenuIngest(
    ['check'],
    variables(db, { one: rich(vivenu), two: poor(vivenu) }),
  );
  expect(stdout).toMatch(/^ok\s+database\s+PostgreSQL \d+/m);
  expect(stdout).toMatch(/^ok\s+one\s+tables\s+schema "one" can be made/m);
  expect(stdout).toMatch(/^ok\s+one\s+event\s+a{24} Race One: starts \d{4}-\d\d-\d\d, capacity/m);
  expect(stdout).toMatch(/^ok\s+one\s+tickets\s+120 readable/m);
  expect(stdout).toMatch(/^ok\s+one\s+coupons\s+20 coupons, 2 series/m);
  expect(stdout).toMatch(/^FAIL\s+two\s+coupons.*403.*Mend: .*--only events,tickets/m);
  expect(stdout).not.toContain(TOKEN);
  expect(code).toBe(1);
  expect(await objects(db)).toEqual(before);
  expect(vivenu.stats.requests).toBeLessThanOrEqual(8);
});

test('check says what fails of each region and how to mend it, and exits 1', async () => {
  await using db = await freshDatabase();
  await using vivenu = await simulator();
  const regions = {
    wrong: { ...rich(vivenu), token: 'key_simulated_wrong' },
    path: { ...rich(vivenu), base_url: vivenu.url.replace(/\/api$/, '') },
    event: { ...rich(vivenu), event_id: `${EVENT},${UNKNOWN}` },
    down: { ...rich(vivenu), base_url: 'http://127.0.0.1:1/api' },
  };
  const { code, stdout, stderr } = await vivenuIngest(['check'], variables(db, regions));
  expect(stdout).toMatch(/^FAIL\s+wrong\s+key.*401.*Mend: .*EVENT_CONFIGS__wrong__token/m);
  expect(stdout).toMatch(
    /^FAIL\s+path\s+key.*\/api answers, and accepts the key\. Mend: set EVENT_CONFIGS__path__base_url .* to http.*\/api$/m,
  );
  expect(stdout).toMatch(
    /^FAIL\s+event\s+event\s+c{24} is not visible to this key; it sees a{24} \(Race One\)/m,
  );
  expect(stdout).toMatch(/^FAIL\s+down\s+key.*ECONNREFUSED.*EVENT_CONFIGS__down__base_url/m);
  expect(stdout).toContain('FAILED: 4 things to mend.');
  expect(stdout + stderr).not.toMatch(/key_simulated/);
  expect(code).toBe(1);
});

test('check tries what follows when the database is away, and its JSON is one object with the error', async () => {
  await using vivenu = await simulator();
  const env = variables({ url: 'postgres://nobody:hush@127.0.0.1:1/none' }, { one: rich(vivenu) });
  const { code, stdout } = await vivenuIngest(['check', '--json'], env);
  const answer = JSON.parse(stdout) as {
    status: string;
    error: string;
    findings: { level: string; subject: string }[];
  };
  expect(answer.status).toBe('failed');
  expect(answer.error).toContain('ECONNREFUSED');
  expect(answer.findings.map(({ level, subject }) => `${level} ${subject}`)).toContain('ok tickets');
  expect(stdout).not.toContain('hush');
  expect(code).toBe(1);
});

test('check names the statement that lets an administrator mend a schema that cannot be made', async () => {
  await using db = await freshDatabase({ superuser: false });
  await using vivenu = await simulator();
  const owner = new URL(db.url).username;
  const { url } = await weaker(db, owner);
  const { code, stdout } = await vivenuIngest(['check'], variables({ url }, { one: rich(vivenu) }));
  expect(stdout).toMatch(/^FAIL\s+one\s+tables.*Mend: .*create schema "one" authorization "/m);
  expect(code).toBe(1);
});

/** The same database with its owner's right to make schemas taken away. */
async function weaker(db: FreshDatabase, owner: string): Promise<{ url: string }> {
  await db.query(`revoke create on database ${owner} from ${owner}`);
  return db;
}

test('check gives up within seconds on a host that answers nothing', async () => {
  await using db = await freshDatabase();
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const regions = { one: { token: TOKEN, event_id: EVENT, base_url: base } };
  const began = Date.now();
  const { code, stdout } = await vivenuIngest(
    ['check'],
    variables(db, regions, { HTTP_TIMEOUT: '1', HTTP_RETRIES: '9' }),
  );
  server.close();
  server.closeAllConnections();
  expect(stdout).toMatch(/^FAIL\s+one\s+key.*no whole answer within 1 s/m);
  expect(code).toBe(1);
  expect(Date.now() - began).toBeLessThan(9000);
});

test('a wrong configuration or command line exits 2 with all its problems, and as one object with --json', async () => {
  const env = { EVENT_CONFIGS__one__tokn: 'x', EVENT_CONFIGS__one__event_id: EVENT };
  const text = await vivenuIngest(['check'], env);
  expect(text.stderr).toContain('did you mean EVENT_CONFIGS__one__token?');
  expect(text.code).toBe(2);
  const json = await vivenuIngest(['status', '--json'], env);
  expect(Object.keys(JSON.parse(json.stdout) as object)).toContain('error');
  expect(json.code).toBe(2);
  const wrong = ['list --stream nothing', 'show zero', 'retry --stream x'];
  const ends = await Promise.all([
    ...wrong.map((args) => vivenuIngest(['rejects', ...args.split(' ')], env)),
    vivenuIngest(['reset', '--stream', 'events', '--yes'], env),
    vivenuIngest(['rejects', 'list', '--limit', '0', '--json'], env),
  ]);
  expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 2));
  expect(JSON.parse(ends.at(-1)?.stdout ?? '')).toHaveProperty('error');
});

interface StatusJson {
  ever_run: boolean;
  running: { regions: string[] }[];
  regions: {
    region: string;
    running: boolean;
    last_run: { status: string; requests: number } | null;
    streams: {
      stream: string;
      rows: { live: number; deleted: number } | null;
      set_aside: number;
      cursor: { read_at: string; events: number } | null;
      events_unread: number;
      unfinished: { kind: string; windows_left: number }[];
      proven_at: string | null;
    }[];
  }[];
}

test('status, rejects and reset follow a region from before its first run to after it', async () => {
  await using db = await freshDatabase({ superuser: false });
  await using vivenu = await simulator();
  const env = variables(db, { one: rich(vivenu) });
  const cli = (args: string) => vivenuIngest(args.split(' '), env);
  const status = async () => JSON.parse((await cli('status --json')).stdout) as StatusJson;
  const of = (answer: StatusJson, name: string) =>
    answer.regions[0]!.streams.find(({ stream }) => stream === name)!;

  const [fresh, none, unknown] = await Promise.all([
    cli('status'),
    cli('rejects list'),
    cli('rejects show 1'),
  ]);
  expect(fresh.stdout).toContain('Nothing was ever run');
  expect(fresh.code).toBe(0);
  expect(none).toMatchObject({ code: 0, stdout: 'Nothing is set aside.\n' });
  expect(unknown.code).toBe(1);

  expect((await cli('run --json')).code).toBe(0);
  const after = await status();
  expect(of(after, 'tickets')).toMatchObject({
    rows: { live: 117, deleted: 0 },
    set_aside: 3,
    events_unread: 0,
    unfinished: [],
  });
  expect(of(after, 'tickets').cursor?.events).toBe(1);
  expect(of(after, 'tickets').proven_at).not.toBeNull();
  expect(of(after, 'events')).toMatchObject({ rows: { live: 1 }, cursor: null });
  expect(after.regions[0]?.last_run).toMatchObject({ status: 'complete' });
  expect(after.running).toEqual([]);
  const text = await cli('status');
  expect(text.stdout).toMatch(/^one is complete, proven just now\.\n\n/);
  expect(text.stdout).toMatch(/^tickets\s+117\s+0\s+3\s+\d+ s ago\s+\d+ s ago\s+complete$/m);
  expect(text.stdout).toMatch(/one\/tickets: 3 set aside; see: \S.* rejects list/);

  await listed(db, env);
  const retried = await cli('rejects retry');
  expect(retried.stdout).toContain('0 stored and closed, 3 still set aside.');
  expect(retried.code).toBe(1);
  expect((await cli('reset')).code).toBe(2);
  const reset = await cli('reset --region one --stream tickets --yes');
  expect(reset.stdout).toContain('one: tickets forgotten');
  expect(reset.code).toBe(0);
  const forgotten = await status();
  expect(of(forgotten, 'tickets')).toMatchObject({ rows: { live: 117 }, cursor: null, events_unread: 1 });
  expect(of(forgotten, 'coupons').cursor).not.toBeNull();
});

/** Ids, fields and reasons are listed; what a person typed in is not. */
async function listed(db: FreshDatabase, env: NodeJS.Dict<string>): Promise<void> {
  const [table, csv, json, show] = await Promise.all([
    vivenuIngest(['rejects', 'list', '--limit', '2'], env),
    vivenuIngest(['rejects', 'list', '--format', 'csv'], env),
    vivenuIngest(['rejects', 'list', '--json', '--region', 'one'], env),
    vivenuIngest(['rejects', 'show', '1'], env),
  ]);
  expect(table.stdout).toContain('The newest 2 of 3; see more with --limit.');
  expect(csv.stdout.split('\r\n')).toHaveLength(5);
  const answer = JSON.parse(json.stdout) as { total: number; rejects: { id: string; field: string }[] };
  expect(answer.total).toBe(3);
  expect(answer.rejects.filter(({ field }) => field === 'realPrice')).toHaveLength(2);
  const whole = JSON.parse(show.stdout) as { id: string; record: { _id: string; email: string } };
  expect(whole.record._id).toBe(whole.id);
  const [row] = await db.query<{ email: string }>(
    `select record->>'email' as email from vivenu_ingest.rejected_records where record->>'email' <> '' limit 1`,
  );
  for (const { stdout } of [table, csv, json]) expect(stdout).not.toContain(row!.email);
}

test('rejects retry stores what today’s configuration lets through, and neither twins nor what is kept in part', async () => {
  await using db = await freshDatabase();
  await using vivenu = await simulator();
  const region = rich(vivenu);
  expect((await vivenuIngest(['run', '--json'], variables(db, { one: region }))).code).toBe(0);
  // The price is left out from now on, so a price in words no longer stands in the way.
  const env = variables(db, { one: { ...region, exclude_fields: 'realPrice' } });
  await db.query(
    `insert into vivenu_ingest.rejected_records (run_id, region, schema_name, stream, record_key, record_id, field, reason, record,
       exact, first_seen_at, last_seen_at)
     select run_id, 'one', 'one', 'tickets', 'hash#0', id, '_id', 'comes twice', raw || '{"name":"Twin"}', true, now(), now()
     from one.tickets limit 1`,
  );
  const { code, stdout } = await vivenuIngest(['rejects', 'retry', '--region', 'one', '--json'], env);
  const answer = JSON.parse(stdout) as {
    error: string;
    stored: number;
    still_set_aside: number;
    rejects: { id: string; still: object | null }[];
  };
  expect(answer).toMatchObject({ stored: 2, still_set_aside: 2, error: '2 still set aside' });
  expect(code).toBe(1);
  const stored = answer.rejects.filter(({ still }) => still === null).map(({ id }) => id);
  const rows = await db.query<{ id: string; raw: object; requested_at: Date; last_seen_at: Date }>(
    `select id, raw, requested_at, last_seen_at from one.tickets
     join vivenu_ingest.rejected_records on record_id = id and closed_because = 'stored' where id = any($1)`,
    [stored],
  );
  expect(rows).toHaveLength(2);
  for (const row of rows) {
    expect(row.raw).not.toHaveProperty('realPrice');
    expect(row.requested_at).toEqual(row.last_seen_at);
  }
  expect(await db.query(`select 1 from one.tickets where name = 'Twin'`)).toEqual([]);
  expect((await vivenuIngest(['run', '--json'], env)).code).toBe(0);
});

test('a newer row is not overwritten by the older version that was set aside', async () => {
  await using db = await freshDatabase();
  await using vivenu = await simulator();
  const env = variables(db, { one: rich(vivenu) });
  await vivenuIngest(['run', '--json'], env);
  await db.query(
    `insert into vivenu_ingest.rejected_records (run_id, region, schema_name, stream, record_key, record_id, field, reason, record,
       exact, first_seen_at, last_seen_at)
     select run_id, 'one', 'one', 'tickets', id, id, 'realPrice', 'was text',
       raw || '{"name":"Old","updatedAt":"2001-01-01T00:00:00.000Z"}', true, now(), now() from one.tickets limit 1`,
  );
  const { stdout } = await vivenuIngest(['rejects', 'retry', '--json'], env);
  expect(JSON.parse(stdout)).toMatchObject({ stored: 1 });
  expect(await db.query(`select 1 from one.tickets where name = 'Old'`)).toEqual([]);
});

test('reset and retry leave a region alone that a run holds, and status names the run', async () => {
  await using db = await freshDatabase();
  await using vivenu = await simulator();
  const env = variables(db, { one: rich(vivenu), two: poor(vivenu) });
  await vivenuIngest(['migrate'], env);
  await db.query(
    `insert into vivenu_ingest.runs (run_id, status, started_at, options) values
       (gen_random_uuid(), 'running', now() - interval '3 min', '{"regions":["one"]}'),
       (gen_random_uuid(), 'running', now() - interval '5 min', '{"regions":["two"]}')`,
  );
  await using manager = await DatabaseManager.connect(db.config);
  await using lock = await manager.tryLock(['run one']);
  expect(lock).not.toBeNull();
  const [reset, retry, check] = await Promise.all([
    vivenuIngest(['reset', '--yes', '--json'], env),
    vivenuIngest(['rejects', 'retry'], env),
    vivenuIngest(['check', '--region', 'one'], env),
  ]);
  // The others hold every region that they can for a moment.
  const status = await vivenuIngest(['status'], env);
  const other = await vivenuIngest(['reset', '--region', 'two', '--yes'], env);
  expect([reset.code, retry.code, other.code]).toEqual([3, 3, 0]);
  expect(JSON.parse(reset.stdout)).toMatchObject({ status: 'busy' });
  expect(status.stdout).toMatch(/^one: a run is under way since 3 min$/m);
  expect(status.stdout).toMatch(/^two: last run killed 5 min ago$/m);
  expect(status.stdout).toMatch(/^Running now: one \(run /m);
  expect(check.stdout).toMatch(/^ok\s+one\s+tables\s+a run is writing to schema "one" now/m);
});

test('forgetting a region leaves the windows of an unfinished read to the others that share it', async () => {
  await using db = await freshDatabase();
  await using vivenu = await simulator();
  const env = variables(db, { one: rich(vivenu), two: poor(vivenu) });
  await vivenuIngest(['migrate'], env);
  await db.query(
    `with shared as (select gen_random_uuid() as id),
     cursors as (
       insert into vivenu_ingest.cursors (key_id, schema_name, stream, event_id, read_id, read_kind, read_began_at, read_until)
       select 'key', schema, 'tickets', schema, id, 'full', now(), now() from shared, unnest(array['one', 'two']) as schema)
     insert into vivenu_ingest.windows (read_id, read_by, to_at) select id, 'created', now() from shared`,
  );
  const windows = () => db.query('select 1 from vivenu_ingest.windows');
  await vivenuIngest(['reset', '--region', 'one', '--yes'], env);
  expect(await windows()).toHaveLength(1);
  await vivenuIngest(['reset', '--region', 'two', '--yes'], env);
  expect(await windows()).toHaveLength(0);
});

test('two migrate at once succeed as an ordinary role, with any name of a schema, and a third finds nothing to do', async () => {
  await using db = await freshDatabase({ superuser: false });
  const schema = 'hong-kong "Ü"';
  const region = { token: TOKEN, event_id: EVENT, schema_name: schema };
  const env = variables(db, { 'hong-kong': region, berlin: { ...region, schema_name: 'berlin' } });
  const migrate = () => vivenuIngest(['migrate', '--json'], env);
  const both = await Promise.all([migrate(), migrate()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  interface Answer {
    migrations: number[];
    regions: { schema: string; created_schema: boolean; created_tables: string[] }[];
  }
  const answers = both.map(({ stdout }) => JSON.parse(stdout) as Answer);
  expect(answers.flatMap(({ migrations }) => migrations)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const made = answers.flatMap(({ regions }) =>
    regions.filter((one) => one.created_schema).map((one) => one.schema),
  );
  expect(made.sort()).toEqual(['berlin', schema]);
  await db.query('alter table berlin.tickets drop column seat_gate cascade');
  const third = await vivenuIngest(['migrate'], env);
  expect(third.stdout).toMatch(/^berlin\s+berlin\s+made 1 column \(tickets\.seat_gate\)$/m);
  expect(third.stdout).toMatch(/^hong-kong\s+hong-kong "Ü"\s+up to date$/m);
});

test('migrate names a region that cannot be prepared with the mend, and the others are prepared', async () => {
  await using db = await freshDatabase({ superuser: false });
  const owner = new URL(db.url).username;
  const region = { token: TOKEN, event_id: EVENT };
  await vivenuIngest(['migrate'], variables(db, { good: region }));
  await db.query(`revoke create on database ${owner} from ${owner}`);
  const { code, stdout } = await vivenuIngest(['migrate'], variables(db, { good: region, bad: region }));
  expect(stdout).toMatch(/^good\s+good\s+up to date$/m);
  expect(stdout).toMatch(/^bad\s+bad\s+FAILED: permission denied for database/m);
  expect(stdout).toContain(
    `bad: let an administrator of the database run: create schema "bad" authorization "${owner}".`,
  );
  expect(code).toBe(1);
});
