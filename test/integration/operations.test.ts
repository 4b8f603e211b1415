/** The statements of docs/operations.md and docs/scaling.md, taken from the pages and carried out. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import { KEY, streamOf, world } from './world.js';

const read = (name: string) => readFile(path.resolve(import.meta.dirname, '../../docs', name), 'utf8');
const [page, scaling] = [await read('operations.md'), await read('scaling.md')];
const statements = [...(page + scaling).matchAll(/```sql\n([^]*?)```/g)]
  // What is asked of another machine is carried out by several-databases.test.ts.
  .filter(([, block = '']) => !block.includes('europe'))
  .flatMap(([, block = '']) => block.split(/;\n/))
  .map((statement) => statement.trim())
  .filter((statement) => statement !== '');
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
