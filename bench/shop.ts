/** A simulated vivenu in a process of its own, which sells by the second and delivers what it sold; told what to do by its parent. */
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { KEY, truthOf } from '../test/faults/scene.js';

/** How a shop begins. */
export interface ShopOptions {
  readonly tickets: number;
  /** Pauses between the attempts of a delivery, milliseconds; left out: vivenu's. */
  readonly retryAfterMs?: readonly number[];
}

/** What the parent asks for. */
export type Order =
  { readonly sell: { readonly rate: number; readonly seconds: number } } | { readonly truth: true };

/** What selling came to. */
export interface Sold {
  readonly sold: number;
  readonly edited: number;
  /** Attempts by answer; 0: none. */
  readonly answers: Readonly<Record<number, number>>;
  /** Deliveries that were not taken in the end. */
  readonly lost: number;
  /** Milliseconds from the change until the answer 200 of a first attempt, sorted. */
  readonly ms: readonly number[];
  /** Milliseconds that a change came later than the plan, at most. */
  readonly behindMs: number;
}

/** What it says to its parent. */
export type Said =
  { readonly url: string } | { readonly result: Sold } | { readonly lines: [string, string][] };

const LOOK_EVERY_MS = 4;

async function main(options: ShopOptions): Promise<void> {
  const { retryAfterMs, tickets } = options;
  const simulator = await startSimulator({
    sellers: [
      {
        token: KEY,
        events: [
          { id: 'race', tickets },
          { id: 'second', tickets: 10 },
        ],
      },
    ],
    requestsPerHour: null,
    // Open: what is due is sent, however many are under way.
    deliveries: { inFlight: 10_000, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    cachePages: false,
  });
  const say = (what: Said) => void process.send?.(what);
  process.on('message', (order: Order) => {
    if ('sell' in order) void sell(simulator, order.sell).then((result) => say({ result }));
    else say({ lines: [...truthOf(simulator)] });
  });
  process.on('disconnect', () => void simulator.close());
  say({ url: simulator.url });
}

/** A sale and an edit by turns, each at its time, whatever became of those before. */
async function sell(
  simulator: Simulator,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Sold> {
  const before = simulator.deliveries.length;
  const old = [...simulator.truth(KEY)].map(({ id }) => id ?? '');
  const began = performance.now();
  let done = 0;
  let behindMs = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      for (; done < rate * seconds; done++) {
        const late = performance.now() - began - (done / rate) * 1000;
        if (late < 0) return;
        behindMs = Math.max(behindMs, late);
        if (done % 2 === 0) simulator.sell(KEY, 1);
        else simulator.edit(KEY, [old[((done - 1) / 2) % old.length] ?? '']);
      }
      clearInterval(timer);
      resolve();
    }, LOOK_EVERY_MS);
  });
  await simulator.delivered();
  const lines = simulator.deliveries.slice(before);
  const answers: Record<number, number> = {};
  for (const status of lines.flatMap(({ statuses }) => statuses))
    answers[status] = (answers[status] ?? 0) + 1;
  return {
    ...{ sold: Math.ceil(done / 2), edited: Math.floor(done / 2), answers, behindMs },
    lost: lines.filter(({ state }) => state !== 'delivered').length,
    ms: lines.flatMap(({ statuses, ms }) => (statuses[0] === 200 ? (ms[0] ?? []) : [])).sort((a, b) => a - b),
  };
}

process.once('message', (options: ShopOptions) => void main(options));
