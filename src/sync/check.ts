import { keyId, type Config } from '../config/config.js';
import { checkKey } from './check-key.js';
import type { Finding } from './finding.js';
import type { Region } from './region.js';

/** Checks every key of these regions, the keys side by side; asks vivenu only. */
export async function checkKeys(config: Config, regions: readonly Region[]): Promise<Finding[]> {
  const groups = new Map<string, Region[]>();
  for (const region of regions) {
    const { token, baseUrl } = region.config;
    const group = `${keyId(token, baseUrl)} ${baseUrl}`;
    groups.set(group, [...(groups.get(group) ?? []), region]);
  }
  return (await Promise.all([...groups.values()].map((group) => checkKey(config, group)))).flat();
}
