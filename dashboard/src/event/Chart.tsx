import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { whole as number } from '../shell/format.js';
import { optionsOf } from './plot.js';
import { stepOf, together, valueAt, type By, type Curve, type Span } from './series.js';

export interface ChartProps {
  readonly by: By;
  readonly own: Curve;
  readonly other: Curve | null;
  readonly names: { readonly own: string; readonly other: string; readonly trigger: string };
  readonly capacity: number | null;
  readonly trigger: number | null;
  readonly whole: Span;
  readonly span: Span;
  /** Place of the day or hour that goes on. */
  readonly today: number;
  /** What a place on the axis is called. */
  readonly name: (x: number) => string;
  readonly zoom: (span: Span) => void;
  readonly move: (by: { move?: number; zoom?: number }) => void;
  readonly setCursor: (x: number | null) => void;
}

const HEIGHT = 300;
const WEEK = 7;

/** The curve, by pointer and by keys; a table where it cannot be drawn. */
export function Chart(props: ChartProps) {
  const { span, whole, zoom, move, names } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cannot, setCannot] = useState(false);
  const now = useRef(props);
  now.current = props;
  useEffect(() => {
    let gone = false;
    const draw = async () => {
      const { default: Plot } = await import('uplot');
      if (gone || box.current === null) return;
      plot.current?.destroy();
      plot.current = new Plot(
        optionsOf(() => now.current, box.current.clientWidth, HEIGHT),
        dataOf(now.current),
        box.current,
      );
      scale(plot.current, now.current);
    };
    draw().catch(() => setCannot(true));
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [props.by, props.other === null, names.other]);
  useEffect(() => {
    plot.current?.setData(dataOf(props), false);
    if (plot.current !== null) scale(plot.current, props);
  }, [props.own, props.other, span]);
  useResize(box, plot);
  if (cannot) return <Fallback {...props} />;
  const pressed = (event: KeyboardEvent) => {
    const length = event.shiftKey ? WEEK : 1;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move({ move: -length }),
      ArrowRight: () => move({ move: length }),
      '+': () => move({ zoom: 0.5 }),
      '-': () => move({ zoom: 2 }),
      Home: () => zoom(whole),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const [first, last] =
    props.by === 'hour' ? [span.from, span.to] : [Math.ceil(span.from), Math.floor(span.to)];
  return (
    <div
      ref={box}
      class="chart"
      role="img"
      tabIndex={0}
      aria-label={`Sales from ${props.name(first)} to ${props.name(last)}. Arrow keys move it, plus and minus zoom, Home shows all.`}
      onKeyDown={pressed}
      onDblClick={() => zoom(whole)}
    />
  );
}

const dataOf = ({ own, other }: ChartProps): uPlot.AlignedData =>
  other === null ? [[...own.x], [...own.y]] : together(own, other);

/** A day or hour that is alone has room on both sides. */
const scale = (plot: uPlot, { by, span: { from, to } }: ChartProps) =>
  plot.setScale('x', { min: from - stepOf(by) / 2, max: to + stepOf(by) / 2 });

function useResize(box: { current: HTMLDivElement | null }, plot: { current: uPlot | null }): void {
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) plot.current?.setSize({ width: entry.contentRect.width, height: HEIGHT });
    });
    const colours = () => plot.current?.redraw(false);
    if (box.current !== null) observer.observe(box.current);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', colours);
    addEventListener('themechange', colours);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', colours);
      removeEventListener('themechange', colours);
    };
  }, []);
}

const SHOWN = 30;

const Fallback = ({ own, other, name, names }: ChartProps) => (
  <div class="scrolls tall" role="region" aria-label="Sales over time, a table" tabIndex={0}>
    <p class="quiet">The curve cannot be drawn here; these are its last {SHOWN} days.</p>
    <table>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col" class="number">
            {names.own}
          </th>
          {other !== null && (
            <th scope="col" class="number">
              {names.other}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {own.x.slice(-SHOWN).map((x) => (
          <tr key={x}>
            <td>{name(x)}</td>
            <td class="number">{number(valueAt(own, x))}</td>
            {other !== null && <td class="number">{number(valueAt(other, x))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
