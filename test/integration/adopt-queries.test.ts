import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OLD_QUERIES, type OldQuery } from './ancestor-queries.js';
import { answer } from './ancestor-session.js';
import { addUsersOwn } from './ancestor-user.js';
import { pythonWorld, takeOverNow, ZONE } from './ancestor-world.js';
import type { World } from './world.js';

const PAGE = readFileSync(new URL('../../docs/migrating-from-python.md', import.meta.url), 'utf8');

const ask = (w: World, path: string, { sql }: Pick<OldQuery, 'sql'>) =>
  answer({ url: w.database.url, path: [path], zone: ZONE }, sql);

const asked = async (w: World, path: string) => {
  const answers = new Map<string, string[]>();
  for (const query of OLD_QUERIES) answers.set(query.asks, await ask(w, path, query));
  return answers;
};

describe('old queries with the compatibility schema as their search_path', () => {
  it('say the same after the take-over and after the first run, save where the page names a mended fault', async () => {
    await using w = await pythonWorld({ tickets: 2000 });
    const before = await asked(w, 'auckland');
    await takeOverNow(w);
    const after = await asked(w, 'auckland_python');
    await w.complete();
    const run = await asked(w, 'auckland_python');
    const differs = (now: Map<string, string[]>) =>
      OLD_QUERIES.filter(
        ({ asks }) => JSON.stringify(now.get(asks)) !== JSON.stringify(before.get(asks)),
      ).map(({ asks }) => asks);
    const mended = (since: readonly string[]) =>
      OLD_QUERIES.flatMap(({ asks, mended: why }) => (why && since.includes(why.since) ? [asks] : []));
    expect(differs(after)).toEqual(mended(['adopt']));
    expect(differs(run)).toEqual(mended(['adopt', 'run']));
    expect([...before.values()].filter((rows) => rows.length === 0).length).toBeLessThan(4);
    for (const { mended: why } of OLD_QUERIES) if (why) expect(PAGE).toContain(why.fault);
  });
});

describe('what a user made around the tables', () => {
  it('is there afterwards with the same answers: views, columns, indexes, triggers, materialized views', async () => {
    await using w = await pythonWorld();
    await addUsersOwn(w.database.url, 'auckland');
    const queries = {
      'auckland.sales_by_day': 'select * from auckland.sales_by_day order by 1, 2',
      'auckland.vips': 'select id, ticket_name from auckland.vips order by 1',
      'bi.busiest': 'select * from bi.busiest order by place',
      'bi.cities': 'select * from bi.cities order by 1',
      'auckland.notes': 'select * from auckland.notes order by 1',
    };
    const answers = async () => {
      const all: string[][] = [];
      for (const sql of Object.values(queries)) all.push(await ask(w, 'auckland', { sql }));
      return all;
    };
    const before = await answers();
    const { restored } = await takeOverNow(w);
    expect(await answers()).toEqual(before);
    // A day of an instant depends on a zone, so that no index can hold it; it is named, with its definition.
    expect(restored.lostIndexes).toEqual([
      {
        name: 'my_days',
        definition: expect.stringContaining('created_at)::date') as string,
        reason: expect.stringContaining('IMMUTABLE') as string,
      },
    ]);
    const indexes = await w.sql<{ name: string }>(
      `select indexname as name from pg_indexes where schemaname = 'auckland' and indexname like 'my\\_%' order by 1`,
    );
    expect(indexes.map(({ name }) => name)).toEqual(['my_names', 'my_tickets_by_time', 'my_valid_tickets']);
    const triggers = await w.sql(`select 1 from pg_trigger where tgname = 'my_trigger'`);
    expect(triggers).toHaveLength(1);
    await w.complete();
    expect((await ask(w, 'auckland', { sql: 'select count(*) from auckland.vips' }))[0]).toBe('(7)');
  });
});
