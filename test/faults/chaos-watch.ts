/** How far the database is behind vivenu, second by second. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cron } from './chaos-cron.js';
import type { VivenuPeer } from './chaos-peer.js';
import type { CellDatabase } from './server.js';

/** One look; a null where the database did not answer, or had nothing yet. */
export interface Sample {
  readonly seconds: number;
  readonly atVivenu: number;
  readonly stored: number | null;
  /** Seconds between now and the newest change that is stored. */
  readonly lag: number | null;
  /** Memory of all runs under way, MB; null where none is. */
  readonly memoryMb: number | null;
  /** Requests that met a fault since the look before. */
  readonly faults: number;
  readonly requests: number;
  readonly changes: number;
}

const EVERY_MS = 1000;

/** Looks every second until told to stop. */
export async function watch(
  { vivenu, database, cron }: { vivenu: VivenuPeer; database: CellDatabase; cron: Cron },
  stop: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let before = { faults: 0, requests: 0 };
  while (!stop.aborted) {
    const { tickets, faults, requests, changes, now } = await vivenu.state();
    const { stored, newest } = await look(database);
    const running = [...cron.memory.values()];
    samples.push({
      seconds: cron.seconds(),
      atVivenu: tickets,
      stored,
      lag: newest === null ? null : Math.max(0, (now - newest) / 1000),
      memoryMb: running.length === 0 ? null : Math.max(...running),
      faults: faults - before.faults,
      requests: requests - before.requests,
      changes,
    });
    before = { faults, requests };
    await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return samples;
}

async function look(database: CellDatabase): Promise<{ stored: number | null; newest: number | null }> {
  try {
    const [row] = await database.query<{ stored: number; newest: number | null }>(
      `select count(*)::int as stored, (extract(epoch from max(updated_at)) * 1000)::float8 as newest
       from auckland.tickets where deleted_at is null`,
    );
    return row ?? { stored: null, newest: null };
  } catch {
    // It is being restarted, or no run has made the table yet.
    return { stored: null, newest: null };
  }
}
