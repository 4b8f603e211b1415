import { keyId, type RegionConfig } from '../config/config.js';
import type { JobQueue } from './queue.js';

/** Asks for a run of regions that share a key of vivenu, whatever the schedule says; false when one of that key waits already, or is under way. */
export async function sendRun(
  queue: Pick<JobQueue, 'send'>,
  members: readonly { readonly name: string; readonly config: RegionConfig }[],
  full: boolean,
): Promise<boolean> {
  const [first] = members;
  if (first === undefined) throw new TypeError('a run of no region');
  const key = keyId(first.config.token, first.config.baseUrl);
  const regions = members.map(({ name }) => name);
  return await queue.send('runs', key, { regions, full, due: null });
}
