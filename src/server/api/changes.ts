import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { ServerDatabaseConfig } from '../../config/config.js';
import { CHANNEL, readNotice } from '../../load/notices.js';
import { connectAlone } from '../../load/connection.js';
import type { Changes } from './parts.js';
import type { Changed } from './types.js';

interface ChangesWorld {
  readonly config: ServerDatabaseConfig;
  /** Names of all regions, which have changed for all that is known after a connection was lost. */
  readonly regions: readonly string[];
  readonly stop: AbortSignal;
}

/** Between two that are told, at least. */
const EVERY_MS = 1000;
const BEAT_MS = 15_000;
const AGAIN_MS = 1000;

/** Listens to what PostgreSQL tells of changes, on one connection that is made anew when it breaks, until `stop`. */
export function listenForChanges({ config, regions, stop }: ChangesWorld): Changes {
  const listeners = new Set<(changed: Changed) => void>();
  const sales = new Set<string>();
  let runs = false;
  let timer: NodeJS.Timeout | null = null;
  const tell = () => {
    timer = null;
    if (sales.size === 0 && !runs) return;
    const changed = { at: new Date().toISOString(), sales: [...sales], runs };
    sales.clear();
    runs = false;
    timer = setTimeout(tell, EVERY_MS);
    listeners.forEach((listener) => listener(changed));
  };
  const hear = (payload: string) => {
    const notice = readNotice(payload);
    if (notice === null) return;
    if (notice.what === 'sales') sales.add(notice.region);
    else runs = true;
    // Others of the same moment go with it.
    timer ??= setTimeout(tell, 50);
  };
  const missed = () => {
    regions.forEach((region) => sales.add(region));
    runs = true;
    timer ??= setTimeout(tell, 0);
  };
  void keepListening(config, { hear, missed, stop }).finally(() => clearTimeout(timer ?? undefined));
  return {
    on: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

interface Ears {
  readonly hear: (payload: string) => void;
  /** Something may have been told that was not heard. */
  readonly missed: () => void;
  readonly stop: AbortSignal;
}

async function keepListening(config: ServerDatabaseConfig, { hear, missed, stop }: Ears): Promise<void> {
  for (let isFirst = true; !stop.aborted; isFirst = false) {
    const connection = await connectAlone({ ...config, readOnly: true }).catch(() => null);
    if (connection !== null) {
      connection.on('notification', ({ payload }) => hear(payload ?? ''));
      await connection.query(`listen ${CHANNEL}`).then(
        () => (isFirst ? undefined : missed()),
        () => undefined,
      );
      await untilLost(connection, stop);
      await connection.end().catch(() => undefined);
    }
    await sleep(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** A network that swallows packets closes nothing; only an answer that does not come tells. */
async function untilLost(connection: pg.Client, stop: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const lose = () => lost.abort();
  connection.once('end', lose).once('error', lose);
  const either = AbortSignal.any([lost.signal, stop]);
  while (!either.aborted) {
    const beat = { text: 'select 1', query_timeout: BEAT_MS };
    await connection.query(beat).catch(lose);
    await sleep(BEAT_MS, undefined, { signal: either }).catch(() => undefined);
  }
}
