import { PgBoss, type Job } from 'pg-boss';
import { clientConfig } from '../load/connection.js';
import type { DatabaseManager } from '../load/database.js';
import type { Observer, SyncEvent } from '../observer.js';
import { messageOf } from '../sync/tally.js';
import { DEAD, DEAD_QUEUE, QUEUES, type JobData, type QueueName } from './queues.js';
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

  /** Takes jobs of a queue, so many at once; one whose work throws is tried again. */
  async work<Q extends QueueName>(
    queue: Q,
    atOnce: number,
    work: (job: JobAtHand<Q>) => Promise<unknown>,
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
      const isLastTry = retryCount >= retryLimit;
      const began = performance.now();
      const tell = (outcome: JobOutcome, reason?: string) =>
        this.#observe({ type: 'job', queue, id, outcome, ms: performance.now() - began, reason });
      try {
        const done = await work({ id, data, signal, isAgain: retryCount > 0, isLastTry });
        tell('done');
        return done;
      } catch (error) {
        tell(isLastTry ? 'dead' : 'again', messageOf(error));
        throw error;
      }
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
