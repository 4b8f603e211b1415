import type { Config } from '../config/config.js';
import type { DatabaseManager } from '../load/database.js';
import type { Logger } from '../logging/log.js';
import type { Observer } from '../observer.js';
import { announce, announceError } from '../sync/announce.js';
import { BusyError } from '../sync/choose.js';
import type { NextRuns } from '../work/books.js';
import { carryOut } from '../work/carry-out.js';
import type { DueRun } from '../work/due.js';
import { Scheduler } from '../work/schedule.js';
import { soon } from './ago.js';
import { runLine } from './run-line.js';

/** What runs of a schedule need of the process that carries them out. */
export interface Scheduled {
  readonly config: Config;
  readonly db: DatabaseManager;
  readonly logger: Logger;
  /** Makes an observer of one run. */
  readonly observer: () => Observer;
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
}

/** Carries out in this process what is due, one line a run on the terminal. */
export async function beginSchedules(world: Scheduled): Promise<Scheduler> {
  const { config, db, logger, observer, stop, abort } = world;
  const chat = config.serve.reportWebhookUrl;
  const warn = (text: string | null) => (text === null ? undefined : logger.warn(text));
  /** Keys of which the chat was told that they cannot be run. */
  const told = new Set<string>();
  const start = async (due: DueRun) => {
    try {
      const report = await carryOut({ config, db, observe: observer(), stop, abort }, due);
      told.delete(due.keyId);
      process.stdout.write(`${runLine(report)}\n`);
      if (chat !== null) warn(await announce(chat, report, db));
    } catch (error) {
      if (error instanceof BusyError || stop.aborted) throw error;
      logger.error({ err: error, regions: due.regions }, 'the run could not be carried out');
      if (chat !== null && !told.has(due.keyId)) warn(await announceError(chat, error));
      told.add(due.keyId);
      throw error;
    }
  };
  return await Scheduler.begin({ config, db, observe: observer(), stop, start });
}

/** When regions are run next, for the terminal. */
export function schedulesText(next: readonly NextRuns[], now = new Date()): string {
  if (next.length === 0) return 'No schedule is set (SCHEDULE): nothing is run but what you run yourself.\n';
  const texts = next.map(({ region, run, full }) => {
    const times = [
      ...(run === null ? [] : [soon(run, now)]),
      ...(full === null ? [] : [`full ${soon(full, now)}`]),
    ];
    return `${region} ${times.join(', ')}`;
  });
  return `Next runs: ${texts.join('; ')}\n`;
}
