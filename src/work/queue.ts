import { PgBoss, type Job } from 'pg-boss';
import type { ServerDatabaseConfig } from '../config/config.js';
import { clientConfig } from '../load/connection.js';
import { DEAD, DEAD_QUEUE, QUEUES, type JobData, type QueueName } from './queues.js';

/** Schema of the queues' tables. */
export const JOBS_SCHEMA = 'vivenu_jobs';

/** A job as its worker gets it; `signal` is aborted when another worker may have taken it over. */
export interface JobAtHand<Q extends QueueName> {
  readonly id: string;
  readonly data: JobData[Q];
  readonly signal: AbortSignal;
  /** No try is left after this one. */
  readonly isLastTry: boolean;
}

/** What the queue is opened with. */
export interface QueueWorld {
  readonly database: ServerDatabaseConfig;
  /** Hears of what went wrong outside of a job: the database is away, for the most part. */
  readonly onError: (error: Error) => void;
  /** Whether dead workers are looked for, and old jobs deleted. @default true */
  readonly supervise?: boolean;
}

const CONNECTIONS = 4;
/** Where a notice of a new job is lost, it is found within this time. */
const LOOK_EVERY_S = 2;
/** How often workers without a heartbeat are looked for. */
const SUPERVISE_EVERY_S = 2;
/** What is under way when a worker ends has this long. */
const GRACE_MS = 4000;

/** Jobs in PostgreSQL, shared by all machines; every job is done at least once. */
export class JobQueue implements AsyncDisposable {
  readonly #boss: PgBoss;

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /** Makes or upgrades the queue's tables and begins to listen; throws what `pg` and pg-boss throw. */
  static async open({ database, onError, supervise = true }: QueueWorld): Promise<JobQueue> {
    const { host, port, user, password, database: name } = database;
    const boss = new PgBoss({
      ...{ host, port, user, password, database: name, ssl: clientConfig(database).ssl },
      application_name: 'vivenu-ingest jobs',
      schema: JOBS_SCHEMA,
      max: CONNECTIONS,
      schedule: false,
      supervise,
      superviseIntervalSeconds: SUPERVISE_EVERY_S,
      monitorIntervalSeconds: SUPERVISE_EVERY_S,
      useListenNotify: true,
      instanceHeartbeatSeconds: 10,
      openTelemetry: { enabled: false },
    });
    boss.on('error', onError);
    await boss.start();
    await boss.createQueue(DEAD, DEAD_QUEUE);
    for (const [name, options] of Object.entries(QUEUES)) await boss.createQueue(name, options);
    return new JobQueue(boss);
  }

  /** Sends a job; false when one with this key waits already (or is under way, of runs). */
  async send<Q extends QueueName>(
    queue: Q,
    key: string,
    data: JobData[Q],
    afterSeconds = 0,
  ): Promise<boolean> {
    const options = { singletonKey: key, ...(afterSeconds > 0 ? { startAfter: afterSeconds } : {}) };
    return (await this.#boss.send(queue, data, options)) !== null;
  }

  /** Takes jobs of a queue, so many at once; one whose work throws is tried again. */
  async work<Q extends QueueName>(
    queue: Q,
    atOnce: number,
    work: (job: JobAtHand<Q>) => Promise<object | undefined>,
  ): Promise<void> {
    const options = {
      localConcurrency: atOnce,
      pollingIntervalSeconds: LOOK_EVERY_S,
      notifyPollingIntervalSeconds: LOOK_EVERY_S,
    };
    const { retryLimit = 0 } = QUEUES[queue];
    await this.#boss.work(queue, options, async (jobs: Job<JobData[Q]>[]) => {
      const [job] = jobs;
      if (job === undefined) return undefined;
      const { id, data, signal, retryCount } = job;
      return await work({ id, data, signal, isLastTry: retryCount >= retryLimit });
    });
  }

  /** Forgets jobs of a key that were set aside. */
  async forgetDead(key: string): Promise<void> {
    const dead = await this.#boss.findJobs(DEAD, { key });
    if (dead.length > 0)
      await this.#boss.deleteJob(
        DEAD,
        dead.map(({ id }) => id),
      );
  }

  /** Puts jobs that were set aside back into their queues, all or these; returns how many. */
  async retryDead(ids: readonly string[] | null): Promise<number> {
    return await this.#boss.redrive(DEAD, ids === null ? {} : { ids: [...ids] });
  }

  /** Takes nothing more, and waits 4 s at most for what is under way; what does not end is done by another worker. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: true, timeout: GRACE_MS });
  }
}
