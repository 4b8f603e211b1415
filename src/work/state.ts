import type { Database } from '../load/client.js';
import { DEAD } from './queues.js';
import { JOBS_SCHEMA } from './schema.js';

/** How the jobs of one queue stand. */
export interface QueueState {
  readonly queue: string;
  readonly waiting: number;
  readonly running: number;
  /** Of those that wait: they ended badly and are tried again. */
  readonly again: number;
  /** Age of the oldest that could be done now, seconds; null where there is none. */
  readonly oldest_seconds: number | null;
}

/** A job that is done or waits. */
export interface JobState {
  readonly id: string;
  readonly queue: string;
  readonly key: string | null;
  readonly regions: readonly string[];
  readonly state: string;
  /** How often it was tried before. */
  readonly tries: number;
  readonly since: Date;
  /** Not before; only of jobs that wait. */
  readonly due: Date | null;
}

/** A job whose tries are used up. */
export interface DeadJob {
  readonly id: string;
  readonly queue: string;
  readonly regions: readonly string[];
  readonly tries: number;
  readonly failed_at: Date;
  readonly reason: string | null;
}

/** A process that takes jobs. */
export interface WorkerState {
  readonly host: string;
  readonly pid: number;
  readonly started_at: Date;
  readonly heard_at: Date;
}

/** How the queue stands, on all machines. */
export interface JobsState {
  readonly queues: readonly QueueState[];
  readonly jobs: readonly JobState[];
  readonly dead: readonly DeadJob[];
  readonly workers: readonly WorkerState[];
}

/** How the queue stands; null where no worker ever was. */
export async function jobsState(db: Pick<Database, 'query'>): Promise<JobsState | null> {
  const [found] = await db.query<{ exist: boolean }>(
    `select to_regclass('${JOBS_SCHEMA}.instance') is not null as exist`,
  );
  if (found?.exist !== true) return null;
  const queues = await db.query<QueueState>(
    `select queue.name as queue,
       count(*) filter (where state < 'active')::int as waiting,
       count(*) filter (where state = 'active')::int as running,
       count(*) filter (where state = 'retry')::int as again,
       extract(epoch from now() - min(start_after) filter (where state < 'active' and start_after <= now()))::float8
         as oldest_seconds
     from ${JOBS_SCHEMA}.queue left join ${JOBS_SCHEMA}.job on job.name = queue.name and state <= 'active'
     where queue.name <> $1 and queue.name !~ '^__'
     group by 1 order by 1`,
    [DEAD],
  );
  const jobs = await db.query<JobState>(
    `select id, name as queue, singleton_key as key, ${REGIONS} as regions, state::text as state, retry_count as tries,
       coalesce(case when state = 'active' then started_on end, created_on) as since,
       case when state < 'active' then start_after end as due
     from ${JOBS_SCHEMA}.job
     where state <= 'active' and name <> $1 and name !~ '^__'
     order by state desc, start_after limit 200`,
    [DEAD],
  );
  const dead = await db.query<DeadJob>(
    `select id, source_name as queue, ${REGIONS} as regions, source_retry_count + 1 as tries, created_on as failed_at,
       coalesce(source_output->>'message', source_output->'value'->>'message') as reason
     from ${JOBS_SCHEMA}.job where name = $1 and state < 'active' order by created_on desc`,
    [DEAD],
  );
  const workers = await db.query<WorkerState>(
    `select host, pid, started_on as started_at, heartbeat_on as heard_at
     from ${JOBS_SCHEMA}.instance
     where name = 'worker' and stopped_on is null and heartbeat_on > now() - 3 * heartbeat_seconds * interval '1 second'
     order by started_on`,
  );
  return { queues, jobs, dead, workers };
}

const REGIONS = `coalesce(
         (select array_agg(region) from jsonb_array_elements_text(data->'regions') as region),
         array[data->>'region'])`;
