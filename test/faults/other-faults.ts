/** Clocks that jump, and signals. */
import { setTimeout as sleep } from 'node:timers/promises';
import { COMPLETE, type Fault, type Strike } from './fault.js';
import { PHASES } from './phases.js';
import { KEY } from './scene.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

const ofClock = (name: string, strike: Fault['strike']): Fault => ({
  name,
  group: 'clock',
  phases: ['waiting', 'reading', 'writing', 'proving'],
  side: 'vivenu',
  strike,
  codes: () => [COMPLETE],
  later: [{}, { ms: HOUR, full: true }],
});

/** An edit that is stamped in the past is one that nobody can ask for; one in the future can. */
function stampAhead({ simulator, stampedAhead }: Strike['scene']): void {
  for (const id of [...simulator.edit(KEY, 20), ...simulator.sell(KEY, 5)]) stampedAhead.add(id);
  simulator.advance(10 * SECOND);
}

const jump =
  (ms: number) =>
  async ({ scene, command, moment }: Strike): Promise<void> => {
    scene.simulator.advance(ms);
    if (ms > 0) stampAhead(scene);
    moment.release();
    await command.ended;
    scene.simulator.advance(-ms);
  };

const wrongDate =
  (ms: number) =>
  async ({ scene, command, moment }: Strike): Promise<void> => {
    scene.dateShiftMs = ms;
    moment.release();
    await command.ended;
    scene.dateShiftMs = 0;
  };

/** A command that is told to stop is not to wait for what does not answer. */
const STANDS_STILL_MS = 8 * SECOND;

const ofSignal = (name: NodeJS.Signals, code: number, endsWithinMs: number): Fault => ({
  name,
  group: 'signal',
  phases: PHASES,
  side: 'database',
  strike: async ({ command, moment }) => {
    command.signal(name);
    await Promise.race([command.ended, sleep(STANDS_STILL_MS)]);
    moment.release();
    await command.ended;
  },
  codes: () => [code],
  endsWithinMs,
});

export const CLOCK_FAULTS: readonly Fault[] = [
  ofClock("vivenu's clock 1 h ahead during the run", jump(HOUR)),
  ofClock("vivenu's clock 1 h behind during the run", jump(-HOUR)),
  ofClock('only the Date header 1 h ahead', wrongDate(HOUR)),
  ofClock('only the Date header 1 h behind', wrongDate(-HOUR)),
];

export const SIGNALS: readonly Fault[] = [
  ofSignal('SIGTERM', 143, 5 * SECOND),
  ofSignal('SIGINT', 130, 5 * SECOND),
  ofSignal('SIGKILL', 137, SECOND),
];
