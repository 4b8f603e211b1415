/** A simulation of workers and PostgreSQL as queues: every key runs again and again, and each run needs first a core of a worker, then one of PostgreSQL. Pure. */

/** What runs cost and how many they are. */
export interface Load {
  readonly keys: number;
  /** Seconds between two runs of a key. */
  readonly interval: number;
  /** Processes on a core each. */
  readonly workers: number;
  /** Cores of PostgreSQL. */
  readonly cores: number;
  /** Seconds of a worker's core that a run takes on average. */
  readonly node: number;
  /** Seconds of a core of PostgreSQL that a run takes on average. */
  readonly postgres: number;
  /** What is added to that where a run finds a sale, and the share of runs that do. */
  readonly sale: { readonly postgres: number; readonly share: number };
}

/** How long runs had to wait for a core, seconds, and what share of the time the cores were busy. */
export interface Waited {
  /** Ninety-nine of a hundred runs waited no longer. */
  readonly latest: number;
  readonly workersBusy: number;
  readonly postgresBusy: number;
}

interface Job {
  at: number;
  waited: number;
  readonly node: number;
  readonly postgres: number;
}

/** Rounds of all keys; the first ones find empty queues and do not count. */
const ROUNDS = 24;
const EMPTY = 4;

/** A generator of numbers from 0 to 1 that begins anew with each call, so that the simulation says the same each time. */
function dice(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Lets all keys run for some hours, each at a moment of its own; how long a run takes varies around its mean as waiting times do. */
export function simulate({ keys, interval, workers, cores, node, postgres, sale }: Load): Waited {
  const random = dice();
  const around = (mean: number) => -mean * Math.log(1 - random());
  const phases = Array.from({ length: keys }, () => random() * interval).sort((a, b) => a - b);
  const jobs: Job[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const phase of phases) {
      const sells = random() < sale.share;
      const work = { node: around(node), postgres: around(postgres) + (sells ? around(sale.postgres) : 0) };
      jobs.push({ at: round * interval + phase, waited: 0, ...work });
    }
  pass(jobs, workers, (job) => job.node);
  jobs.sort((a, b) => a.at - b.at);
  pass(jobs, cores, (job) => job.postgres);
  const counted = jobs.slice(EMPTY * keys);
  const waits = counted.map(({ waited }) => waited).sort((a, b) => a - b);
  const busy = (need: (job: Job) => number, of: number) =>
    Math.min(1, jobs.reduce((sum, job) => sum + need(job), 0) / (ROUNDS * interval * of));
  return {
    latest: waits[Math.floor(waits.length * 0.99)] ?? 0,
    workersBusy: busy((job) => job.node, workers),
    postgresBusy: busy((job) => job.postgres, cores),
  };
}

/** Jobs in the order of their coming are served by the core that is free first. */
function pass(jobs: readonly Job[], servers: number, need: (job: Job) => number): void {
  const free = new Array<number>(servers).fill(0);
  for (const job of jobs) {
    let first = 0;
    for (let server = 1; server < servers; server += 1)
      if ((free[server] ?? 0) < (free[first] ?? 0)) first = server;
    const begins = Math.max(job.at, free[first] ?? 0);
    job.waited += begins - job.at;
    job.at = begins + need(job);
    free[first] = job.at;
  }
}

/** A queue that is busy all the time grows without end, only slowly. */
const MOST_BUSY = 0.97;

/** The most keys, to one in a hundred, with which ninety-nine of a hundred runs wait no longer than so many seconds. */
export function mostKeys(load: Omit<Load, 'keys'>, within: number): Waited & { readonly keys: number } {
  const mean = load.postgres + load.sale.share * load.sale.postgres;
  const full = Math.min((load.workers / load.node) * load.interval, (load.cores / mean) * load.interval);
  let [good, bad] = [0, Math.ceil(MOST_BUSY * full) + 1];
  while (bad - good > Math.max(1, good / 100)) {
    const middle = Math.floor((good + bad) / 2);
    if (simulate({ ...load, keys: middle }).latest <= within) good = middle;
    else bad = middle;
  }
  return { keys: good, ...simulate({ ...load, keys: good }) };
}
