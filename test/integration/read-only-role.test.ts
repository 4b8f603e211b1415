import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { world, type WorldOptions } from './world.js';

type World = Awaited<ReturnType<typeof world>>;

const SCRIPT = readFileSync(new URL('../../sql/roles/read-only.sql', import.meta.url), 'utf8');
const DENIED = /permission denied/;

/** Two regions that were read, views of a user's own beside the engine's, and a schema that is not of the engine. */
async function filled(options: WorldOptions = {}): Promise<World> {
  const here = await world({ tickets: 20, regions: [{}, { region: 'hong-kong' }], ...options });
  await here.complete();
  await here.sql(`
    create schema auckland_python; create schema foreign_one;
    create table foreign_one.tickets (id int);
    create view auckland.v_mine as select event_id, count(*) from auckland.tickets group by 1;
    create view auckland.v_holders as select id, email from auckland.tickets;
    create view vivenu.v_holders as select 'auckland' as region, * from auckland.v_holders;
    create view auckland_python.ticket_summary as select event_id from auckland.tickets;
    create view auckland_python.tickets as select id, birthday from (select id, null as birthday from auckland.tickets) as t`);
  return here;
}

/** A role of the script's making, and what it may do. */
class Reader implements AsyncDisposable {
  readonly name = `reader of ${randomBytes(6).toString('hex')}`;
  readonly #here: World;
  readonly #connections: pg.Client[] = [];

  constructor(here: World) {
    this.#here = here;
  }

  script(reads: 'everything' | 'views' | 'all' = 'everything'): string {
    return SCRIPT.replace(/(set vivenu_ingest\.reader = )'.*'/, `$1'${this.name}'`).replace(
      /(set vivenu_ingest\.reads = )'.*'/,
      `$1'${reads}'`,
    );
  }

  async make(reads: 'everything' | 'views' | 'all' = 'everything'): Promise<void> {
    await this.#here.sql(this.script(reads));
  }

  /** What came of a statement of the role's own: the rows, or what PostgreSQL refuses. */
  async says(text: string): Promise<string> {
    if (this.#connections.length === 0) {
      const password = randomBytes(8).toString('hex');
      await onServer(`alter role "${this.name}" password '${password}'`);
      const { host, port, database } = this.#here.database.config;
      const client = new pg.Client({ host, port, database, user: this.name, password });
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
    const rows = await this.#here.sql(`select 1 from pg_roles where rolname = '${this.name}'`);
    if (rows.length === 0) return;
    await onServer(`drop owned by "${this.name}"`, this.#here.database.config.database);
    await onServer(`drop role "${this.name}"`);
  }
}

async function onServer(sql: string, database?: string): Promise<void> {
  const server = new URL(inject('postgresUrl'));
  if (database !== undefined) server.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

describe('a role that reads everything', () => {
  it('may select from tables and views of every region, of all together and of old', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make();
    for (const relation of [
      'auckland.tickets',
      'auckland.coupons',
      '"hong-kong".tickets',
      'auckland.v_sales_summary',
      '"hong-kong".v_tickets_sold',
      'vivenu.v_sales_summary',
      'auckland_python.tickets',
    ])
      expect(await reader.says(`select count(*) from ${relation}`), relation).toMatch(/"count":"\d+"/);
    expect(await reader.says('select count(*)::int from auckland.tickets')).toBe('[{"count":20}]');
  });

  it('may change nothing, and read neither what was set aside nor other schemas', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make();
    for (const statement of [
      'delete from auckland.tickets',
      `update auckland.tickets set status = 'VALID'`,
      'insert into auckland.coupons select * from auckland.coupons',
      'truncate auckland.tickets',
      'create table auckland.mine ()',
      'create schema mine',
      'create view vivenu.mine as select 1',
      'delete from auckland.v_sales_summary',
      'select * from vivenu_ingest.rejected_records',
      'select * from vivenu_ingest.runs',
      'select * from foreign_one.tickets',
    ])
      expect(await reader.says(statement), statement).toMatch(/permission denied|cannot delete from view/);
    expect(await reader.says('drop table auckland.tickets')).toMatch(/must be owner/);
  });

  it('may read what is made later, and a region that was added after the script ran again', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make();
    await here.sql(
      `create view auckland.v_later as select 1 as one; create view vivenu.v_later as select 2 as two`,
    );
    await here.sql('create table auckland.later as select 3 as three');
    expect(await reader.says('select * from auckland.v_later, vivenu.v_later, auckland.later')).toBe(
      '[{"one":1,"two":2,"three":3}]',
    );
    here.configure({}, { region: 'berlin' });
    await here.complete();
    expect(await reader.says('select 1 from berlin.tickets')).toMatch(DENIED);
    await reader.make();
    expect(await reader.says('select count(*)::int from berlin.tickets')).toBe('[{"count":20}]');
  });

  it('can be made by the owner of the database, where an administrator made the role', async () => {
    await using here = await filled({ superuser: false });
    await using reader = new Reader(here);
    await expect(reader.make()).rejects.toThrow(/permission denied to create role/);
    await onServer(`create role "${reader.name}" login`);
    await reader.make();
    expect(await reader.says('select count(*)::int from auckland.tickets')).toBe('[{"count":20}]');
    expect(await reader.says('select count(*) from auckland.v_tickets_sold')).toMatch(/"count":"\d+"/);
    expect(await reader.says('delete from auckland.tickets')).toMatch(DENIED);
  });
});

