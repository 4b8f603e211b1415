import { describe, expect, it } from 'vitest';
import { idsOf, KEY, MINUTE, SECOND, streamOf, world } from './world.js';

const HOUR = 60 * MINUTE;

describe("vivenu's clock", () => {
  it('that ran ahead, stamped rows and was set back costs one full read, which is told, and no edit', async () => {
    await using here = await world({ tickets: 400 });
    const ids = idsOf(here.truth());
    await here.complete();
    here.simulator.advance(HOUR);
    here.simulator.edit(KEY, ids.slice(0, 30));
    here.simulator.advance(10 * SECOND);
    await here.complete();
    here.simulator.advance(-HOUR);
    here.simulator.edit(KEY, ids.slice(20, 220));
    here.simulator.advance(10 * SECOND);
    const report = await here.complete();
    await here.expectExact();
    expect(streamOf(report).mode).toBe('full');
    expect(streamOf(report).warnings?.join()).toMatch(/clock was set back by about \d+ min/);

    here.simulator.edit(KEY, ids.slice(220, 270));
    here.simulator.advance(10 * SECOND);
    const next = await here.complete();
    await here.expectExact();
    expect(streamOf(next).mode).toBe('incremental');
    expect(streamOf(next).warnings).toBeUndefined();
  });

  it('that is behind by less than increments overlap costs nothing', async () => {
    await using here = await world({ tickets: 400 });
    await here.complete();
    here.simulator.advance(-MINUTE);
    here.simulator.edit(KEY, 20);
    const report = await here.complete();
    expect(streamOf(report).mode).toBe('incremental');
    here.simulator.advance(10 * SECOND);
    await here.complete();
    await here.expectExact();
  });
});
