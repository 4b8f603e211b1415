import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dump, found } from './dump.js';
import { MARK, MarkedVivenu, person } from './marked-vivenu.js';
import { KEY, streamOf, world } from './world.js';

const page = readFileSync(new URL('../../docs/privacy.md', import.meta.url), 'utf8');
const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const shell = promisify(execFile);

/** The lines of a block of the page that begins so, as somebody would type them. */
function lineOf(language: string, begins: string): string {
  const blocks = [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^ *\`\`\`$`, 'gms'))];
  const block = blocks.find(([, , text = '']) => text.trimStart().startsWith(begins));
  return (block?.[2] ?? '').replaceAll(/^ +/gm, '');
}

describe('docs/privacy.md', () => {
  it('gives commands that find a person, erase a whole event, and drop a region', async () => {
    await using here = await world({
      sellers: [
        {
          token: KEY,
          events: [
            { id: 'race', tickets: 40 },
            { id: 'other', tickets: 20 },
          ],
          odd: ['text-price'],
        },
      ],
    });
    await using vivenu = await MarkedVivenu.before(here.simulator, (record, at) =>
      at === '/tickets' && record['eventId'] === 'race' ? person(record) : record,
    );
    const { url: baseUrl } = vivenu;
    here.configure({ baseUrl }, { region: 'berlin', eventIds: ['other'], baseUrl });
    await here.complete();
    const env = { ...process.env, DATABASE_URL: here.database.url };
    const types = async (line: string) => {
      const text = `vivenu-ingest() { "${process.execPath}" "${CLI}" "$@"; }\n${line}`;
      return (await shell('bash', ['-c', text], { env, cwd: tmpdir() })).stdout;
    };

    const [finds = '', rejects = ''] = lineOf('sh', 'vivenu-ingest sql "select id, customer_id')
      .replaceAll('name@example.com', `${MARK}@example.com`)
      .split('\n');
    expect(await types(finds)).toContain(`${MARK} name`);
    expect(await types(rejects)).toMatch(/^ +1 +\w{24}$/m);

    const event = lineOf('sh', `vivenu-ingest sql "select id from auckland.tickets`).replace('65a1…', 'race');
    // A command is no function for xargs.
    const whole = event.replace('xargs -n 500 vivenu-ingest', `xargs -n 500 "${process.execPath}" "${CLI}"`);
    expect(whole).not.toBe(event);
    await types(whole);
    const left = await here.sql(
      `select 1 from auckland.tickets where event_id = 'race' and name is not null`,
    );
    expect(left).toEqual([]);

    await here.sql(lineOf('sql', 'drop schema auckland'));
    here.configure({ region: 'berlin', eventIds: ['other'], baseUrl });
    expect(found(await dump(here.database), ['auckland.', MARK])).toEqual([]);
    const report = await here.complete();
    expect(streamOf(report, 'tickets', 'berlin').proven).toBe(true);
    const [seen] = await here.sql<{ count: number }>('select count(*)::int from vivenu.v_tickets_sold');
    expect(seen!.count).toBeGreaterThan(5);
  });
});
