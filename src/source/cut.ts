import { freshWindow, type Window } from '../streams/window.js';
import type { Sight } from './reader.js';

/** Overflowing costs more than not being full: a piece is aimed this many standard deviations of its guessed size below a page. */
const MARGIN = 1.4;

type Span = Pick<Window, 'from' | 'to'>;

const within = (window: Window, spans: readonly Span[]): Window[] =>
  spans.map(({ from, to }) => freshWindow({ by: window.by, events: window.events, from, to }));

/** A window that cannot be cut in time. Nothing is sold before 1970: what an open beginning holds there is one moment, or cutting would not end. */
export const isMoment = ({ from, to }: Span): boolean => from === to || (from === null && to <= 0);

const timesIn = (window: Window, sight: Sight): number[] =>
  sight[window.by].filter((time) => (window.from === null || window.from <= time) && time <= window.to);

const ascending = (times: readonly number[]) =>
  times.every((time, i) => i === 0 || (times[i - 1] ?? 0) <= time);

/**
 * Two pieces of a window, each smaller than the whole, cut at the median time of one page after `skip` rows: the rows before it
 * where the list is in order of time, half of them where it is not. Without times, in the middle; `earliest` stands in for a missing beginning.
 */
export function halve(window: Window, sight: Sight, skip: number, earliest: number): Window[] {
  const times = timesIn(window, sight);
  const begin = window.from ?? (earliest < window.to ? earliest : 0);
  const median = medianOf(times) ?? Math.floor((begin + window.to) / 2);
  const before = skip + Math.ceil(times.length / 2);
  const half = Math.ceil(sight.total / 2);
  const older = ascending(times) ? before : ascending(times.toReversed()) ? sight.total - before : half;
  const pieces = within(window, cutAfter(window, Math.min(median, window.to - 1)));
  return pieces.map((piece, i) => ({ ...piece, expected: i === 0 ? older : sight.total - older }));
}

const medianOf = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/**
 * Pieces of a window that should fit into one answer each, cut at the quantiles of the times that a broken pass saw;
 * a moment that alone overflows a page becomes a window of its own. Always at least two pieces.
 */
export function cut(window: Window, sight: Sight, pageSize: number): Window[] {
  const times = timesIn(window, sight);
  // In order, the times seen are one end of the window, row by row; otherwise they are a sample of it all.
  const share = sight.inOrderOf(window.by) ? 1 : Math.min(1, sight.keys.size / sight.total);
  const spans = quantileSpans(window, times, share * pageSize);
  if (spans.length > 1) return within(window, spans);
  const median = medianOf(times) ?? Math.floor(((window.from ?? 0) + window.to) / 2);
  return within(window, cutAfter(window, Math.min(median, window.to - 1)));
}

/** Parts of a moment that holds more than a page, by the other time or by event; none when neither tells its rows apart. */
export function splitMoment(window: Window, sight: Sight, pageSize: number): Window[] {
  const other = window.by === 'created' ? 'updated' : 'created';
  const share = Math.min(1, sight.keys.size / sight.total);
  const spans = quantileSpans({ from: null, to: Infinity }, sight[other], share * pageSize);
  // From old to new: a row that is edited meanwhile moves into a part that is still to be read.
  if (spans.length > 1)
    return spans.map((span) => ({ ...window, pass: null, other: { from: span.from, to: finite(span.to) } }));
  if (window.events !== null && window.events.length > 1)
    return window.events.map((event) => ({ ...window, pass: null, events: [event] }));
  return [];
}

const finite = (time: number) => (time === Infinity ? null : time);

const cutAfter = (window: Span, time: number): Span[] => [
  { from: window.from, to: Math.max(time, window.from ?? time) },
  { from: Math.max(time, window.from ?? time) + 1, to: window.to },
];

/** Spans that cover a window and should hold at most a page each, of which `full` of the given times are a sample. */
function quantileSpans(window: Span, times: readonly number[], full: number): Span[] {
  const spans: Span[] = [];
  const most = Math.max(1, Math.floor(full * fill(full)));
  let from = window.from;
  let held = 0;
  let last = -Infinity;
  const close = (to: number) => {
    if (from === null || from <= to) spans.push({ from, to });
    from = to + 1;
    held = 0;
  };
  for (const [time, count] of tally(times)) {
    if (held > 0 && held + count > most) close(last);
    held += count;
    last = time;
    if (count <= Math.max(1, full)) continue;
    close(time - 1);
    close(time);
  }
  if (from === null || from <= window.to) spans.push({ from, to: window.to });
  return spans;
}

/** The share of a page to aim at, of which `full` rows are known: f such that f + MARGIN * sqrt(f / full) = 1. */
const fill = (full: number): number => {
  const deviation = MARGIN / 2 / Math.sqrt(full);
  return (Math.sqrt(1 + deviation ** 2) - deviation) ** 2;
};

/** How often each time comes, oldest first. */
function tally(times: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const time of times.toSorted((a, b) => a - b)) counts.set(time, (counts.get(time) ?? 0) + 1);
  return counts;
}
