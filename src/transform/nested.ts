import type { NestedStream } from '../streams/define.js';
import { isObject } from './clean.js';
import type { Lineage } from './page.js';

/** The records of a nested stream inside one record, each with the ones it is nested in. */
export function nestedRecords(stream: NestedStream, record: unknown): Lineage[] {
  let level: Lineage[] = [[record]];
  for (const key of stream.items) level = level.flatMap((lineage) => inside(lineage, key));
  return level;
}

function inside(lineage: Lineage, key: string): Lineage[] {
  const holder = lineage[0];
  const items = isObject(holder) ? holder[key] : undefined;
  return Array.isArray(items) ? items.map((item: unknown) => [item, ...lineage]) : [];
}
