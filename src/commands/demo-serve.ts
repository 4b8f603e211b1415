import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.js';
import type { DatabaseManager } from '../load/database.js';
import { getLogger } from '../logging/log.js';
import { createMetrics } from '../metrics/metrics.js';
import { serve } from '../server/serve.js';
import type { Simulator } from '../simulator/simulator.js';
import { groupByKey, openClient } from '../sync/account.js';
import { chooseRegions } from '../sync/choose.js';
import { listenersOf } from '../sync/listeners.js';
import { planRegister, takeSteps } from '../sync/register.js';
import { sellOn } from './demo-world.js';
import { beginSchedules, schedulesText } from './scheduled.js';
import type { Interruption } from './signals.js';

/** What the demo leaves to be served. */
export interface Demonstrated {
  readonly simulator: Simulator;
  readonly db: DatabaseManager;
  readonly config: Config;
  readonly interrupted: Interruption;
}

const SELL_EVERY_MS = 1500;

const print = (text: string) => void process.stdout.write(`${text}\n`);

/** Serves the dashboard of the demo while its vivenu goes on selling and tells of it; throws the AbortError of `stop` when the process is told to end. */
export async function goOnServing({ simulator, db, config, interrupted }: Demonstrated): Promise<void> {
  const { stop, abort } = interrupted;
  const metrics = createMetrics({ live: true });
  const { observe } = metrics;
  await using served = await serve({ config, db, metrics, observe, stop });
  await register(config, served.url, stop);
  print(
    `The dashboard is at ${served.url} until Ctrl-C. Its vivenu goes on selling, and tells of it by webhooks;`,
  );
  print('a run a minute proves that nothing was missed.\n');
  const observer = () => observe;
  const logger = getLogger('demo');
  await using scheduled = await beginSchedules({ config, db, logger, observer, stop, abort });
  process.stdout.write(schedulesText(scheduled.next()));
  for (;;) {
    await sleep(SELL_EVERY_MS, undefined, { signal: stop });
    sellOn(simulator);
  }
}

/** At the vivenu of the demo, to which all regions' keys belong. */
async function register(config: Config, url: string, signal: AbortSignal): Promise<void> {
  for (const regions of groupByKey(chooseRegions(config, null))) {
    const [first] = regions;
    if (first === undefined) continue;
    await using client = openClient(config, first, { signal, observe: () => undefined });
    const listeners = await listenersOf(client);
    await takeSteps(client, planRegister(regions, listeners, url), { regions, listeners });
  }
}
