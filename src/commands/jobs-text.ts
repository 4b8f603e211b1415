import type { JobsState } from '../work/state.js';
import { ago } from './ago.js';
import { invocation } from './invocation.js';
import { count, table } from './table.js';

/** The queue for people. */
export function jobsText(state: JobsState | null, now = new Date()): string {
  if (state === null) return `No worker ever used this database. Start one: ${invocation()} worker\n`;
  return `${[workersText(state, now), queuesText(state), ...underWay(state, now), ...deadText(state, now)].join('\n')}\n`;
}

function workersText({ workers }: JobsState, now: Date): string {
  if (workers.length === 0) return `No worker runs. Start one: ${invocation()} worker`;
  const rows = workers.map((one) => [`${one.host}, process ${one.pid}`, ago(one.started_at, now)]);
  return table(['Worker', 'Started'], rows);
}

function queuesText({ queues }: JobsState): string {
  const rows = queues.map((one) => [
    one.queue,
    one.waiting,
    one.running,
    one.again,
    one.oldest_seconds === null ? '–' : `${count(Math.max(0, Math.round(one.oldest_seconds)))} s`,
  ]);
  return table(['Queue', 'Waiting', 'Running', 'Tried again', 'Oldest waits'], rows);
}

const STATES: Readonly<Record<string, string>> = {
  created: 'waits',
  retry: 'waits for another try',
  active: 'runs',
};

function underWay({ jobs }: JobsState, now: Date): string[] {
  const rows = jobs.map((job) => [
    job.queue,
    job.regions.join(', '),
    STATES[job.state] ?? job.state,
    job.tries,
    ago(job.since, now),
  ]);
  return rows.length === 0 ? [] : [table(['Job', 'Regions', 'State', 'Tries before', 'Since'], rows)];
}

function deadText({ dead }: JobsState, now: Date): string[] {
  if (dead.length === 0) return ['Nothing is set aside.'];
  const rows = dead.map((job) => [
    job.id,
    job.queue,
    job.regions.join(', '),
    job.tries,
    ago(job.failed_at, now),
  ]);
  return [
    table(['Set aside', 'Job', 'Regions', 'Tries', 'Since'], rows),
    ...dead.map(({ id, reason }) => `  ${id}: ${reason ?? 'no reason was kept'}`),
    `Again: ${invocation()} jobs retry <id…>, or --all`,
  ];
}
