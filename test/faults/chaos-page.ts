/** What was seen in the chaos, judged, and as a part of the documents. */
import type { RunFacts } from './chaos-cron.js';
import type { Sample } from './chaos-watch.js';
import { conditions, table } from './page.js';
import type { Differences } from './scene.js';

export interface Chaos {
  readonly seed: number;
  readonly minutes: number;
  /** Of PostgreSQL. */
  readonly version: string;
  /** All of them, the last ones too. */
  readonly runs: readonly RunFacts[];
  /** The undisturbed ones at the end, of which the last is complete. */
  readonly last: readonly RunFacts[];
  readonly samples: readonly Sample[];
  /** Seconds at which PostgreSQL crashed. */
  readonly restarts: readonly number[];
  /** Second from which nothing happens any more. */
  readonly quietAt: number;
  readonly differences: Differences;
  readonly requests: number;
  readonly faults: number;
  readonly changes: number;
}

/** Exit codes that a run may have that nobody killed: complete, incomplete because of a fault, another one was running. */
const CODES: readonly number[] = [0, 1, 3];
/** Beyond this, the runs of the last third need more memory than those of the first. */
const FLAT = 1.2;

/** What is wrong; nothing when all is as it should be. */
export function judge(chaos: Chaos): string[] {
  const { missing, different, extra } = chaos.differences;
  const odd = chaos.runs.filter(({ code, killed }) => killed === null && !CODES.includes(code));
  const growth = growthOf(peaks(chaos));
  return [
    ...(missing + different + extra > 0 ? [`not exact: ${JSON.stringify(chaos.differences)}`] : []),
    ...(chaos.last.at(-1)?.code === 0 ? [] : ['the last run is not complete']),
    ...odd.map(({ code, said }) => `a run ended with ${code}: ${said}`),
    ...(growth > FLAT ? [`memory grows: ${growth.toFixed(2)} times as much in the last third`] : []),
  ];
}

/** Most memory of each increment that ran to its end, MB, in their order. */
const peaks = ({ runs }: Chaos): number[] =>
  runs.filter(({ code, full }) => (code === 0 || code === 1) && !full).map(({ peakMb }) => peakMb);

/** Median of the last third over that of the first. */
export function growthOf(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  return median(values.slice(-third)) / median(values.slice(0, third));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The figures of a chaos. */
export function chaosPage(chaos: Chaos): string {
  const { runs, samples, differences, minutes, seed } = chaos;
  const intro =
    `${conditions(chaos.version)}; ${minutes} minutes, seed ${seed}.` +
    ` **At the end ${differences.missing} rows are missing, ${differences.different} differ, ${differences.extra} are too many.**`;
  const [first, last] = [samples[0], samples.at(-1)];
  const lags = samples.filter(({ seconds }) => seconds < chaos.quietAt).flatMap(({ lag }) => lag ?? []);
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const mb = (value: number) => `${value.toFixed(0)} MB`;
  const increments = peaks(chaos);
  const third = Math.max(1, Math.floor(increments.length / 3));
  const full = runs.filter((run) => run.full && run.code === 0).map(({ peakMb }) => peakMb);
  const rows: [string, string][] = [
    ['tickets at vivenu, first and last', `${first?.atVivenu ?? 0} → ${last?.atVivenu ?? 0}`],
    ['changes by the shop', String(chaos.changes)],
    ['requests, and those that met a fault', `${chaos.requests}, ${chaos.faults}`],
    ['runs', String(runs.length)],
    ['exit codes', codesOf(runs)],
    ['killed with SIGKILL, ended with SIGTERM', `${killed(runs, 'SIGKILL')}, ${killed(runs, 'SIGTERM')}`],
    ['crashes of PostgreSQL', String(chaos.restarts.length)],
    [
      'age of the newest stored change: median, 95 %, most',
      [0.5, 0.95, 1].map((share) => seconds(quantile(lags, share))).join(', '),
    ],
    [
      'undisturbed runs at the end, until one is complete',
      `${chaos.last.length}, ${seconds((chaos.last.at(-1)?.end ?? NaN) - chaos.quietAt)}`,
    ],
    [
      'memory of increments: median of the first and of the last third, most',
      `${mb(median(increments.slice(0, third)))}, ${mb(median(increments.slice(-third)))}, ${mb(Math.max(...increments))}`,
    ],
    [
      'memory of full reads: first, last, most',
      full.length === 0 ? '–' : `${mb(full[0] ?? NaN)}, ${mb(full.at(-1) ?? NaN)}, ${mb(Math.max(...full))}`,
    ],
  ];
  return `${intro}\n\n${table(['figure', 'value'], rows)}`;
}

function codesOf(runs: readonly RunFacts[]): string {
  const codes = [...new Set(runs.map(({ code }) => code))].sort((a, b) => a - b);
  return codes.map((code) => `${code}: ${runs.filter((run) => run.code === code).length}`).join(', ');
}

const killed = (runs: readonly RunFacts[], signal: RunFacts['killed']) =>
  runs.filter((run) => run.killed === signal).length;
