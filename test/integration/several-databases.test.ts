/** Several databases, each with keys of its own, asked as one by the statements of docs/scaling.md. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../src/profile/profile.js';
import { freshDatabase } from './database-fixture.js';
import { world, type World } from './world.js';

const page = await readFile(path.resolve(import.meta.dirname, '../../docs/scaling.md'), 'utf8');
const [asked = ''] = /^create extension if not exists postgres_fdw;\n[^]*?(?=^```)/m.exec(page) ?? [];

const sold = (region: string, tickets: number) =>
  world({
    sellers: [{ token: `key_of_${region}`, events: [{ id: `race_${region}`, tickets }] }],
    regions: [{ region, token: `key_of_${region}`, profile: loadProfile('hyrox') }],
  });

/** The statements of the page for one machine of the two that it names, which is here. */
const forServer = (name: string, { database: { config } }: World) =>
  asked
    .replaceAll('europe', name)
    .replace(`host 'db-${name}.internal'`, `host '${config.host}', port '${config.port}'`)
    .replace(`dbname 'vivenu'`, `dbname '${config.database}'`)
    .replace(`user 'vivenu_reader'`, `user '${config.user}'`)
    .replace(`password '…'`, `password '${config.password}'`);

describe('two databases with keys of their own', () => {
  it('are asked together by a third, which sees what each sees', async () => {
    await using over = await freshDatabase();
    await using auckland = await sold('auckland', 300);
    await using london = await sold('london', 500);
    for (const w of [auckland, london]) await w.complete();
    await over.query(forServer('asia', auckland));
    await over.query(forServer('europe', london));
    const [statement = ''] = /^select [^]*?;/m.exec(page.slice(page.indexOf(asked) + asked.length)) ?? [];
    const together = await over.query<{ region: string; sold: string }>(statement);
    expect(together.map(({ region }) => region)).toEqual(['auckland', 'london']);
    for (const [index, w] of [auckland, london].entries()) {
      const [own] = await w.sql<{ sold: string }>(
        `select sum(sold) as sold from vivenu.v_sales_summary where is_headline`,
      );
      expect(Number(own?.sold)).toBeGreaterThan(100);
      expect(together[index]?.sold).toBe(own?.sold);
    }
  });
});
