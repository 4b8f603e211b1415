import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { vivenuIngest } from './command-line.js';
import { KEY, world, type World } from './world.js';

const SCRIPT = readFileSync(new URL('../../sql/roles/ingest.sql', import.meta.url), 'utf8');

async function onServer(sql: string, database?: string): Promise<void> {
  const server = new URL(inject('postgresUrl'));
  if (database !== undefined) server.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** A database of somebody else's, with a table of theirs, and the role that the script makes in it. */
class Engine implements AsyncDisposable {
  readonly name = `engine of ${randomBytes(6).toString('hex')}`;
  readonly password = randomBytes(8).toString('hex');
  readonly here: World;
  readonly #connections: pg.Client[] = [];

  private constructor(here: World) {
    this.here = here;
  }

  static async in(here: World): Promise<Engine> {
    const engine = new Engine(here);
    await here.sql(`create schema payroll; create table payroll.salaries as select 'a' as name, 1 as pay`);
    return engine;
  }

  script(schemas = '*'): string {
    return SCRIPT.replace(/(set vivenu_ingest\.engine = )'.*'/, `$1'${this.name}'`).replace(
      /(set vivenu_ingest\.schemas = )'.*'/,
      `$1'${schemas}'`,
    );
  }

  async make(schemas = '*'): Promise<void> {
    await this.here.sql(this.script(schemas));
    await onServer(`alter role "${this.name}" password '${this.password}'`);
  }

  get url(): string {
    const { host, port, database } = this.here.database.config;
    return `postgres://${encodeURIComponent(this.name)}:${this.password}@${host}:${port}/${database}`;
  }

  /** The command line as this role. */
  async does(...args: string[]) {
    const regions = this.here.config.events.flatMap(({ region, baseUrl }): [string, string][] => [
      [`EVENT_CONFIGS__${region}__token`, KEY],
      [`EVENT_CONFIGS__${region}__event_id`, '*'],
      [`EVENT_CONFIGS__${region}__base_url`, baseUrl],
    ]);
    return await vivenuIngest(args, { DATABASE_URL: this.url, ...Object.fromEntries(regions) });
  }

  /** What came of a statement of the role's own: the rows, or what PostgreSQL refuses. */
  async says(text: string): Promise<string> {
    if (this.#connections.length === 0) {
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      await client.connect();
      this.#connections.push(client);
    }
    return await this.#connections[0]!.query(text).then(
      ({ rows }) => JSON.stringify(rows),
      (error: unknown) => (error as Error).message,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#connections) await client.end();
    const rows = await this.here.sql(`select 1 from pg_roles where rolname = '${this.name}'`);
    if (rows.length === 0) return;
    await onServer(`drop owned by "${this.name}" cascade`, this.here.database.config.database);
    await onServer(`drop role "${this.name}"`);
  }
}

/** Everything that is done with a database day by day. */
async function expectAllWorks(engine: Engine): Promise<void> {
  const check = await engine.does('check');
  expect([check.code, check.stdout]).toEqual([0, expect.stringContaining('ok')]);
  const dry = await engine.does('run', '--dry-run', '--json');
  expect([dry.code, JSON.parse(dry.stdout)]).toEqual([0, expect.objectContaining({ status: 'complete' })]);
  const run = await engine.does('run', '--full', '--json');
  expect([run.code, JSON.parse(run.stdout)]).toEqual([0, expect.objectContaining({ status: 'complete' })]);
  for (const { schema } of engine.here.config.events)
    for (const view of ['v_sales_summary', 'v_division_day_capacity', 'v_data_quality', 'v_audience_profile'])
      expect(await engine.says(`select count(*) from "${schema}".${view}`), view).toMatch(/"count"/);
  expect(await engine.says('select count(*)::int from vivenu.v_tickets_sold')).toMatch(/"count":[1-9]/);
  const ticket = engine.here.truth()[0]!.id!;
  for (const args of [
    ['status', '--json'],
    ['rejects', 'retry', '--json'],
    ['sql', 'select 1'],
    ['erase', '--ticket', ticket, '--yes', '--json'],
    ['migrate', '--json'],
    ['reset', '--yes', '--json'],
    ['run', '--skip-fetch', '--json'],
    ['run', '--json'],
  ])
    expect(await engine.does(...args), args.join(' ')).toMatchObject({ code: 0 });
  // The first one makes the tables of the queue.
  const sent = await engine.does('jobs', 'send');
  expect([sent.code, sent.stdout]).toEqual([0, expect.stringContaining('Sent: a run of')]);
}

describe('the role of the engine', () => {
  it.each(['*', 'auckland, hong-kong'])(
    'does all that the commands need with schemas %s',
    async (schemas) => {
      await using here = await world({ tickets: 40, regions: [{}, { region: 'hong-kong' }] });
      await using engine = await Engine.in(here);
      await engine.make(schemas);
      await expectAllWorks(engine);
      const owners = await here.sql(
        `select distinct pg_get_userbyid(relowner) as owner from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace
       where nspname in ('auckland', 'hong-kong', 'vivenu', 'vivenu_ingest')`,
      );
      expect(owners).toEqual([{ owner: engine.name }]);
    },
  );

  it('can do no more: other schemas, roles, databases and files of the server are out of its reach', async () => {
    await using here = await world({ tickets: 10 });
    await using engine = await Engine.in(here);
    await engine.make('auckland');
    await engine.does('run', '--json');
    for (const [statement, says] of [
      ['select * from payroll.salaries', /permission denied for schema payroll/],
      ['insert into payroll.salaries values (1)', /permission denied/],
      ['drop table payroll.salaries', /permission denied|must be owner/],
      ['alter schema payroll rename to mine', /must be owner/],
      ['create schema another', /permission denied for database/],
      ['create table public.mine ()', /permission denied for schema public/],
      ['create role another', /permission denied to create role/],
      ['create database another', /permission denied to create database/],
      [`alter role "${engine.name}" superuser`, /permission denied/],
      ['create extension dblink', /permission denied|must be superuser|not available/],
      [`copy (select 1) to '/tmp/vivenu-ingest-never'`, /permission denied to COPY to a file/],
      [`copy auckland.tickets from program 'true'`, /permission denied to COPY/],
      [`select pg_read_file('/etc/hostname')`, /permission denied/],
      ['select * from pg_authid', /permission denied/],
      [`drop database "${here.database.config.database}"`, /must be owner|cannot drop the currently open/],
    ] as const)
      expect(await engine.says(statement), statement).toMatch(says);
    const [role] = await here.sql(
      `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = $1`,
      [engine.name],
    );
    expect(Object.values(role as object)).toEqual([false, false, false, false, false]);
  });

  it('takes over what another role has filled so far, and leaves the tables of strangers to them', async () => {
    await using here = await world({ tickets: 40, regions: [{}, { region: 'hong-kong' }] });
    await here.complete();
    const stranger = `stranger of ${randomBytes(6).toString('hex')}`;
    await onServer(`create role "${stranger}"`);
    await here.sql(`create table auckland.notes (id int); alter table auckland.notes owner to "${stranger}"`);
    await using engine = await Engine.in(here);
    await engine.make('auckland, hong-kong');
    await expectAllWorks(engine);
    expect(await engine.says('select * from auckland.notes')).toMatch(/permission denied/);
    await here.sql('drop table auckland.notes');
    await onServer(`drop role "${stranger}"`);
  });

  it('is made by an owner of the database who may make roles, too', async () => {
    await using here = await world({ tickets: 40, superuser: false });
    await onServer(`alter role "${here.database.config.user}" createrole`);
    await using engine = await Engine.in(here);
    await here.complete();
    await engine.make('auckland');
    expect((await engine.does('run', '--full', '--json')).code).toBe(0);
    expect(await engine.says('select * from payroll.salaries')).toMatch(/permission denied/);
  });
});

describe('the script', () => {
  it.each([
    ['superuser', /may do more than a role of a database should/],
    ['createdb', /may do more/],
    ['bypassrls', /may do more/],
  ])('does nothing for a role that is %s', async (attribute, says) => {
    await using here = await world();
    await using engine = await Engine.in(here);
    await onServer(`create role "${engine.name}" login ${attribute}`);
    await expect(engine.make('auckland')).rejects.toThrow(says);
    expect(await here.sql(`select 1 from pg_namespace where nspname = 'auckland'`)).toEqual([]);
  });

  it('does nothing for a role that owns the database or has the rights of another', async () => {
    await using here = await world();
    await using engine = await Engine.in(here);
    await onServer(`create role "${engine.name}" login; grant pg_read_all_data to "${engine.name}"`);
    await expect(engine.make()).rejects.toThrow(/is a member of pg_read_all_data/);
    await onServer(`revoke pg_read_all_data from "${engine.name}"`);
    const { database, user } = here.database.config;
    await onServer(`alter database "${database}" owner to "${engine.name}"`);
    await expect(engine.make()).rejects.toThrow(/owns database/);
    await onServer(`alter database "${database}" owner to "${user}"`);
  });

  it('takes the right to make schemas back when they are listed, and can be run again', async () => {
    await using here = await world({ tickets: 5 });
    await using engine = await Engine.in(here);
    await engine.make('*');
    expect(await engine.says('create schema extra')).toBe('[]');
    await engine.make('auckland');
    await engine.make('auckland');
    expect(await engine.says('create schema more')).toMatch(/permission denied/);
  });
});
