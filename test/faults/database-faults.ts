/** Faults of PostgreSQL and of the network to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { COMPLETE, INCOMPLETE, type Fault, type Strike } from './fault.js';
import { PHASES, type Phase } from './phases.js';

const SECOND = 1000;
const REFUSED_MS = 5 * SECOND;
const DOWN_MS = SECOND;
const LATE_MS = 15;

const ofDatabase = (name: string, fault: Pick<Fault, 'strike'> & Partial<Fault>): Fault => ({
  name,
  group: 'database',
  phases: PHASES,
  side: 'database',
  codes: () => [COMPLETE],
  ...fault,
});

async function restart({ scene, moment }: Strike): Promise<void> {
  const back = scene.server.restart(DOWN_MS);
  moment.release();
  await back;
}

async function refused({ scene, moment }: Strike): Promise<void> {
  await scene.postgres.gate.shut();
  moment.release();
  await sleep(REFUSED_MS);
  await scene.postgres.gate.reopen();
}

async function away({ scene, command, moment }: Strike): Promise<void> {
  await scene.postgres.gate.shut();
  moment.release();
  await command.ended;
  await scene.postgres.gate.reopen();
}

const WRITES =
  /^\s*(with|insert|update|delete|create|alter|analyze)\b[^]*\b(insert|update|delete|create|analyze)\b|^\s*(insert|update|delete|create|alter|analyze)\b/i;

async function fullDisk({ scene, command, moment }: Strike): Promise<void> {
  scene.postgres.refused = (text) => WRITES.test(text);
  moment.release();
  await command.ended;
  scene.postgres.refused = () => false;
}

function slow({ scene, moment }: Strike): Promise<void> {
  scene.postgres.gate.delayMs = LATE_MS;
  moment.release();
  return Promise.resolve();
}

/** What another session locks first, and what next, which the command has locked by then. */
const CROSSED: Partial<Record<Phase, readonly [string, string]>> = {
  writing: ['select 1 from vivenu_ingest.windows for update', 'lock table auckland.tickets in share mode'],
  proving: [
    'lock table vivenu_ingest.rejected_records in access exclusive mode',
    'lock table auckland.tickets in access exclusive mode',
  ],
  summarising: [
    'lock table auckland.ticket_summary in share mode',
    'lock table vivenu_ingest.changed_events in share mode',
  ],
};

async function deadlock({ scene, phase, moment }: Strike): Promise<void> {
  const [first = '', second = ''] = CROSSED[phase] ?? [];
  const other = await scene.database.session();
  try {
    // The server undoes the transaction that first finds the circle: the command's, after its second.
    await other.query(`set deadlock_timeout = '20s'`);
    await other.query('begin');
    await other.query(first);
    moment.release();
    await waitedFor(other, scene);
    await other.query(second);
    await other.query('rollback');
  } finally {
    await other.end();
  }
}

/** Resolves when somebody waits for a lock of this session. */
async function waitedFor(session: pg.Client, { database }: Strike['scene']): Promise<void> {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
  const [pid] = rows.map((row) => row.pid);
  for (;;) {
    const waiting = await database.query(
      'select 1 from pg_stat_activity where $1 = any(pg_blocking_pids(pid))',
      [pid],
    );
    if (waiting.length > 0) return;
    await sleep(20);
  }
}

export const DATABASE_FAULTS: readonly Fault[] = [
  ofDatabase('PostgreSQL restarts at once (immediate), 1 s down', { strike: restart }),
  ofDatabase('connections to PostgreSQL cut and refused, 5 s', { strike: refused }),
  ofDatabase('the same for longer than POSTGRES_MAX_WAIT', {
    strike: away,
    env: { POSTGRES_MAX_WAIT: '2' },
    codes: () => [INCOMPLETE],
  }),
  ofDatabase('deadlock with another session', {
    strike: deadlock,
    phases: PHASES.filter((phase) => CROSSED[phase] !== undefined),
  }),
  ofDatabase('full disk (53100) until the run ends', {
    strike: fullDisk,
    phases: ['waiting', 'reading', 'writing', 'proving', 'summarising'],
    codes: () => [INCOMPLETE],
  }),
  ofDatabase('slow database, 15 ms more each way', {
    strike: slow,
    phases: ['waiting', 'reading', 'writing', 'proving', 'summarising'],
  }),
];
