import { PgBoss, type JobWithMetadata } from 'pg-boss';
import { clientConfig } from '../load/connection.js';
import type { DatabaseManager } from '../load/database.js';
import type { Observer, SyncEvent } from '../observer.js';
import { messageOf } from '../sync/tally.js';
import { DEAD, DEAD_QUEUE, QUEUES, regionsOf, type JobData, type QueueName } from './queues.js';
import { JOBS_SCHEMA } from './schema.js';

/** A job as its worker gets it; `signal` is aborted when another worker may have taken it over. */
export interface JobAtHand<Q extends QueueName> {
  readonly id: string;
  readonly data: JobData[Q];
  readonly signal: AbortSignal;
  /** It ended badly before. */
  readonly isAgain: boolean;
  /** No try is left after this one. */
  readonly isLastTry: boolean;
}

type JobOutcome = Extract<SyncEvent, { type: 'job' }>['outcome'];

/** What the queue is opened with. */
export interface QueueWorld {
  readonly db: Pick<DatabaseManager, 'query' | 'config'>;
  /** Hears of every job that was done, and of what went wrong outside of one: the database is away, for the most part. */
  readonly observe: Observer;
  /** What the process is: only a worker looks for dead workers, and a command is not counted among the processes. */
  readonly role: 'worker' | 'serve' | 'command';
}

const CONNECTIONS = 4;
/** Where a notice of a new job is lost, it is found within this time. */
const LOOK_EVERY_S = 2;
/** How often workers without a heartbeat are looked for. */
const SUPERVISE_EVERY_S = 1;
const SAY_EVERY_MS = 30_000;
/** What is under way when a worker ends has this long. */
const GRACE_MS = 4000;

/** Jobs in PostgreSQL, shared by all machines; every job is done at least once. */
export class JobQueue implements AsyncDisposable {
  readonly #boss: PgBoss;
  readonly #observe: Observer;

  private constructor(boss: PgBoss, observe: Observer) {
    this.#boss = boss;
    this.#observe = observe;
  }

  /** Makes or upgrades the queue's tables and begins to listen; throws what `pg` and pg-boss throw. */
  static async open({ db, observe, role }: QueueWorld): Promise<JobQueue> {
    const { host, port, user, password, database } = db.config;
    const boss = new PgBoss({
      ...{ host, port, user, password, database, ssl: clientConfig(db.config).ssl },
      application_name: 'vivenu-ingest jobs',
      schema: JOBS_SCHEMA,
      createSchema: !(await hasSchema(db)),
      max: CONNECTIONS,
      schedule: false,
      supervise: role === 'worker',
      registerInstance: role !== 'command',
      instanceName: role,
      superviseIntervalSeconds: SUPERVISE_EVERY_S,
      monitorIntervalSeconds: SUPERVISE_EVERY_S,
      useListenNotify: role === 'worker',
      instanceHeartbeatSeconds: 10,
      openTelemetry: { enabled: false },
    });
    const observeError = calmly((reason) => observe({ type: 'queue.error', reason }));
    boss.on('error', (error) => observeError(messageOf(error)));
    await boss.start();
    await boss.createQueue(DEAD, DEAD_QUEUE);
    for (const [name, options] of Object.entries(QUEUES)) await boss.createQueue(name, options);
    return new JobQueue(boss, observe);
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

  /**
   * Takes jobs of a queue, so many at once; one whose work throws is tried again. Of the same regions at most one is set aside, and none
   * once a later one was done.
   */
  async work<Q extends QueueName>(
    queue: Q,
    atOnce: number,
    work: (job: JobAtHand<Q>) => Promise<unknown>,
  ): Promise<void> {
    const options = {
      includeMetadata: true,
      localConcurrency: atOnce,
      pollingIntervalSeconds: LOOK_EVERY_S,
      notifyPollingIntervalSeconds: LOOK_EVERY_S,
    } as const;
    await this.#boss.work(queue, options, async (jobs: JobWithMetadata<JobData[Q]>[]) => {
      const [job] = jobs;
      return job === undefined ? undefined : await this.#settle(queue, job, work);
    });
  }

  async #settle<Q extends QueueName>(
    queue: Q,
    { id, data, signal, retryCount, retryLimit }: JobWithMetadata<JobData[Q]>,
    work: (job: JobAtHand<Q>) => Promise<unknown>,
  ): Promise<unknown> {
    const isLastTry = retryCount >= retryLimit;
    const began = performance.now();
    const end = async (outcome: JobOutcome, reason?: string) => {
      this.#observe({ type: 'job', queue, id, outcome, ms: performance.now() - began, reason });
      // What is left there is only told once more.
      if (outcome !== 'again') await this.#forgetDead(queue, data).catch(() => undefined);
    };
    try {
      const done = await work({ id, data, signal, isAgain: retryCount > 0, isLastTry });
      await end('done');
      return done;
    } catch (error) {
      await end(isLastTry ? 'dead' : 'again', messageOf(error));
      throw error;
    }
  }

  /** By regions, because their key of vivenu may be another one since. */
  async #forgetDead<Q extends QueueName>(queue: Q, data: JobData[Q]): Promise<void> {
    const regions = regionsOf(data);
    const dead = await this.#boss.findJobs<JobData[Q]>(DEAD);
    const ids = dead
      .filter(
        (one) => one.sourceName === queue && regionsOf(one.data).every((name) => regions.includes(name)),
      )
      .map(({ id }) => id);
    if (ids.length > 0) await this.#boss.deleteJob(DEAD, ids);
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

/** A role that may make no schema is given this one, and must not be asked to make it. */
async function hasSchema(db: Pick<DatabaseManager, 'query'>): Promise<boolean> {
  const [row] = await db.query<{ exists: boolean }>('select to_regnamespace($1) is not null as exists', [
    JOBS_SCHEMA,
  ]);
  return row?.exists === true;
}

/** One thing is said once in 30 s, however often it happens. */
function calmly(say: (text: string) => void): (text: string) => void {
  let last = '';
  let at = -Infinity;
  return (text) => {
    if (text === last && performance.now() - at < SAY_EVERY_MS) return;
    last = text;
    at = performance.now();
    say(text);
  };
}
