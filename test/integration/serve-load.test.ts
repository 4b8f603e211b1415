import { describe, expect, it } from 'vitest';
import { load } from '../../bench/serve-load.js';
import { PostgresServer } from '../faults/server.js';

describe('serve under load', () => {
  // `npm run bench:serve` is the same for longer, and with vivenu's own pauses.
  it('takes 200 a second, loses nothing while PostgreSQL is killed for 2 s, and a full read finds nothing', async () => {
    await using server = await PostgresServer.start({ track_commit_timestamp: 'on' });
    const one = await load(server, {
      ...{ rate: 200, seconds: 5, awayMs: 2000, tickets: 300 },
      retryAfterMs: [500, 1000, 2000, 4000, 8000, 16_000],
    });
    expect(one.differences).toEqual({ missing: 0, different: 0, extra: 0 });
    expect(one.full).toEqual({ status: 'complete', written: 0, drift: 0 });
    expect(one).toMatchObject({ sold: 500, edited: 500, lost: 0 });
    expect(one.answers[200]).toBe(1000);
    expect(one.answers[503]).toBeGreaterThan(200);
    expect(Object.keys(one.answers)).toEqual(['200', '503']);
    expect(one.toRow).toHaveLength(500);
  }, 180_000);

  it('that is killed twice loses nothing of what it answered, and vivenu sends the rest again', async () => {
    await using server = await PostgresServer.start({ track_commit_timestamp: 'on' });
    const one = await load(server, {
      ...{ rate: 200, seconds: 6, kills: 2, tickets: 300 },
      retryAfterMs: [500, 1000, 2000, 4000, 8000, 16_000],
    });
    expect(one.differences).toEqual({ missing: 0, different: 0, extra: 0 });
    expect(one.full).toEqual({ status: 'complete', written: 0, drift: 0 });
    expect(one.lost).toBe(0);
    // Connections that are refused or cut off.
    expect(one.answers[0]).toBeGreaterThan(50);
  }, 180_000);
});
