import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aged,
  fullBudget,
  OwnBooks,
  slowDown,
  takeRequests,
  type Ask,
  type BudgetState,
} from '../../src/source/budget.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const ask = (ask: Partial<Ask> = {}): Ask => ({
  requestsPerHour: 1000,
  want: 10,
  unused: 0,
  answered: 0,
  ...ask,
});

/** Takes until nothing is due at once; returns the leases. */
function drain(state: BudgetState, now: number, asked: Ask): { leases: number[]; state: BudgetState } {
  const leases: number[] = [];
  for (;;) {
    const taken = takeRequests(state, now, asked);
    if (taken.result.dueMs > 0) return { leases, state };
    leases.push(taken.result.granted);
    state = taken.state;
  }
}

describe('leases', () => {
  test('shrink from ten to one as the bucket empties, and are as many as it holds', () => {
    const { leases } = drain(fullBudget(0), 0, ask());
    expect(leases[0]).toBe(10);
    expect(leases.at(-1)).toBe(1);
    expect(leases.reduce((sum, lease) => sum + lease, 0)).toBe(1000);
    expect(leases.length).toBeLessThan(140);
  });

  test('that are not used come back', () => {
    const taken = takeRequests(fullBudget(0), 0, ask());
    expect(taken.state.tokens).toBe(990);
    const back = takeRequests(taken.state, 0, ask({ want: 0, unused: 10 }));
    expect(back.state.tokens).toBe(1000);
    expect(back.result.granted).toBe(0);
  });

  test('of a process that died are like requests that were sent: they flow back with the hour', () => {
    const { state } = takeRequests(fullBudget(0), 0, ask());
    expect(aged(state, 36_000, 1000).tokens).toBe(1000);
  });

  test('never let more through than the bucket and what flows into it, whoever asks, gives back or dies', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 20_000 }),
      want: fc.integer({ min: 0, max: 10 }),
      sendShare: fc.double({ min: 0, max: 1, noNaN: true }),
      fate: fc.constantFrom('back', 'kept', 'died'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const requestsPerHour = 100;
        let [state, now, sent] = [fullBudget(0), 0, 0];
        let unused = 0;
        let lastDue = 0;
        for (const { waitMs, want, sendShare, fate } of steps) {
          now += waitMs;
          const taken = takeRequests(state, now, ask({ requestsPerHour, want, unused }));
          state = taken.state;
          const { granted, dueMs } = taken.result;
          // All of a lease is sent when it is due, or some of it.
          const used = Math.ceil(granted * sendShare);
          sent += used;
          if (used > 0) lastDue = Math.max(lastDue, now + dueMs);
          unused = fate === 'back' ? granted - used : 0;
          expect(sent).toBeLessThanOrEqual(100 + (lastDue / HOUR) * 100 + 1e-6);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('after a 429', () => {
  const limited = { requestsPerHour: 1000, pauseMs: 5000, limited: true, sentMsAgo: 100 };

  test('everybody pauses', () => {
    const state = slowDown(fullBudget(0), 0, limited);
    const { result } = takeRequests(state, 1000, ask());
    expect(result).toMatchObject({ granted: 1, dueMs: 4000, pausedMs: 4000, paced: true });
  });

  test('the first one sets a pace, each further one halves it, and answers bring it back up until there is none', () => {
    let state = slowDown(fullBudget(0), 0, limited);
    expect(state.pace).toBe(32_000);
    for (let now = MINUTE; now <= 4 * MINUTE; now += MINUTE) state = slowDown(state, now, limited);
    expect(state.pace).toBe(2000);
    state = takeRequests(state, 5 * MINUTE, ask({ answered: 3 })).state;
    expect(state.pace).toBe(5000);
    state = takeRequests(state, 5 * MINUTE, ask({ answered: 59 })).state;
    expect(state.pace).toBeNull();
    for (let now = 0; now < 50 * MINUTE; now += MINUTE) state = slowDown(state, now + HOUR, limited);
    expect(state.pace).toBe(250);
  });

  test('those that were under way when the pace was lowered do not lower it again', () => {
    let state = slowDown(fullBudget(0), MINUTE, limited);
    for (let more = 0; more < 4; more++)
      state = slowDown(state, MINUTE + 50, { ...limited, sentMsAgo: 200, pauseMs: 9000 });
    expect(state.pace).toBe(32_000);
    expect(state.notBefore).toBe(MINUTE + 9050);
  });

  test('requests come one by one at the pace', () => {
    let state: BudgetState = { ...fullBudget(0), pace: 3600 };
    const due: number[] = [];
    for (let more = 0; more < 4; more++) {
      const taken = takeRequests(state, 0, ask());
      due.push(taken.result.dueMs);
      state = taken.state;
    }
    expect(due).toEqual([0, 1000, 2000, 3000]);
  });

  test('a pause that was only asked for, without 429, sets no pace', () => {
    const state = slowDown(fullBudget(0), 0, { ...limited, limited: false });
    expect(state).toMatchObject({ pace: null, notBefore: 5000 });
  });
});

describe('a clock', () => {
  test('that is set back makes no pause longer and no bucket emptier', () => {
    const before = slowDown({ ...fullBudget(HOUR), tokens: 500 }, HOUR, {
      requestsPerHour: 1000,
      pauseMs: 5000,
      limited: false,
      sentMsAgo: 0,
    });
    const { result, state } = takeRequests(before, 0, ask());
    expect(result.pausedMs).toBe(5000);
    expect(state.tokens).toBe(490);
  });

  test('of other books is put right when their state is taken over', async () => {
    let now = 1000;
    const own = new OwnBooks(() => now);
    own.adopt({ ...fullBudget(0), tokens: 100, filledAt: 7_000_000, notBefore: 7_004_000 }, 7_000_000);
    now += 1000;
    const { pausedMs } = await own.change((state, at) => takeRequests(state, at, ask({ want: 0 })));
    expect(pausedMs).toBe(3000);
    expect(own.left(1000)).toBeCloseTo(100 + 1000 / 3600, 3);
  });
});
