/** A vivenu in a process of its own, where people buy, edit and cancel all the time, and which fails at random; its parent asks it how things stand. */
import { createDraw, type Draw } from '../../src/simulator/random.js';
import { startSimulator, type FaultName, type Simulator } from '../../src/simulator/simulator.js';
import { truthOf } from './scene.js';

export const CHAOS_KEY = 'key_of_the_chaos';

/** What it is started with. */
export interface VivenuOptions {
  readonly seed: number;
  readonly tickets: number;
}

/** What a parent may ask; `quiet` ends motion and faults for good. */
export type Question = 'state' | 'truth' | 'quiet';

/** How it stands. */
export interface State {
  readonly tickets: number;
  readonly requests: number;
  /** Requests that met a fault. */
  readonly faults: number;
  /** Changes to tickets and coupons so far. */
  readonly changes: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Starts it with some thousand tickets of three events. */
export const startVivenu = ({ seed, tickets }: VivenuOptions): Promise<Simulator> =>
  startSimulator({
    seed,
    requestsPerHour: null,
    logSize: 100,
    sellers: [
      {
        token: CHAOS_KEY,
        events: [1, 2, 3].map(() => ({ tickets: Math.floor(tickets / 3), underShops: 2 })),
        coupons: 200,
        series: 4,
      },
    ],
    top: { policy: 'clamp', max: 1000 },
    faultSettings: { retryAfterSeconds: 1 },
  });

/** A moment of a busy shop, with `draw` for chance. Returns how many changes were made. */
export function bustle(simulator: Simulator, draw: Draw): number {
  const upTo = (most: number) => Math.floor(draw() * (most + 1));
  const now = (share: number, most: number) => (draw() < share ? 1 + upTo(most - 1) : 0);
  const changed = [
    simulator.sell(CHAOS_KEY, upTo(4)),
    simulator.edit(CHAOS_KEY, upTo(4)),
    simulator.cancel(CHAOS_KEY, now(0.2, 2)),
    simulator.personalise(CHAOS_KEY, now(0.2, 2)),
    simulator.transfer(CHAOS_KEY, now(0.1, 1)),
    simulator.flip(CHAOS_KEY, now(0.1, 1)),
    simulator.bulkEdit(CHAOS_KEY, now(0.02, 40)),
    simulator.remove(CHAOS_KEY, now(0.05, 1)),
    simulator.redeem(CHAOS_KEY, now(0.3, 3)),
    simulator.issueCoupons(CHAOS_KEY, now(0.05, 2)),
  ];
  return changed.reduce((sum, { length }) => sum + length, 0);
}

/** Some at 5 to 20 %, alone or together; the last two lines are outages. */
const WEATHERS: readonly (readonly FaultName[])[] = [
  [],
  [],
  [],
  ['429'],
  ['429-date', '429-none'],
  ['500'],
  ['502-html', 'reset'],
  ['cut-json', 'html-200'],
  ['no-total', 'cut-connection'],
  ['hang'],
  ['503-large'],
  ['slow', '500', 'reset'],
];
const OUTAGES: readonly FaultName[] = ['503', 'reset', 'hang'];
const OUTAGE_SHARE = 0.12;

/** Other faults from now on. */
export function changeWeather(simulator: Simulator, draw: Draw): void {
  const { faults } = simulator;
  for (const name of Object.keys(faults) as FaultName[]) faults[name] = 0;
  const pick = <T>(list: readonly T[]) => list[Math.floor(draw() * list.length)];
  if (draw() < OUTAGE_SHARE) faults[pick(OUTAGES) ?? '503'] = 1;
  else for (const name of pick(WEATHERS) ?? []) faults[name] = 0.05 + 0.15 * draw();
}

const MOVES_MS = 200;
const SECOND = 1000;

async function main(options: VivenuOptions): Promise<void> {
  const simulator = await startVivenu(options);
  const draw = createDraw(options.seed);
  let changes = 0;
  const moving = setInterval(() => (changes += bustle(simulator, draw)), MOVES_MS);
  let weather: NodeJS.Timeout;
  const next = () => {
    changeWeather(simulator, draw);
    weather = setTimeout(next, (4 + 10 * draw()) * SECOND);
  };
  next();
  const state = (): State => ({
    tickets: [...simulator.truth(CHAOS_KEY)].length,
    requests: simulator.stats.requests,
    faults: Object.values(simulator.stats.faults).reduce((sum, count) => sum + count, 0),
    changes,
    now: simulator.now(),
  });
  const quiet = () => {
    clearInterval(moving);
    clearTimeout(weather);
    for (const name of Object.keys(simulator.faults) as FaultName[]) simulator.faults[name] = 0;
    return 'quiet';
  };
  const answers = { state, quiet, truth: () => [...truthOf(simulator, CHAOS_KEY)] };
  process.on('message', ({ id, question }: { id: number; question: Question }) => {
    process.send?.({ id, answer: answers[question]() });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ url: simulator.url });
}

if (process.send !== undefined && process.argv[2]?.startsWith('{') === true)
  await main(JSON.parse(process.argv[2]) as VivenuOptions);
