/** What docs/operations.md tells people to do, done: its statements and its commands are taken from the page. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import { freshDatabase } from './database-fixture.js';
import { runProgram } from './run-node.js';
import { KEY, streamOf, World, world } from './world.js';

const read = (name: string) => readFile(path.resolve(import.meta.dirname, '../../docs', name), 'utf8');
const [page, scaling] = [await read('operations.md'), await read('scaling.md')];
const statements = [...(page + scaling).matchAll(/```sql\n([^]*?)```/g)]
  .flatMap(([, block = '']) => block.split(/;\n/))
  .map((statement) => statement.trim())
  .filter((statement) => statement !== '');
const command = (program: string) => new RegExp(`^${program} .*$`, 'm').exec(page)?.[0] ?? '';
/** Everything counts as old. */
const atOnce = (statement: string) => statement.replaceAll(/interval '\d+ days'/g, `interval '-1 days'`);

const sold = () =>
  world({
    sellers: [{ token: KEY, events: [{ id: 'race', tickets: 400, underShops: 2 }], coupons: 30, series: 2 }],
    regions: [{ profile: loadProfile('hyrox') }],
  });

describe('the statements of docs/operations.md and docs/scaling.md', () => {
  it('tell how large tables are, thin out what grows, keep the last count of each hour, and disturb no run after them', async () => {
    await using w = await sold();
    for (let run = 1; run <= 3; run += 1) await w.complete();
    await w.sql(
      `update auckland.summary_report set created_at = created_at - interval '3 hours' where id in (select id from auckland.summary_report order by id limit 5)`,
    );
    const points = `select event_id, ticket_group, date_trunc('hour', created_at) as hour, count(*)::int as counts, max(id)::int as last
      from auckland.summary_report group by 1, 2, 3 order by 1, 2, 3`;
    const before = await w.sql<{ counts: number; last: number }>(points);
    expect(Math.max(...before.map(({ counts }) => counts))).toBeGreaterThan(1);
    expect(statements.length).toBe(6);
    for (const statement of statements) await w.sql(atOnce(statement));
    expect(await w.sql(points)).toEqual(before.map((point) => ({ ...point, counts: 1 })));
    expect(await w.sql('select from vivenu_ingest.runs')).toEqual([]);
    const report = await w.complete();
    expect(streamOf(report)).toMatchObject({ mode: 'incremental', inserted: 0, updated: 0 });
    await w.expectExact();
  });
});

/** Version of pg_dump, or 0 where there is none: it refuses servers that are newer than itself. */
const asked = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
const version = asked.status === 0 ? Number(/\b(\d+)\./.exec(asked.stdout)?.[1]) : 0;

describe('a backup', () => {
  it('is restored into an empty database, where one run makes up for all that happened since', async (context) => {
    await using w = await sold();
    const [server] = await w.sql<{ number: number }>(
      `select current_setting('server_version_num')::int / 10000 as number`,
    );
    if (version < (server?.number ?? 0)) context.skip(`pg_dump ${version} is older than the server`);
    await using other = await freshDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-backup-'));
    const env = { DATABASE_URL: w.database.url, NEW_DATABASE_URL: other.url };
    const carryOut = async (line: string) => {
      const { code, stderr } = await runProgram('sh', ['-c', line], { folder, env });
      expect({ code, stderr }, line).toEqual({ code: 0, stderr: '' });
    };
    try {
      await w.complete();
      await carryOut(command('pg_dump'));
      w.simulator.advance(3_600_000);
      w.simulator.sell(KEY, 150);
      w.simulator.edit(KEY, 40);
      // What the old database still learns is not in the backup.
      await w.complete();
      w.simulator.sell(KEY, 20);
      w.simulator.advance(3_600_000);
      await carryOut(command('pg_restore'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    const restored = new World(w.simulator, other, { ...w.config, database: other.config });
    const report = await restored.complete();
    expect(streamOf(report)).toMatchObject({ mode: 'incremental', inserted: 170, proven: true });
    await restored.expectExact();
    const full = await restored.complete({ full: true });
    expect(streamOf(full)).toMatchObject({ inserted: 0, updated: 0, deleted: 0 });
  });
});
