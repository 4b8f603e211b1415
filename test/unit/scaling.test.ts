import { describe, expect, it } from 'vitest';
import {
  BUDGET,
  budgetHours,
  loadRequests,
  needsOf,
  planned,
  type Costs,
} from '../../bench/scaling-model.js';
import { mostKeys, simulate, type Load } from '../../bench/scaling-queue.js';

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
  stayNode: 0.2,
  stayPostgres: 0.1,
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
    expect(needs.nodeCores).toBeCloseTo((40 * 0.2) / 300);
    expect(needs.postgresCores).toBeCloseTo((40 * 0.1 + 400_000 * 50e-6) / 300);
    expect(planned(0.01)).toBe(1);
    expect(planned(1.01)).toBe(2);
  });
});

const LOAD: Load = {
  ...{ keys: 100, interval: 300, workers: 1, cores: 8 },
  ...{ node: 0.6, postgres: 0.1, sale: { postgres: 2, share: 0.1 } },
};

describe('the simulation of workers and PostgreSQL', () => {
  it('lets runs wait the longer the more keys share a core, and without end once it is busy all the time', () => {
    const waits = [50, 300, 480].map((keys) => simulate({ ...LOAD, keys }).latest);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBeLessThan(5);
    expect(simulate({ ...LOAD, keys: 750 }).latest).toBeGreaterThan(600);
  });

  it('has cores as busy as the arithmetic says', () => {
    const { workersBusy, postgresBusy } = simulate({ ...LOAD, keys: 400, cores: 2 });
    expect(workersBusy).toBeCloseTo((400 * 0.6) / 300, 1);
    expect(postgresBusy).toBeCloseTo((400 * (0.1 + 0.1 * 2)) / 300 / 2, 1);
  });

  it('finds the most keys that wait no longer than is allowed, the same each time', () => {
    const { keys, latest } = mostKeys(LOAD, 10);
    expect(latest).toBeLessThanOrEqual(10);
    expect(simulate({ ...LOAD, keys: Math.ceil(1.03 * keys) }).latest).toBeGreaterThan(10);
    expect(mostKeys(LOAD, 10).keys).toBe(keys);
  });

  it('serves twice as many keys with twice the workers, until PostgreSQL is busy: then another worker brings nothing', () => {
    const of = (workers: number) => mostKeys({ ...LOAD, workers, cores: 2 }, 10);
    expect(of(2).workersBusy).toBeGreaterThan(of(2).postgresBusy);
    expect(of(2).keys / of(1).keys).toBeCloseTo(2, 0);
    expect(of(16).postgresBusy).toBeGreaterThan(of(16).workersBusy);
    expect(of(32).keys / of(16).keys).toBeCloseTo(1, 1);
  });
});
