import type { Queue } from 'pg-boss';

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Where a job goes whose tries are used up. */
export const DEAD = 'dead';

/** What every queue does with a job that ends badly: again after 1 to 2 s, then twice as long each time, and aside after about ten minutes. */
const AGAIN = {
  retryLimit: 9,
  retryDelay: 1 * SECOND,
  retryBackoff: true,
  retryDelayMax: 5 * MINUTE,
  deadLetter: DEAD,
  // The shortest that pg-boss takes: a worker that is killed is noticed after this.
  heartbeatSeconds: 10 * SECOND,
  deleteAfterSeconds: DAY,
  notify: true,
} as const satisfies Partial<Queue>;

/** A run of one key of vivenu. */
export interface RunJob {
  readonly regions: readonly string[];
  readonly full: boolean;
  /** When it was found to be due, in milliseconds since 1970; null: it was asked for by hand. */
  readonly due: number | null;
}

/** Something to do for one region. */
export interface RegionJob {
  readonly region: string;
}

/** What the jobs of each queue hold. */
export interface JobData {
  readonly runs: RunJob;
  readonly deliveries: RegionJob;
  readonly summaries: RegionJob;
}

export type QueueName = keyof JobData;

/** The queues; jobs of one queue with one `singletonKey` keep off each other as the policy says, on all machines. */
export const QUEUES: Readonly<Record<QueueName, Omit<Queue, 'name'>>> = {
  // By key of vivenu: one that waits or is under way.
  runs: { ...AGAIN, policy: 'exclusive', expireInSeconds: 23 * HOUR },
  // By region: one under way, and one that waits to look once more.
  deliveries: { ...AGAIN, policy: 'stately', expireInSeconds: HOUR },
  summaries: { ...AGAIN, policy: 'stately', expireInSeconds: HOUR },
};

/** How long what was set aside is kept to be tried again. */
export const DEAD_QUEUE: Omit<Queue, 'name'> = { retentionSeconds: 30 * DAY, deleteAfterSeconds: DAY };

/** Regions that a job is about. */
export const regionsOf = (data: RunJob | RegionJob): readonly string[] =>
  'regions' in data ? data.regions : [data.region];
