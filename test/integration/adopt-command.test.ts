import { describe, expect, it } from 'vitest';
import { pythonWorld, ZONE } from './ancestor-world.js';
import { vivenuIngest } from './command-line.js';
import { freshDatabase } from './database-fixture.js';
import { KEY, type World } from './world.js';

const variables = (w: Pick<World, 'database'>, url = 'http://127.0.0.1:1/api') => ({
  DATABASE_URL: w.database.url,
  EVENT_CONFIGS__auckland__token: KEY,
  EVENT_CONFIGS__auckland__event_id: '*',
  EVENT_CONFIGS__auckland__base_url: url,
  EVENT_CONFIGS__auckland__profile: 'hyrox',
});

describe('adopt', () => {
  it('shows in a dry run what it would do, does it, and says so when asked again', async () => {
    await using w = await pythonWorld();
    const env = variables(w, w.simulator.url);
    const adopt = (...more: string[]) =>
      vivenuIngest(['adopt', '--region', 'auckland', '--timezone', ZONE, ...more], env);

    const dry = await adopt('--dry-run');
    expect(dry.stderr).toBe('');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^Tried and undone: schema "auckland"/m);
    expect(dry.stdout).toMatch(/rows, checksum [0-9a-f]{32} before and after/);
    expect(dry.stdout).toContain('Nothing was changed.');

    const refused = await adopt();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('there is nobody to ask');

    // A run would mix its rows with those of the Python system.
    const early = await vivenuIngest(['run', '--json'], env);
    expect(early.code).toBe(1);
    expect(early.stdout).toContain('vivenu-ingest adopt');

    const done = await adopt('--yes', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({ status: 'complete', region: 'auckland' });
    expect(done.code).toBe(0);
    const again = await adopt('--yes');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('already');

    const run = await vivenuIngest(['run'], { ...env, HTTP_REQUESTS_PER_HOUR: '1000000' });
    expect(run.code).toBe(0);
  });

  it('refuses a time zone that nobody knows with the nearest one, and a schema in which there is nothing', async () => {
    await using database = await freshDatabase();
    const env = variables({ database });
    const empty = await vivenuIngest(['adopt', '--region', 'auckland', '--yes'], env);
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('there is nothing to take over');
    const zone = await vivenuIngest(
      ['adopt', '--region', 'auckland', '--timezone', 'Asia/HongKong', '--dry-run'],
      env,
    );
    expect(zone.code).toBe(2);
    expect(zone.stderr).toContain('Asia/Hong_Kong');
    const region = await vivenuIngest(['adopt', '--region', 'aukland', '--dry-run'], env);
    expect(region.code).toBe(2);
    expect(region.stderr).toContain('auckland');
  });

  it('leaves tables alone that are not those of the Python system, and names the first difference', async () => {
    await using database = await freshDatabase();
    await database.query(
      'create schema auckland; create table auckland.tickets (id int primary key, note text)',
    );
    const { code, stderr } = await vivenuIngest(
      ['adopt', '--region', 'auckland', '--yes'],
      variables({ database }),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('tickets');
    expect(await database.query('select id, note from auckland.tickets')).toEqual([]);
  });
});
