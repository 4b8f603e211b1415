import { reasonsOf, type RegionReport, type Report } from '../sync/report.js';
import { count } from './table.js';

/**
 * A run in one line, for processes that do many: `10:15:03 auckland complete, 12 new, 3 changed, proven, 7 requests, 0.8 s`, and one line
 * more for each region that is not complete.
 */
export function runLine({ regions, requests, seconds }: Report, now = new Date()): string {
  const whole = regions.filter(({ status }) => status === 'complete');
  const others = regions.filter((region) => !whole.includes(region));
  const figures = `${count(requests)} requests, ${seconds.toFixed(1)} s`;
  const names = whole.map(({ region }) => region).join(', ');
  return [
    ...(whole.length > 0 ? [`${names} complete, ${changesOf(whole)}, ${figures}`] : []),
    ...others.map(
      (region) => `${[`${region.region} ${region.status}`, ...reasonsOf(region)].join('; ')}; ${figures}`,
    ),
  ]
    .map((line) => `${now.toTimeString().slice(0, 8)} ${line}`)
    .join('\n');
}

const KINDS = { inserted: 'new', updated: 'changed', deleted: 'gone' } as const;

function changesOf(regions: readonly RegionReport[]): string {
  const streams = regions.flatMap((region) => region.streams);
  const sum = (name: 'inserted' | 'updated' | 'deleted' | 'rejected') =>
    streams.reduce((total, stream) => total + stream[name], 0);
  const changes = (['inserted', 'updated', 'deleted'] as const)
    .filter((name) => sum(name) > 0)
    .map((name) => `${count(sum(name))} ${KINDS[name]}`);
  const proven = streams.every(({ status, proven }) => status === 'skipped' || proven);
  return [
    ...(changes.length > 0 ? changes : ['nothing changed']),
    ...(sum('rejected') > 0 ? [`${count(sum('rejected'))} set aside`] : []),
    ...(proven ? ['proven'] : []),
  ].join(', ');
}
