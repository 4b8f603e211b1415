import type { RegionReport, Report } from '../sync/report.js';
import { count } from './table.js';

/** A run in one line, for processes that do many: `10:15:03 auckland complete: 12 new, 3 changed, 7 requests in 1.2 s`. */
export function runLine({ regions, requests, seconds }: Report, now = new Date()): string {
  const names = regions.map(({ region, status }) => `${region} ${status}`);
  const rows = [
    [sum(regions, 'inserted'), 'new'],
    [sum(regions, 'updated'), 'changed'],
    [sum(regions, 'deleted'), 'gone'],
  ] as const;
  const told = rows.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`);
  const what = told.length > 0 ? told.join(', ') : 'nothing changed';
  return `${now.toISOString().slice(11, 19)} ${names.join(', ')}: ${what}, ${count(requests)} requests in ${seconds.toFixed(1)} s`;
}

const sum = (regions: readonly RegionReport[], name: 'inserted' | 'updated' | 'deleted') =>
  regions.flatMap(({ streams }) => streams).reduce((total, stream) => total + stream[name], 0);
