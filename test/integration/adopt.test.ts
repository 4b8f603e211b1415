import { describe, expect, it } from 'vitest';
import { adopt } from '../../src/load/adopt.js';
import { lookAt, takeOver } from '../../src/load/adopt-run.js';
import { DatabaseManager } from '../../src/load/database.js';
import { loadProfile } from '../../src/profile.js';
import { regionOf } from '../../src/sync/region.js';
import { buildAncestor } from './ancestor.js';
import { KEY, world } from './world.js';

describe('adopt', () => {
  it('smoke', async () => {
    await using w = await world({
      sellers: [
        { token: KEY, events: [{ id: 'race', tickets: 3000, underShops: 6 }], coupons: 200, series: 4 },
      ],
      regions: [{ profile: loadProfile('hyrox') }],
    } as never);
    await buildAncestor({ url: w.database.url, schema: 'auckland', api: w.simulator.url, token: KEY });
    await using db = await DatabaseManager.connect(w.database.config);
    const region = regionOf(w.config.events[0]!, w.config);
    const looked = await lookAt(db, 'auckland', [...region.tables.values()], 'Asia/Hong_Kong');
    console.log(looked.lateMinutes, looked.sessionZone);
    const t = Date.now();
    const done = await takeOver(db, looked.setting, {
      regionName: 'auckland',
      rehearse: false,
      lost: new AbortController().signal,
    });
    console.log(Date.now() - t, 'ms', done.tables, done.restored, done.views);
    const report = await w.complete();
    console.log(
      JSON.stringify(
        report.regions[0]!.streams.map(({ stream, fetched, inserted, updated, deleted, stored_total }) => ({
          stream,
          fetched,
          inserted,
          updated,
          deleted,
          stored_total,
        })),
      ),
    );
    expect(adopt).toBeDefined();
  });
});
