import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { localDay, whole as number } from '../shell/format.js';
import type { ChartProps } from './Chart.js';
import { dateOf, hourOf, stepOf } from './series.js';

/** A colour of the theme, as it is now. */
const colour = (name: string) => {
  const probe = document.createElement('span');
  probe.className = `colour-${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

const FONT = '12px "Inter Variable", system-ui, sans-serif';
const PARTS_OF_A_DAY = [1 / 24, 1 / 8, 1 / 4];
const WHOLE_DAYS = [1, 2, 7, 14, 30, 60, 90, 180, 365];

/** How the curve is drawn; asks for the props of now, since it outlives a render. */
export function optionsOf(props: () => ChartProps, width: number, height: number): uPlot.Options {
  const { by, other } = props();
  const axis = { stroke: () => colour('ink-2'), font: FONT, ticks: { show: false } };
  const grid = { stroke: () => colour('line'), width: 1 };
  return {
    ...{ width, height },
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, top(props(), most)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: by === 'hour' ? [...PARTS_OF_A_DAY, ...WHOLE_DAYS] : WHOLE_DAYS,
        space: 80,
        size: 28,
        values: (_, days) => days.map((x) => tick(props(), x)),
      },
      { ...axis, grid, size: 64, values: (_, counts) => counts.map((count) => number(count)) },
    ],
    series: [
      {},
      by === 'total'
        ? {
            stroke: () => colour('series-1'),
            width: 2,
            points: { show: false },
            ...(other === null
              ? { fill: () => colour('series-1').replace('rgb(', 'rgba(').replace(')', ', 0.08)') }
              : {}),
          }
        : { ...bars(props), stroke: () => colour('series-1'), points: { show: false } },
      ...(other === null
        ? []
        : [
            {
              stroke: () => colour('series-2'),
              width: 2,
              dash: [6, 4],
              points: { show: false },
              spanGaps: true,
            },
          ]),
    ],
    hooks: {
      draw: [(plot) => lines(plot, props())],
      setCursor: [
        (plot) =>
          props().setCursor(
            plot.cursor.left == null || plot.cursor.left < 0
              ? null
              : nearestStep(plot.posToVal(plot.cursor.left, 'x'), stepOf(by)),
          ),
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 8) return;
          props().zoom({ from: plot.posToVal(left, 'x'), to: plot.posToVal(left + wide, 'x') });
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
}

const nearestStep = (x: number, step: number) => Math.round(x / step) * step;

/** Days or hours as bars; the one that goes on is hollow. */
function bars(props: () => ChartProps): Partial<uPlot.Series> {
  return {
    paths: (plot, series, from, to) => {
      const [x, y] = [plot.data[0], plot.data[series] ?? []];
      const [solid, hollow] = [new Path2D(), new Path2D()];
      const wide = Math.max(
        1,
        Math.abs(plot.valToPos(stepOf(props().by), 'x', true) - plot.valToPos(0, 'x', true)) -
          2 * devicePixelRatio,
      );
      for (let n = from; n <= to; n++) {
        const [at, sold] = [x[n], y[n]];
        if (at === undefined || sold == null) continue;
        const [left, high] = [plot.valToPos(at, 'x', true) - wide / 2, plot.valToPos(sold, 'y', true)];
        const bottom = plot.valToPos(0, 'y', true);
        (Math.abs(at - props().today) < stepOf(props().by) / 2 ? hollow : solid).rect(
          left,
          high,
          wide,
          bottom - high,
        );
      }
      hollow.addPath(solid);
      return { stroke: hollow, fill: solid };
    },
    fill: () => colour('series-1'),
    width: 1,
  };
}

/** Room for capacity and trigger where the curve is near to them. */
function top({ by, capacity, trigger }: ChartProps, most: number): number {
  const wanted =
    by === 'total' ? [capacity, trigger].flatMap((one) => (one !== null && one < 3 * most ? [one] : [])) : [];
  return Math.max(1, most, ...wanted) * 1.08;
}

function lines(plot: uPlot, { by, capacity, trigger, names }: ChartProps): void {
  if (by !== 'total') return;
  const line = (count: number | null, says: string, dash: readonly number[]) => {
    if (count === null || count > (plot.scales['y']?.max ?? 0)) return;
    const [{ ctx, bbox }, y] = [plot, plot.valToPos(count, 'y', true)];
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour('ink-2');
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    ctx.font = FONT.replace('12px', `${12 * devicePixelRatio}px`);
    ctx.fillText(`${says} ${number(count)}`, bbox.left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
    ctx.restore();
  };
  line(capacity, 'capacity', []);
  line(trigger, names.trigger, [2, 3]);
}

function tick({ by, other, name }: ChartProps, x: number): string {
  if (by === 'hour' && !Number.isInteger(x)) return hourOf(x).clock;
  if (!Number.isInteger(x)) return '';
  return other === null ? localDay(dateOf(x)) : x === 0 ? name(0) : String(x);
}
