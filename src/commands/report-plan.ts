/** What a call of `report` asks for, checked as a whole. */
import path from 'node:path';
import { UsageError } from '../errors.js';
import { reportsNamed, type ReportName } from '../reports/export-list.js';
import { MAX_ROWS } from '../reports/export-xlsx.js';
import { CHARTED } from './report-chart.js';

export const FORMATS = ['table', 'csv', 'json', 'xlsx'] as const;
export type Format = (typeof FORMATS)[number];

export const TABLE_ROWS = 100;

export interface ReportFlags {
  readonly region?: readonly string[];
  readonly format?: Format;
  readonly output?: string;
  readonly chart?: true;
  readonly limit?: number;
  readonly embedded?: true;
}

/** What is to be done. */
export interface Plan {
  readonly reports: readonly ReportName[];
  readonly format: Format;
  /** Null: stdout. */
  readonly file: string | null;
  readonly chart: boolean;
  /** Rows of each report at most; null: all. */
  readonly limit: number | null;
}

/** Checks names and options against each other; `terminal` says of stdout. Throws a UsageError with every problem. */
export function planOf(
  names: readonly string[],
  flags: ReportFlags,
  at: { terminal: boolean; now: Date },
): Plan {
  const reports = reportsNamed(names);
  const { output, chart = false } = flags;
  const ending = endingOf(output);
  const format = flags.format ?? ending ?? 'table';
  const problems = [
    ...(ending !== null && ending !== format
      ? [`--output ${output ?? ''}: the name ends in .${ending}, and --format says ${format}`]
      : []),
    ...(format === 'csv' && reports.length > 1
      ? [`--format csv holds one report, and there are ${reports.length}: name one, or take xlsx or json`]
      : []),
    ...(chart ? chartProblems(reports, format) : []),
  ];
  if (problems.length > 0) throw new UsageError(problems);
  const named = output === '-' ? null : (output ?? null);
  const file = named ?? (format === 'xlsx' && output === undefined && at.terminal ? fileOf(at.now) : null);
  return { reports, format, file, chart, limit: limitOf(flags, { format, chart, file }) };
}

function endingOf(output: string | undefined): Format | null {
  const ending = path
    .extname(output ?? '')
    .slice(1)
    .toLowerCase();
  return FORMATS.find((format) => format === ending && format !== 'table') ?? null;
}

function chartProblems(reports: readonly ReportName[], format: Format): string[] {
  const without = reports.filter(({ name }) => !CHARTED.includes(name)).map(({ name }) => name);
  return [
    ...(without.length > 0
      ? [
          `--chart draws ${CHARTED.join(', ')}, and not ${without.slice(0, 3).join(', ')}${without.length > 3 ? ' …' : ''}`,
        ]
      : []),
    ...(format === 'table' ? [] : [`--chart is drawn in the terminal, not as ${format}`]),
  ];
}

/** By the day of whoever calls. */
function fileOf(now: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `vivenu-report-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.xlsx`;
}

function limitOf(
  { limit }: ReportFlags,
  { format, chart, file }: Pick<Plan, 'format' | 'chart' | 'file'>,
): number | null {
  const most = format === 'xlsx' ? MAX_ROWS : null;
  if (chart || limit === 0) return most;
  if (limit !== undefined) return Math.min(limit, most ?? limit);
  return format === 'table' && file === null ? TABLE_ROWS : most;
}
