import { describe, expect, it } from 'vitest';
import { demandOf } from '../../src/work/demand.js';

const plan = (cron: string | null, launches: { from: number; to: number }[] = [], zone = 'UTC') => ({
  schedule: cron === null ? null : { cron, zone },
  fullSchedule: null,
  launches,
});

describe('what the schedules of a key ask for in an hour', () => {
  it.each([
    [[plan('*/15 * * * *')], 4],
    [[plan('*/15 * * * *'), plan('*/15 * * * *')], 4],
    [[plan('*/15 * * * *'), plan('0 * * * *')], 5],
    [[plan('0 * * * *'), plan('0 * * * *', [], 'Asia/Kolkata')], 2],
    [[plan('* * * * *'), plan('*/15 * * * *')], 60],
    [[plan('@daily')], 1],
    [[plan(null)], 0],
    [[plan(null, [{ from: 2, to: 3 }])], 60],
    [[plan('0 * * * *', [{ from: 0, to: 1 }])], 1],
  ])('of %j is %i runs', (regions, runs) => {
    expect(demandOf(regions, 7, 2)).toEqual({ runs, requestsEach: 7, requests: runs * 7 });
  });
});
