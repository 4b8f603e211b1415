/** Faults of vivenu and of the network to it: each is waited out or asked again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultName } from '../../src/simulator/simulator.js';
import { COMPLETE, type Fault, type Strike } from './fault.js';

const SECOND = 1000;
/** So many requests in a row meet a fault; with two more the breaker would open, which is the outage. */
const IN_A_ROW = 3;
const OUTAGE_MS = 10 * SECOND;
/** Beyond what is answered in time on a busy machine, and short enough for a matrix. */
const HANG = { HTTP_TIMEOUT: '4' };

const ofVivenu = (name: string, strike: Fault['strike'], env: Fault['env'] = {}): Fault => ({
  name,
  group: 'vivenu',
  phases: ['waiting', 'reading', 'writing', 'proving'],
  side: 'vivenu',
  env,
  strike,
  codes: () => [COMPLETE],
});

const meets = (requests: number, fault: Fault): Fault => ({ ...fault, meets: requests });

const inARow =
  (fault: FaultName) =>
  ({ scene, moment }: Strike): Promise<void> => {
    scene.simulator.failNext(fault, IN_A_ROW);
    moment.release();
    return Promise.resolve();
  };

const often =
  (fault: FaultName, share: number) =>
  ({ scene, moment }: Strike): Promise<void> => {
    scene.simulator.faults[fault] = share;
    moment.release();
    return Promise.resolve();
  };

async function outage({ scene, moment }: Strike): Promise<void> {
  await scene.api.shut();
  moment.release();
  await sleep(OUTAGE_MS);
  await scene.api.reopen();
}

const times = (name: string, fault: FaultName, env?: Fault['env']): Fault =>
  meets(IN_A_ROW, ofVivenu(`${name}, ${IN_A_ROW} times`, inARow(fault), env));

export const VIVENU_FAULTS: readonly Fault[] = [
  times('429, Retry-After in seconds', '429'),
  times('429, Retry-After as a date', '429-date'),
  times('429 without Retry-After', '429-none'),
  ofVivenu('500, 15 % of what follows', often('500', 0.15)),
  times('502 with HTML', '502-html'),
  meets(1, ofVivenu('503 on every page of more than 100', often('503-large', 1))),
  times('connection reset', 'reset'),
  times('cut JSON', 'cut-json'),
  times('HTML with 200', 'html-200'),
  times('no total', 'no-total'),
  times('no answer (hang)', 'hang', HANG),
  ofVivenu('outage of 10 s, connections refused', outage),
];
