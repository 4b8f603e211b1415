/** Which reports can be drawn, and how. */
import type { Column, Row } from '../reports/export-text.js';
import { barChart, columnChart, type Bar, type Paint, type Point } from './chart.js';
import { count } from './table.js';
import { harmless } from './width.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HEIGHT = 8;
/** Events that are drawn, those that sold most. */
const MOST_CHARTS = 8;

/** What of a report is drawn. */
interface Drawing {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

type Draw = (drawing: Drawing, look: { width: number; paint: Paint }) => string;

const DRAWN: Readonly<Record<string, Draw>> = {
  'sales-daily': (drawing, look) => overTime(drawing, look, { step: DAY, unit: 'day' }),
  'sales-hourly': (drawing, look) => overTime(drawing, look, { step: HOUR, unit: 'hour' }),
  'division-day-capacity': fullness,
};

/** Names of the reports that have a chart. */
export const CHARTED: readonly string[] = Object.keys(DRAWN);

/** The chart of a report, a text of lines of at most `width` cells. Throws an Error when its view lacks what is drawn. */
export function chartOf(name: string, drawing: Drawing, look: { width: number; paint: Paint }): string {
  const draw = DRAWN[name];
  if (draw === undefined) throw new TypeError(`${name} has no chart`);
  return draw(drawing, look);
}

/** The place of the first of these columns that there is. */
function placeOf(columns: readonly Column[], ...names: readonly string[]): number {
  const place = names
    .map((name) => columns.findIndex((column) => column.name === name))
    .find((i) => i !== -1);
  return place ?? -1;
}

function needed(columns: readonly Column[], ...names: readonly string[]): number {
  const place = placeOf(columns, ...names);
  if (place === -1) throw new Error(`--chart: the report has no column ${names.join(' or ')}`);
  return place;
}

/** Rows by region and event, with a name for each. */
function byEvent({ columns, rows }: Drawing): { name: string; rows: Row[] }[] {
  const [region, id, name] = ['region', 'event_id', 'event_name'].map((column) => placeOf(columns, column));
  const cell = (row: Row, place = -1) => row[place] ?? '';
  const groups = new Map<string, { name: string; rows: Row[] }>();
  for (const row of rows) {
    const key = JSON.stringify([cell(row, region), cell(row, id)]);
    const words = [cell(row, region), cell(row, name) || cell(row, id)].filter((word) => word !== '');
    const group = groups.get(key) ?? { name: harmless(words.join(' · ')), rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const plural = (number: number, word: string) => `${count(number)} ${word}${number === 1 ? '' : 's'}`;

function overTime(
  drawing: Drawing,
  { width, paint }: { width: number; paint: Paint },
  { step, unit }: { step: number; unit: string },
): string {
  const { columns } = drawing;
  const time = needed(columns, `local_${unit}`, unit, 'local_date', 'date');
  const sold = needed(columns, 'sold', 'total_count');
  const series = byEvent(drawing)
    .map(({ name, rows }) => ({ name, points: pointsOf(rows, { time, sold, step }) }))
    .map((one) => ({ ...one, total: one.points.reduce((sum, { value }) => sum + value, 0) }))
    .sort((a, b) => b.total - a.total);
  if (series.length === 0) return 'Nothing was sold yet.\n';
  const charts = series.slice(0, MOST_CHARTS).map(({ name, points, total }) => {
    const { lines, perColumn } = columnChart(points, { width, height: HEIGHT, paint });
    const each = perColumn === 1 ? `a ${unit}` : `a column of ${plural(perColumn, unit)}`;
    return [`${name}: sold ${each}, ${count(total)} in ${plural(points.length, unit)}`, ...lines, ''].join(
      '\n',
    );
  });
  const left = series.length - charts.length;
  return (
    charts.join('\n') +
    (left > 0 ? `\n${plural(left, 'further event')} that sold less: --region, or the table\n` : '')
  );
}

/** Sums by time, with the times between at which nothing was sold. */
function pointsOf(rows: readonly Row[], at: { time: number; sold: number; step: number }): Point[] {
  const sums = new Map<number, number>();
  for (const row of rows) {
    const time = Date.parse(
      `${(row[at.time] ?? '').replace(' ', 'T').slice(0, 16).padEnd(16, 'T00:00'.slice(-6))}Z`,
    );
    if (Number.isNaN(time)) continue;
    const slot = Math.floor(time / at.step) * at.step;
    sums.set(slot, (sums.get(slot) ?? 0) + Number(row[at.sold] ?? 0));
  }
  const times = [...sums.keys()].sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const length = at.step === DAY ? 10 : 16;
  return Array.from({ length: Math.round((last - first) / at.step) + 1 }, (_, i) => {
    const slot = first + i * at.step;
    const label = new Date(slot).toISOString().slice(0, length).replace('T', ' ');
    return { label, value: sums.get(slot) ?? 0 };
  });
}

function fullness(drawing: Drawing, look: { width: number; paint: Paint }): string {
  const { columns } = drawing;
  const sold = needed(columns, 'sold', 'total_count');
  const capacity = needed(columns, 'capacity');
  const label = [placeOf(columns, 'division', 'ticket_group'), placeOf(columns, 'event_day')].filter(
    (i) => i !== -1,
  );
  const charts = byEvent(drawing).map(({ name, rows }) => {
    const bars = rows.map((row) => barOf(row, { sold, capacity, label }));
    return [name, ...barChart(bars, look), ''].join('\n');
  });
  return charts.length === 0 ? 'Nothing was sold yet, and no capacity is set.\n' : charts.join('\n');
}

function barOf(row: Row, at: { sold: number; capacity: number; label: readonly number[] }): Bar {
  const sold = Number(row[at.sold] ?? 0);
  const capacity = row[at.capacity] == null ? null : Number(row[at.capacity]);
  const share = capacity === null || capacity <= 0 ? null : sold / capacity;
  const label = harmless(at.label.flatMap((place) => row[place] ?? []).join(' · '));
  const note =
    share === null
      ? `${count(sold)} sold`
      : `${String(Math.floor(share * 100)).padStart(3)} %  ${count(sold)} of ${count(capacity ?? 0)}`;
  return { label, share, note };
}
