import type { Draw } from './random.js';

/** How the creation times of an event's tickets are spread over its sale. */
export type Shape = 'even' | 'launch' | 'waves' | 'import';
export const SHAPES: readonly Shape[] = ['even', 'launch', 'waves', 'import'];

export interface Span {
  /** First instant of the sale, milliseconds since 1970. */
  from: number;
  to: number;
  /** `import`: share of the orders that were created in one and the same millisecond. */
  importShare: number;
}

const HOUR = 3_600_000;

/** One creation time, by shape. */
type Pick = (span: Span, draw: Draw) => number;

const even: Pick = ({ from, to }, draw) => from + draw() * (to - from);

/** Most of it in the hours after `at`, thinning out. */
const burst = (at: number, draw: Draw, meanMs: number) => at - Math.log(1 - draw()) * meanMs;

const PICKS: Readonly<Record<Shape, Pick>> = {
  even,
  launch: (span, draw) => (draw() < 0.7 ? burst(span.from, draw, 1.5 * HOUR) : even(span, draw)),
  waves: (span, draw) =>
    draw() < 0.8
      ? burst(span.from + (Math.floor(draw() * 6) / 6) * (span.to - span.from), draw, 6 * HOUR)
      : even(span, draw),
  import: (span, draw) =>
    draw() < span.importShare ? Math.floor((span.from + span.to) / 2) : even(span, draw),
};

/** Creation times of `count` orders, whole milliseconds, ascending. */
export function creationTimes(shape: Shape, count: number, span: Span, draw: Draw): Float64Array {
  const times = new Float64Array(count);
  const pick = PICKS[shape];
  for (let i = 0; i < count; i++) {
    const at = Math.floor(pick(span, draw));
    // Bursts near the end would reach into the future.
    times[i] = at < span.to ? at : Math.floor(even(span, draw));
  }
  return times.sort();
}
