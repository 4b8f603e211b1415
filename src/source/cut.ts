import { freshWindow, type Window } from '../streams/window.js';
import type { Sight } from './reader.js';

/** How full a piece is aimed to be: times seen are a sample, and a piece that overflows costs more than one that is not full. */
const FILL = 0.75;
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

type Span = Pick<Window, 'from' | 'to'>;

const within = (window: Window, spans: readonly Span[]): Window[] =>
  spans.map(({ from, to }) => freshWindow({ by: window.by, events: window.events, from, to }));

export const isMoment = (window: Window): boolean => window.from === window.to;

/** Two halves of a window in time, each smaller than the whole; `earliest` stands in for a beginning that it does not have. */
export function halve(window: Window, sight: Sight, earliest: number): Window[] {
  const times = sight[window.by];
  const guess = earliest < window.to ? earliest : Math.min(...times.slice(0, 1), window.to - YEAR_MS);
  const middle = Math.floor(((window.from ?? guess) + window.to) / 2);
  const halves = within(window, cutAfter(window, Math.min(middle, window.to - 1)));
  const expected = Math.ceil(sight.total / 2);
  return halves.map((half) => ({ ...half, expected }));
}

/**
 * Pieces of a window that should fit into one answer each, cut at the quantiles of the times that a broken pass saw;
 * a moment that alone overflows a page becomes a window of its own. Always at least two pieces.
 */
export function cut(window: Window, sight: Sight, pageSize: number): Window[] {
  const times = sight[window.by].toSorted((a, b) => a - b);
  // In order, the times seen are one end of the window, row by row; otherwise they are a sample of it all.
  const share = sight.inOrderOf(window.by) ? 1 : Math.min(1, sight.keys.size / sight.total);
  const spans = quantileSpans(window, times, Math.max(1, Math.floor(FILL * pageSize * share)));
  if (spans.length > 1) return within(window, spans);
  const median =
    times[Math.floor(times.length / 2)] ?? Math.floor(((window.from ?? window.to - YEAR_MS) + window.to) / 2);
  return within(window, cutAfter(window, Math.min(median, window.to - 1)));
}

/** Parts of a moment that holds more than a page, by the other time or by event; none when neither tells its rows apart. */
export function splitMoment(window: Window, sight: Sight, pageSize: number): Window[] {
  const other = window.by === 'created' ? 'updated' : 'created';
  const times = sight[other].toSorted((a, b) => a - b);
  const share = Math.min(1, sight.keys.size / sight.total);
  const spans = quantileSpans(
    { from: null, to: Infinity },
    times,
    Math.max(1, Math.floor(FILL * pageSize * share)),
  );
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

/** Spans that cover a window and hold at most `most` of the given times each, save a single time that comes more often. */
function quantileSpans(window: Span, times: readonly number[], most: number): Span[] {
  const spans: Span[] = [];
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
    if (count > most) {
      close(time - 1);
      close(time);
    }
  }
  if (from === null || from <= window.to) spans.push({ from, to: window.to });
  return spans;
}

/** How often each time comes, in the order of the sorted times. */
function tally(times: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(time, (counts.get(time) ?? 0) + 1);
  return counts;
}
