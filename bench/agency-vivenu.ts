/** The vivenu of some regions in a process of its own, so that its work is not taken for that of whoever asks. */
import { startSimulator, type SellerOptions } from '../src/simulator/simulator.js';

/** What the parent asks for first. */
export interface Opening {
  readonly sellers: SellerOptions[];
}

/** The answer to it. */
export interface Opened {
  readonly url: string;
}

/** What the parent asks for then: tickets that are sold, and delivered to whoever listens. */
export interface Sale {
  readonly token: string;
  readonly tickets: number;
}

/** The answer to it. */
export interface Sold {
  readonly sold: number;
}

process.once('message', ({ sellers }: Opening) => void open(sellers));

async function open(sellers: SellerOptions[]): Promise<void> {
  const simulator = await startSimulator({ requestsPerHour: null, sellers });
  const say = (said: Opened | Sold) => void process.send?.(said);
  process.on('message', ({ token, tickets }: Sale) => say({ sold: simulator.sell(token, tickets).length }));
  process.on('disconnect', () => void simulator.close());
  say({ url: simulator.url });
}
