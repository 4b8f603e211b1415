import { describe, expect, it } from 'vitest';
import {
  BUDGET,
  budgetHours,
  INTERVAL,
  keysOfACore,
  loadRequests,
  needsOf,
  planned,
  waitOf,
  type Costs,
} from '../../bench/scaling-model.js';

const COSTS: Costs = {
  tickets: 1000,
  ticketBytes: 5000,
  keyBytes: 200,
  walBytes: 6000,
  loadNode: 100e-6,
  loadPostgres: 200e-6,
  loadWall: 500e-6,
  loadRequests: 12,
  vacuum: 20e-6,
  idleRequests: 5,
  idleNode: 0.6,
  idlePostgres: 0.1,
  idleWall: 0.8,
  start: 0.4,
  refreshPostgres: 50e-6,
  bookBytes: 2000,
  historyBytes: 4000,
};
const scene = { name: 'some', keys: 40, tickets: 4_000_000 };

describe('the arithmetic of scaling', () => {
  it('asks for a first load what the design allows, a page for a thousand tickets', () => {
    expect(loadRequests(100_000)).toBeCloseTo(130);
    expect(budgetHours(100_000)).toBe(0);
    expect(budgetHours(5_000_000)).toBeCloseTo((5520 - BUDGET) / BUDGET);
  });

  it('needs of everything twice as much for twice as many keys and tickets', () => {
    const once = needsOf(scene, COSTS);
    const twice = needsOf({ ...scene, keys: 80, tickets: 8_000_000 }, COSTS);
    expect(twice.requests).toBe(once.requests);
    for (const need of [
      'coreHours',
      'diskBytes',
      'booksBytesYear',
      'historyBytesYear',
      'nodeCores',
      'postgresCores',
    ] as const)
      expect(twice[need]).toBeCloseTo(2 * once[need], 6);
  });

  it('counts cores by the runs of five minutes and the summaries of what is on sale', () => {
    const needs = needsOf(scene, COSTS);
    expect(needs.nodeCores).toBeCloseTo((40 * 0.6) / 300);
    expect(needs.postgresCores).toBeCloseTo((40 * 0.1 + 400_000 * 50e-6) / 300);
    expect(planned(0.01)).toBe(1);
    expect(planned(1.01)).toBe(2);
  });

  it('lets runs wait the longer the more keys share a core, and without end once it is busy all the time', () => {
    const waits = [50, 300, 480].map((keys) => waitOf(keys, 0.6));
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBeLessThan(5);
    expect(waitOf(1.5 * (INTERVAL / 0.6), 0.6)).toBeGreaterThan(300);
  });

  it('finds the most keys that wait no longer than is allowed, the same each time', () => {
    const keys = keysOfACore(0.6, 10);
    expect(waitOf(keys, 0.6)).toBeLessThanOrEqual(10);
    expect(waitOf(keys + 1, 0.6)).toBeGreaterThan(10);
    expect(keysOfACore(0.6, 10)).toBe(keys);
    expect(keys).toBeLessThan(INTERVAL / 0.6);
  });
});
