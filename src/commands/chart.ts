/** Charts of block characters for a terminal, or for a text that goes elsewhere. */
import { cut, displayWidth, pad } from './width.js';

/** Eighths of a cell, from below and from the left. */
const RISING = ' ▁▂▃▄▅▆▇█';
const GROWING = ' ▏▎▍▌▋▊▉█';
const FULL = '█';

/** A column of a chart over time. */
export interface Point {
  readonly label: string;
  readonly value: number;
}

/** A bar, of which `share` of 1 is its whole width. */
export interface Bar {
  readonly label: string;
  /** Null draws no bar. */
  readonly share: number | null;
  readonly note: string;
}

/** Draws a colour where there are any. */
export type Paint = (text: string, colour: 'red' | 'yellow' | 'green' | 'cyan') => string;

const WIDEST_COLUMN = 4;

/**
 * Values over time as columns, in lines of at most `width` cells; where there are more points than room, neighbours are added
 * up. Returns the lines and how many points a column holds.
 */
export function columnChart(
  points: readonly Point[],
  { width, height, paint }: { width: number; height: number; paint: Paint },
): { lines: string[]; perColumn: number } {
  const axis = (value: number) => Math.round(value).toLocaleString('en');
  const sums = (size: number) =>
    Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
      points.slice(i * size, (i + 1) * size).reduce((sum, { value }) => sum + value, 0),
    );
  const most = Math.max(
    1,
    points.reduce((sum, { value }) => sum + Math.max(0, value), 0),
  );
  const room = Math.max(1, width - axis(most).length - 2);
  const perColumn = Math.max(1, Math.ceil(points.length / room));
  const values = sums(perColumn);
  const top = Math.max(1, ...values);
  const wide = Math.min(WIDEST_COLUMN, Math.max(1, Math.floor(room / Math.max(1, values.length))));
  const left = Math.max(axis(top).length, 1);
  const lines = Array.from({ length: height }, (_, i) => {
    const row = height - 1 - i;
    const cells = values.map((value) => column(eighths(value, top, height) - row * 8, wide)).join('');
    const label = i === 0 ? axis(top) : i === Math.floor(height / 2) && top >= height ? axis(top / 2) : '';
    return `${pad(label, left, 'left')} ${label === '' ? '│' : '┤'}${paint(cells, 'cyan')}`.trimEnd();
  });
  const span = values.length * wide;
  lines.push(`${pad('0', left, 'left')} ┼${'─'.repeat(span)}`);
  lines.push(' '.repeat(left + 2) + ends(points, Math.min(room, Math.max(span, 0))));
  return { lines: lines.map((line) => line.trimEnd()), perColumn };
}

/** A value that is not nothing is at least one eighth high. */
function eighths(value: number, top: number, height: number): number {
  if (value <= 0) return 0;
  return Math.max(1, Math.round((value / top) * height * 8));
}

/** A column's cell in one line; a wide one leaves a gap to its neighbour. */
function column(left: number, wide: number): string {
  const sign = RISING.charAt(Math.min(8, Math.max(0, left)));
  return wide === 1 ? sign : `${sign.repeat(wide - 1)} `;
}

function ends(points: readonly Point[], span: number): string {
  const first = points[0]?.label ?? '';
  const last = points.length > 1 ? (points.at(-1)?.label ?? '') : '';
  const gap = span - displayWidth(first) - displayWidth(last);
  return gap >= 1 ? first + ' '.repeat(gap) + last : `${first} – ${last}`.replace(/ – $/, '');
}

const NARROWEST_BAR = 10;
const WIDEST_BAR = 50;

/** Shares as bars, a line each, in at most `width` cells; what is over 1 is drawn full and marked. */
export function barChart(bars: readonly Bar[], { width, paint }: { width: number; paint: Paint }): string[] {
  const notes = Math.max(0, ...bars.map(({ note }) => displayWidth(note)));
  const natural = Math.max(0, ...bars.map(({ label }) => displayWidth(label)));
  const labels = Math.max(8, Math.min(natural, width - notes - NARROWEST_BAR - 4));
  const room = Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, width - labels - notes - 4));
  return bars.map(({ label, share, note }) => {
    const drawn = share === null ? ' '.repeat(room + 2) : `▕${paint(bar(share, room), colourOf(share))}▏`;
    return `${pad(cut(label, labels), labels, 'right')} ${drawn} ${note}`.trimEnd();
  });
}

const colourOf = (share: number) => (share >= 1 ? 'red' : share >= 0.9 ? 'yellow' : 'green');

function bar(share: number, room: number): string {
  if (share > 1) return `${FULL.repeat(room - 1)}▶`;
  const parts = Math.round(Math.max(0, share) * room * 8);
  const rest = parts % 8;
  return pad(FULL.repeat((parts - rest) / 8) + (rest === 0 ? '' : GROWING.charAt(rest)), room, 'right');
}
