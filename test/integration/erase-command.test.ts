import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DatabaseManager } from '../../src/load/database.js';
import { vivenuIngest } from './command-line.js';
import { everything, found } from './dump.js';
import { MARK, MarkedVivenu, person } from './marked-vivenu.js';
import { KEY, world, type World } from './world.js';

const CUSTOMER = 'customer of one';

interface Stage extends AsyncDisposable {
  readonly here: World;
  readonly ticket: string;
  readonly env: NodeJS.Dict<string>;
}

/** A region with one ticket of a marked customer, and what the command is called with. */
async function stage(): Promise<Stage> {
  const here = await world({ tickets: 60 });
  const ticket = here.truth()[5]!.id!;
  const vivenu = await MarkedVivenu.before(here.simulator, (record) =>
    record['_id'] === ticket ? person(record, { customerId: CUSTOMER }) : record,
  );
  here.configure({ baseUrl: vivenu.url });
  await here.complete();
  const env = {
    DATABASE_URL: here.database.url,
    EVENT_CONFIGS__auckland__token: KEY,
    EVENT_CONFIGS__auckland__event_id: '*',
    EVENT_CONFIGS__auckland__base_url: vivenu.url,
  };
  return {
    ...{ here, ticket, env },
    [Symbol.asyncDispose]: async () => {
      await vivenu[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
    },
  };
}

interface Said {
  status: string;
  error?: string;
  dry_run: boolean;
  tables: { region: string; schema: string; table: string; rows: number; fields: number }[];
  unknown: { tickets: string[]; customers: string[] };
  out_of_reach: string[];
}

const named = async ({ here }: Stage) => (await everything(here.database)).includes(MARK);
const rowsOf = ({ tables }: Said, table: string) => tables.find((one) => one.table === table);

describe('erase', () => {
  it('says with --dry-run how many rows and values of each table would go, and removes nothing', async () => {
    await using on = await stage();
    const args = ['erase', '--customer', CUSTOMER, '--ticket', on.ticket, '--dry-run'];
    const text = await vivenuIngest(args, on.env);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^auckland\s+auckland\.tickets\s+1\s+\d\d$/m);
    expect(text.stdout).toContain('Would remove personal data from 1 row; nothing was removed.');
    expect(text.stdout).toMatch(/Out of reach.*\n {2}- at vivenu itself/);
    const json = JSON.parse((await vivenuIngest([...args, '--json'], on.env)).stdout) as Said;
    expect(json).toMatchObject({
      status: 'complete',
      dry_run: true,
      unknown: { tickets: [], customers: [] },
    });
    expect(rowsOf(json, 'tickets')).toMatchObject({ region: 'auckland', schema: 'auckland', rows: 1 });
    expect(rowsOf(json, 'tickets')!.fields).toBeGreaterThan(25);
    expect(rowsOf(json, 'rejected_records')).toMatchObject({ rows: 0, fields: 0 });
    expect(await named(on)).toBe(true);
    expect(await on.here.sql('select 1 from vivenu_ingest.erased')).toEqual([]);
  });

  it('removes with --yes, says so as text or JSON, and a run brings nothing back', async () => {
    await using on = await stage();
    const done = await vivenuIngest(['erase', '--customer', CUSTOMER, '--yes', '--json'], on.env);
    expect([done.code, done.stderr]).toEqual([0, '']);
    const json = JSON.parse(done.stdout) as Said;
    expect(json).toMatchObject({ status: 'complete', dry_run: false });
    expect(rowsOf(json, 'tickets')!.rows).toBe(1);
    expect(json.out_of_reach).toContain('at vivenu itself');
    expect(await named(on)).toBe(false);
    const run = await vivenuIngest(['run', '--full', '--json'], on.env);
    expect(run.code).toBe(0);
    expect(await named(on)).toBe(false);
    const again = await vivenuIngest(['erase', '--ticket', `${on.ticket},nobody`, '--yes'], on.env);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Ticket nobody: nothing is stored of it.');
    expect(again.stdout).toContain('Removed personal data from 0 rows.');
  });

  it('asks first: with nobody to ask it is wrong usage, as it is without ids or with an unknown region', async () => {
    await using on = await stage();
    const ways: [string[], RegExp][] = [
      [['--ticket', on.ticket], /erase asks first, and there is nobody to ask: say --yes/],
      [['--ticket', on.ticket, '--json'], /say --yes, or look with --dry-run/],
      [['--yes'], /erase needs --ticket <id> or --customer <id>/],
      [['--ticket', '', '--yes'], /it is no id/],
      [['--ticket', on.ticket, '--yes', '--region', 'nowhere'], /--region nowhere: configured are auckland/],
    ];
    for (const [args, says] of ways) {
      const { code, stdout, stderr } = await vivenuIngest(['erase', ...args], on.env);
      expect([code, stdout + stderr]).toEqual([2, expect.stringMatching(says)]);
    }
    expect(await named(on)).toBe(true);
  });

  it('leaves with exit code 3, and nothing erased, when a run holds a region', async () => {
    await using on = await stage();
    await using db = await DatabaseManager.connect(on.here.database.config);
    await using lock = await db.tryLock(['run auckland']);
    expect(lock).not.toBeNull();
    const { code, stderr } = await vivenuIngest(['erase', '--ticket', on.ticket, '--yes'], on.env);
    expect([code, stderr]).toEqual([3, expect.stringContaining('nothing was erased')]);
    expect(await named(on)).toBe(true);
  });

  it('needs no region to be configured, and nothing to be stored', async () => {
    await using on = await stage();
    const { DATABASE_URL } = on.env;
    const forgotten = await vivenuIngest(['erase', '--ticket', on.ticket, '--yes'], { DATABASE_URL });
    expect(forgotten).toMatchObject({ code: 0, stderr: '' });
    expect(await named(on)).toBe(false);
    await on.here.sql('drop schema vivenu_ingest, vivenu, auckland cascade');
    const empty = await vivenuIngest(['erase', '--customer', CUSTOMER, '--yes'], { DATABASE_URL });
    expect(empty.stdout).toContain(`Customer ${CUSTOMER}: nothing is stored under this id.`);
    await vivenuIngest(['run', '--json'], on.env);
    expect(await named(on)).toBe(false);
  });
});

