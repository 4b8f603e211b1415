/** The picture of a chaos. */
import type { Chaos } from './chaos-page.js';
import { svgOf, writePng, type Mark, type Picture } from './plot.js';

const [BLUE, ORANGE, GREEN, PURPLE, GREY, RED] = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#7b3294',
  '#999999',
  '#d62728',
];
const MINUTE = 60;

/** Draws rows, lag, memory and faults over time into a PNG. */
export async function drawChaos(chaos: Chaos, file: string): Promise<void> {
  await writePng(svgOf(pictureOf(chaos)), file);
}

function pictureOf({ samples, runs, restarts, quietAt, minutes, seed }: Chaos): Picture {
  const over = (value: (sample: Chaos['samples'][number]) => number | null) =>
    samples.map((sample) => [sample.seconds / MINUTE, value(sample)] as const);
  const peaks = (full: boolean) =>
    runs
      .filter((run) => run.full === full && run.killed === null && run.code !== 3)
      .map(({ end, peakMb }) => [end / MINUTE, peakMb] as const);
  const rows = samples.flatMap(({ stored, atVivenu }) => (stored === null || stored === 0 ? [] : [atVivenu]));
  return {
    title: `${minutes} minutes of chaos, seed ${seed}: ${runs.length} runs`,
    most: (samples.at(-1)?.seconds ?? MINUTE) / MINUTE,
    marks: marksOf({ runs, restarts, quietAt }),
    markNames: [
      { name: 'PostgreSQL crashes', colour: RED },
      { name: 'SIGKILL', colour: PURPLE, dashed: true },
      { name: 'SIGTERM', colour: GREY, dashed: true },
      { name: 'quiet from here on', colour: GREEN },
    ],
    panels: [
      {
        title: 'tickets',
        from: Math.min(...rows) * 0.98,
        lines: [
          { name: 'at vivenu', colour: ORANGE, points: over(({ atVivenu }) => atVivenu) },
          {
            name: 'stored',
            colour: BLUE,
            points: over(({ stored }) =>
              stored === null || stored < Math.min(...rows) * 0.98 ? null : stored,
            ),
          },
        ],
      },
      {
        title: 'age of the newest stored change, seconds',
        lines: [
          { name: 'lag', colour: BLUE, points: over(({ lag }) => (lag === null || lag > 600 ? null : lag)) },
        ],
      },
      {
        title: 'most memory of a run, MB',
        lines: [
          { name: 'increment', colour: BLUE, points: peaks(false), as: 'dots' },
          { name: 'everything read again', colour: ORANGE, points: peaks(true), as: 'dots' },
        ],
      },
      {
        title: 'requests a second that met a fault',
        lines: [{ name: 'faults', colour: RED, points: over(({ faults }) => faults), as: 'bars' }],
      },
    ],
  };
}

function marksOf({ runs, restarts, quietAt }: Pick<Chaos, 'runs' | 'restarts' | 'quietAt'>): Mark[] {
  const kills = runs.flatMap(({ killed, end }) =>
    killed === null ? [] : [{ x: end / MINUTE, colour: killed === 'SIGKILL' ? PURPLE : GREY, dashed: true }],
  );
  return [
    ...kills,
    ...restarts.map((second) => ({ x: second / MINUTE, colour: RED })),
    { x: quietAt / MINUTE, colour: GREEN },
  ];
}
