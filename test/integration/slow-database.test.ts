import { describe, expect, it } from 'vitest';
import { isCount, world } from './world.js';

describe('a database that is slow', () => {
  it('has at most as many pages waiting for it as there are workers, and gets all of them', async () => {
    await using w = await world({ tickets: 6000, batch: { size: 200, maxWorkers: 3 } });
    await w.complete({ only: ['events'] });
    await w.sql(`
      create function auckland.slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.2); return null; end';
      create trigger slowly before insert on auckland.tickets for each statement execute function auckland.slowly()`);
    w.simulator.stats.reset();
    const answered = () =>
      w.simulator.log.filter((line) => line.path === '/api/tickets' && !isCount(line)).length;
    let stored = 0;
    let most = 0;
    const look = () => (most = Math.max(most, answered() - stored));
    const timer = setInterval(look, 10);
    await w.complete({
      only: ['tickets'],
      watch: (event) => {
        if (event.type !== 'page' || event.stream !== 'tickets') return;
        look();
        stored += 1;
      },
    });
    clearInterval(timer);
    expect(most).toBe(3);
    expect(stored).toBeGreaterThanOrEqual(30);
    await w.expectExact();
  });
});
