/** What the API answers about runs, what was set aside, and the queue. */
import { z } from 'zod';
import { count, moment } from './basics.js';

const runStatus = z.enum(['running', 'complete', 'incomplete', 'failed', 'interrupted', 'killed']);

export const runLine = z.object({
  run_id: z.uuid(),
  status: runStatus,
  started_at: moment,
  seconds: z.number().nullable(),
  regions: z.array(z.string()),
  full: z.boolean(),
  says: z.string().describe('"complete", "incomplete, 2 of 12 regions"'),
  requests: count.nullable(),
  changed: count.nullable().describe('Rows inserted, updated or marked'),
  proof: z
    .object({ api: count, stored: count, set_aside: count })
    .nullable()
    .describe('Over its proven and unproven tickets'),
});

export const runStream = z.object({
  region: z.string(),
  stream: z.string(),
  mode: z.string(),
  status: z.string(),
  proven: z.boolean(),
  api_total: count.nullable(),
  stored_total: count.nullable(),
  fetched: count,
  inserted: count,
  updated: count,
  unchanged: count,
  rejected: count,
  deleted: count,
  requests: count,
  retries: count,
  windows: count,
  seconds: z.number(),
  error: z.string().nullable(),
  says: z.string().describe('The proof or what is missing, as a sentence'),
});

export const runDetail = runLine.extend({ streams: z.array(runStream), warnings: z.array(z.string()) });

export const runningRead = z.object({
  region: z.string(),
  stream: z.string(),
  kind: z.enum(['full', 'incremental']),
  began_at: moment,
  done: count.describe('Rows that are read'),
  expected: count.nullable(),
  windows_left: count,
  says: z.string().nullable().describe('"waiting for requests until 10:05", "retry 2 in 8 s (vivenu 503)"'),
});

export const runs = z.object({
  at: moment,
  running: z.array(
    z.object({
      run_id: z.uuid(),
      started_at: moment,
      regions: z.array(z.string()),
      reads: z.array(runningRead),
    }),
  ),
  runs: z.array(runLine),
  next: z.string().nullable(),
  next_scheduled: z.array(z.object({ regions: z.array(z.string()), at: moment })),
  budget: z.array(
    z.object({
      key: z.string().describe("First signs of the key's hash"),
      regions: z.array(z.string()),
      left: count,
      of: count,
      waits_until: moment.nullable(),
    }),
  ),
  deliveries: z.array(
    z.object({ region: z.string(), open: count, failed: count, last_at: moment.nullable() }),
  ),
  queue: z
    .object({ waiting: count, running: count, workers: count })
    .nullable()
    .describe('null: no worker ever was'),
  dead: z.array(
    z.object({
      id: z.string(),
      queue: z.string(),
      regions: z.array(z.string()),
      tries: count,
      failed_at: moment,
      reason: z.string().nullable(),
    }),
  ),
});

export const rejects = z.object({
  total: count,
  rows: z.array(
    z.object({
      reject_id: z.string(),
      region: z.string(),
      stream: z.string(),
      record_id: z.string().nullable(),
      field: z.string(),
      reason: z.string(),
      first_seen_at: moment,
      last_seen_at: moment,
    }),
  ),
  next: z.string().nullable(),
});

/** `POST /rejects/retry`: of one region each, by id; none given: all. */
export const retryRejects = z.object({
  region: z.string().nullable(),
  ids: z
    .array(z.string().regex(/^\d{1,15}$/))
    .max(1000)
    .nullable(),
});
export const retried = z.object({ stored: count, still: count, says: z.string() });
/** `POST /jobs/retry` */
export const retryJobs = z.object({ ids: z.array(z.uuid()).max(1000).nullable() });
/** `POST /runs`: a run now. */
export const sendRun = z.object({ regions: z.array(z.string()).nullable(), full: z.boolean() });
export const done = z.object({ says: z.string() });
