/** Backing up and restoring, carried out by the commands and settings of docs/operations.md. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import type { FreshDatabase } from './database-fixture.js';
import { localPrograms, PlainPostgres } from './plain-postgres.js';
import { KEY, MINUTE, streamOf, World, world } from './world.js';

const page = await readFile(path.resolve(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const command = (program: string) => new RegExp(`^${program} .*$`, 'm').exec(page)?.[0] ?? '';
/** The settings of the page that begin with this one, with the folders of a server of the test's own. */
const settings = (first: string, { home }: PlainPostgres) =>
  (new RegExp(`^${first} = [^]*?(?=^\`\`\`)`, 'm').exec(page)?.[0] ?? '').replaceAll(
    '/backup',
    `${home}/backup`,
  );
const clients = localPrograms();

/** A seller with some of everything, read into a database of this server. */
async function soldOn(server: FreshDatabase): Promise<World> {
  const made = await world({
    sellers: [{ token: KEY, events: [{ id: 'race', tickets: 400, underShops: 2 }], coupons: 30, series: 2 }],
    regions: [{ profile: loadProfile('hyrox') }],
  });
  await made.database[Symbol.asyncDispose]();
  const here = new World(made.simulator, server, { ...made.config, database: server.config });
  await here.complete();
  return here;
}

/** After a restore, of which `missing` tickets were sold since. */
async function expectCaughtUp(restored: World, missing: number): Promise<void> {
  const report = await restored.complete();
  expect(streamOf(report)).toMatchObject({ mode: 'incremental', inserted: missing, proven: true });
  await restored.expectExact();
  const full = await restored.complete({ full: true });
  expect(streamOf(full)).toMatchObject({ inserted: 0, updated: 0, deleted: 0 });
}

/** Another database of the server. */
function beside(server: PlainPostgres, database: string): FreshDatabase {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    config: { ...server.config, database },
    query: async <R>(text: string, values?: unknown[]) => {
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        return (await client.query(text, values)).rows as R[];
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

describe('a dump', () => {
  it.skipIf(clients === undefined)(
    'is restored into an empty database, where one run makes up for all that happened since (needs pg_dump)',
    async () => {
      await using server = await PlainPostgres.start('', clients);
      await using w = await soldOn(server);
      await using other = beside(server, 'other');
      const env = { DATABASE_URL: server.url, NEW_DATABASE_URL: other.url };
      await server.command(`cd backup && ${command('pg_dump')}`, env);
      w.simulator.sell(KEY, 150);
      w.simulator.edit(KEY, 40);
      w.simulator.advance(60 * MINUTE);
      // What the old database still learns is not in the dump.
      expect(streamOf(await w.complete())).toMatchObject({ inserted: 150 });
      w.simulator.sell(KEY, 20);
      w.simulator.advance(60 * MINUTE);
      await w.sql('create database other');
      await server.command(`cd backup && ${command('pg_restore')}`, env);
      await expectCaughtUp(new World(w.simulator, other, { ...w.config, database: other.config }), 170);
    },
  );
});

describe('a base backup', () => {
  it('is brought to the moment before a schema was dropped, and one run makes up for all that happened since', async () => {
    await using server = await PlainPostgres.start((made) => settings('archive_mode', made));
    await using w = await soldOn(server);
    await copyWhileOpen(server);
    await expectGoneBackTo(server, w);
  });

  it.skipIf(clients === undefined)(
    'by pg_basebackup is brought there as well (needs pg_basebackup)',
    async () => {
      await using server = await PlainPostgres.start((made) => settings('archive_mode', made), clients);
      await using w = await soldOn(server);
      const line = command('pg_basebackup').replaceAll('/backup', `${server.home}/backup`);
      await server.command(line, { DATABASE_URL: server.url });
      await expectGoneBackTo(server, w);
    },
  );
});

/** What pg_basebackup does, by PostgreSQL's own statements: the embedded one comes without clients. */
async function copyWhileOpen(server: PlainPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('base', true)`);
    await server.command(`cp -a ${server.data} backup/base`);
    const { rows } = await client.query<{ label: string }>(
      `select labelfile as label from pg_backup_stop(false)`,
    );
    const label = path.join(server.home, 'backup/base/backup_label');
    await writeFile(label, rows[0]?.label ?? '');
    await server.own(label);
    await server.command('rm -rf backup/base/postmaster.* backup/base/pg_wal/*');
  } finally {
    await client.end();
  }
}

/** Loses a schema after the backup and a run, goes back to just before that, and catches up. */
async function expectGoneBackTo(server: PlainPostgres, w: World): Promise<void> {
  w.simulator.sell(KEY, 150);
  w.simulator.advance(60 * MINUTE);
  expect(streamOf(await w.complete())).toMatchObject({ inserted: 150 });
  const [moment] = await w.sql<{ now: string }>('select clock_timestamp()::text as now');
  const [before] = await w.sql<{ runs: number }>('select count(*)::int as runs from vivenu_ingest.runs');
  await w.sql('drop schema vivenu cascade; drop schema auckland cascade');
  w.simulator.sell(KEY, 20);
  w.simulator.advance(60 * MINUTE);
  await w.sql('select pg_switch_wal()');
  await server.stop();
  await rm(server.data, { recursive: true });
  await server.command(`mv backup/base ${server.data} && touch ${server.data}/recovery.signal`);
  await server.set(settings('restore_command', server).replace(/(?<=_time = ').*(?=')/, moment?.now ?? ''));
  await server.begin();
  await server.isPromoted();
  expect(await w.sql('select count(*)::int as runs from vivenu_ingest.runs')).toEqual([before]);
  expect(await w.stored()).toHaveLength(550);
  await expectCaughtUp(w, 20);
}