describe('a run', () => {
  it('leaves no value of a record in the log, on the terminal or in the report of a run with every detail', async () => {
    await using here = await world({
      sellers: [{ token: KEY, events: [{ id: 'race', tickets: 60 }], odd: ['text-price', 'no-id', 'nul'] }],
    });
    await using vivenu = await MarkedVivenu.before(here.simulator, (record, path) =>
      path === '/tickets' ? person(record) : record,
    );
    const directory = mkdtempSync(join(tmpdir(), 'vivenu-privacy-'));
    const env = {
      DATABASE_URL: here.database.url,
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: vivenu.url,
      ENABLE_FILE_LOGGING: 'true',
      LOG_LEVEL: 'debug',
      LOG_DIRECTORY: directory,
    };
    const said: string[] = [];
    for (const args of [
      ['run', '--debug'],
      ['run', '--full', '--debug', '--json'],
      ['rejects', 'list', '--json'],
      ['rejects', 'retry'],
      ['status'],
      ['erase', '--customer', `${MARK} customer`, '--yes', '--json'],
    ]) {
      const { code, stdout, stderr } = await vivenuIngest(args, env);
      expect(code, args.join(' ') + stderr).toBeLessThan(2);
      said.push(stdout, stderr);
    }
    const logs = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    rmSync(directory, { recursive: true });
    expect(logs.join('')).toContain('realPrice');
    for (const text of [...said, ...logs]) expect(found(text, [MARK])).toEqual([]);
    expect(found(await everything(here.database), [MARK])).toEqual([]);
  });
});