describe('a role that reads views', () => {
  it('may select from them, and not from tables nor from views with personal data', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make('views');
    for (const view of [
      'auckland.v_sales_summary',
      '"hong-kong".v_sales_summary',
      'vivenu.v_sales_summary',
      'auckland_python.ticket_summary',
    ])
      expect(await reader.says(`select count(*) from ${view}`), view).toMatch(/"count":"\d+"/);
    for (const relation of [
      'auckland.tickets',
      'auckland.events',
      'auckland.v_tickets_sold',
      '"hong-kong".v_tickets_sold',
      'auckland.v_holders',
      'vivenu.v_holders',
      'vivenu.v_tickets_sold',
      'auckland_python.tickets',
      'vivenu_ingest.rejected_records',
    ])
      expect(await reader.says(`select * from ${relation}`), relation).toMatch(DENIED);
    expect(await reader.says('update auckland.v_tickets_sold set name = null')).toMatch(
      /permission denied|cannot update view/,
    );
  });

  it('may read views made later once the script has run again, and loses what became personal', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make('views');
    await here.sql(`create view auckland.v_later as select 1 as one;
      create or replace view auckland.v_mine as select event_id, count(*), null as email from auckland.tickets group by 1`);
    await reader.make('views');
    expect(await reader.says('select * from auckland.v_later')).toBe('[{"one":1}]');
    expect(await reader.says('select * from auckland.v_mine')).toMatch(DENIED);
  });
});

describe('the script', () => {
  it('does nothing at all where the role would have more rights than it should', async () => {
    await using here = await filled();
    await using reader = new Reader(here);
    await reader.make('everything');
    await expect(reader.make('views')).rejects.toThrow(
      /may read auckland\.tickets: name another one for the views/,
    );
    await here.sql(`grant insert on auckland.coupons to "${reader.name}"`);
    await expect(reader.make()).rejects.toThrow(/may change auckland\.coupons/);
    await here.sql(`revoke insert on auckland.coupons from "${reader.name}"`);
    await here.sql(`grant select (record) on vivenu_ingest.rejected_records to "${reader.name}"`);
    await expect(reader.make()).rejects.toThrow(/may read vivenu_ingest\.rejected_records/);
    await onServer(`alter role "${reader.name}" superuser`);
    await expect(reader.make()).rejects.toThrow(/is a superuser/);
  });

  it('says what is wrong with its settings or the database', async () => {
    await using here = await world();
    await using reader = new Reader(here);
    await expect(reader.make()).rejects.toThrow(/holds nothing of vivenu-ingest/);
    await here.complete();
    await expect(reader.make('all')).rejects.toThrow(/reads is "all": write everything or views/);
    await here.sql('drop schema auckland cascade');
    await expect(reader.make()).rejects.toThrow(/no region was read/);
    expect(await here.sql(`select 1 from pg_roles where rolname = '${reader.name}'`)).toEqual([]);
  });

  it('says who has to give the right to a schema that an administrator made', async () => {
    await using here = await world({ superuser: false, tickets: 5 });
    const owner = here.database.config.user;
    const made = `create schema auckland; grant usage, create on schema auckland to "${owner}"`;
    await onServer(made, here.database.config.database);
    await here.complete();
    await using reader = new Reader(here);
    await onServer(`create role "${reader.name}" login`);
    const refused = await reader.make().catch((error: unknown) => (error as Error).message);
    expect(refused).toMatch(
      /^schema auckland belongs to role .* grant usage on schema auckland to "reader of/,
    );
    await onServer(/grant usage .*/.exec(String(refused))![0], here.database.config.database);
    await reader.make();
    expect(await reader.says('select count(*)::int from auckland.tickets')).toBe('[{"count":5}]');
  });

  it('says who has to run it, where the tables are of another role', async () => {
    await using here = await filled({ superuser: false });
    await using reader = new Reader(here);
    await using stranger = new Reader(here);
    await onServer(`create role "${reader.name}" login`);
    await onServer(`create role "${stranger.name}" login`);
    await here.sql(
      `grant usage on schema vivenu_ingest, auckland, "hong-kong", vivenu, auckland_python to "${stranger.name}"`,
    );
    await here.sql(`grant select on all tables in schema vivenu_ingest to "${stranger.name}"`);
    for (const reads of ['everything', 'views'] as const)
      expect(await stranger.says(reader.script(reads))).toMatch(
        /tickets belongs to role .*: run this as that role or as a superuser/,
      );
  });
});
