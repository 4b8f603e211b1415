import { isIPv6 } from 'node:net';

/** Wrong passwords that cost no waiting, of one address and of all together. */
const FREE = { address: 4, all: 40 };
const LONGEST_S = { address: 900, all: 30 };
/** A wrong one is forgotten after so long without another. */
const FORGET_MS = 3_600_000;
const MOST_ADDRESSES = 10_000;
const ALL = 'all';

interface Tries {
  wrong: number;
  lastAt: number;
}

/** Lets passwords be guessed ever more slowly: each wrong one doubles the wait of its address, and of all when very many are wrong. */
export class LoginLimit {
  readonly #tries = new Map<string, Tries>();
  readonly #now: () => number;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Seconds until the next try is listened to, 0: now. */
  waitS(address: string): number {
    return Math.max(this.#wait(groupOf(address), 'address'), this.#wait(ALL, 'all'));
  }

  /** Counts a try as wrong until it is told to have been right, so that many at once are not let through. */
  begin(address: string): (isRight: boolean) => void {
    const names = [groupOf(address), ALL];
    names.forEach((name) => this.#count(name, 1));
    return (isRight) => {
      if (!isRight) return;
      this.#tries.delete(groupOf(address));
      this.#count(ALL, -1);
    };
  }

  #wait(name: string, kind: keyof typeof FREE): number {
    const tries = this.#tries.get(name);
    if (tries === undefined || tries.wrong < FREE[kind]) return 0;
    const waitMs = 1000 * Math.min(LONGEST_S[kind], 2 ** (tries.wrong - FREE[kind]));
    return Math.max(0, Math.ceil((tries.lastAt + waitMs - this.#now()) / 1000));
  }

  #count(name: string, by: number): void {
    const before = this.#tries.get(name);
    const isOld = before === undefined || this.#now() - before.lastAt > FORGET_MS;
    const wrong = Math.max(0, (isOld ? 0 : before.wrong) + by);
    // The newest stand at the end.
    this.#tries.delete(name);
    this.#tries.set(name, { wrong, lastAt: this.#now() });
    if (this.#tries.size <= MOST_ADDRESSES) return;
    const oldest = [...this.#tries.keys()].find((one) => one !== ALL);
    if (oldest !== undefined) this.#tries.delete(oldest);
  }
}

/** Whoever has one address of the sixth version has a network of them. */
function groupOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = ''] = address.split('::');
  return head.split(':').slice(0, 4).join(':');
}
