import { invocation } from './invocation.js';
import { stripVTControlCharacters } from 'node:util';
import type { RegionReport, Report, StreamReport } from '../sync/report.js';
import { count, table } from './table.js';

/** The report as people read it: one line a region and stream that was asked for, then what is wrong, then the verdict. */
export function reportText(report: Report, width: number | undefined = process.stdout.columns): string {
  const lines = report.regions.flatMap((region) =>
    region.streams
      .filter(({ mode, status }) => mode !== 'skipped' || status !== 'skipped')
      .map((stream) => ({ region: region.region, ...stream })),
  );
  const problems = report.regions.flatMap(problemsOf);
  return [
    ...(lines.length > 0 ? [fitted(lines, width)] : []),
    ...(problems.length > 0 ? ['', ...problems] : []),
    '',
    verdict(report),
    '',
  ].join('\n');
}

type Line = StreamReport & { readonly region: string };
type Cell = string | number | null;

const COLUMNS: readonly (readonly [head: string, cell: (line: Line) => Cell])[] = [
  ['region', ({ region }) => region],
  ['stream', ({ stream }) => stream],
  ['read', ({ mode }) => mode],
  ['vivenu', ({ api_total: total }) => total],
  ['stored', ({ stored_total: total }) => total],
  ['set aside', ({ rejected }) => rejected],
  ['new', ({ inserted }) => inserted],
  ['changed', ({ updated }) => updated],
  ['deleted', ({ deleted }) => deleted],
  ['rows/s', (line) => line.rows_per_second],
  ['result', ({ status, proven, proof }) => (proven ? `${status}, proven by ${proof ?? 'counts'}` : status)],
];

/** What a narrow terminal can do without, in this order. */
const SPARE = ['rows/s', 'read', 'deleted', 'changed', 'set aside'];
const NEEDED_UNLESS_ZERO = ['deleted', 'changed', 'set aside'];

/** The table in the width that there is: without the columns that say least, so that no line breaks. */
function fitted(lines: readonly Line[], width = Infinity): string {
  const spare = SPARE.filter((name) => {
    const [, cell] = COLUMNS.find(([head]) => head === name) ?? [];
    return !NEEDED_UNLESS_ZERO.includes(name) || lines.every((line) => cell?.(line) === 0);
  });
  for (let left = 0; ; left++) {
    const columns = COLUMNS.filter(([head]) => !spare.slice(0, left).includes(head));
    const heads = columns.map(([head]) => head);
    // The last resort: what is proven is complete.
    const short = (value: Cell) =>
      left > spare.length && typeof value === 'string' ? value.replace(/^complete, /, '') : value;
    const rows = lines.map((line) => columns.map(([, cell]) => short(cell(line))));
    const text = table(heads, rows);
    if (left > spare.length || Math.max(...text.split('\n').map(widthOf)) <= width) return text;
  }
}

const widthOf = (line: string) => stripVTControlCharacters(line).length;

function problemsOf(region: RegionReport): string[] {
  const own = region.error === undefined ? [] : [`${region.region}: ${region.error}`];
  const streams = region.streams.flatMap(({ stream, error, warnings, rejected }) => [
    ...(error === undefined || region.error?.includes(error) ? [] : [`${region.region}/${stream}: ${error}`]),
    ...(warnings ?? []).map((warning) => `${region.region}/${stream}: ${warning}`),
    ...(rejected > 0
      ? [`${region.region}/${stream}: ${count(rejected)} set aside; see: ${invocation()} rejects list`]
      : []),
  ]);
  const { error, warnings } = region.summaries;
  const summaries = [...(error === undefined ? [] : [`FAILED: ${error}`]), ...(warnings ?? [])];
  return [...own, ...streams, ...summaries.map((text) => `${region.region}/summaries: ${text}`)];
}

const VERDICTS = {
  complete: 'Complete: everything that vivenu lists is in the database, and it was counted.',
  incomplete: 'INCOMPLETE: something is missing; it is named above. The next run goes on from here.',
  failed: 'FAILED: at least one region could not be read; it is named above.',
  interrupted: 'INTERRUPTED: what was read is kept; the next run goes on from here.',
};

/** What `--skip-fetch` did. */
function derivedText({ regions }: Report): string {
  const sum = (of: 'events' | 'rows') =>
    count(regions.reduce((total, { summaries }) => total + summaries[of], 0));
  return `Complete: columns and summaries are those of the stored rows; vivenu was not asked.
${sum('events')} events worked out, ${sum('rows')} rows of summaries changed`;
}

function verdict(report: Report): string {
  const { status, dry_run: dryRun, skip_fetch: skipFetch, seconds, requests, regions } = report;
  if (skipFetch && status === 'complete') return `${derivedText(report)} in ${seconds.toFixed(1)} s.`;
  const streams = regions.flatMap((region) => region.streams);
  const sum = (of: (stream: StreamReport) => number) =>
    count(streams.reduce((total, stream) => total + of(stream), 0));
  const work = `${sum(({ fetched }) => fetched)} rows read, ${sum(({ inserted }) => inserted)} new, ${sum(({ updated }) => updated)} changed`;
  const dry = dryRun ? '\nThis was a dry run: nothing was written.' : '';
  return `${VERDICTS[status]}\n${work}; ${count(requests)} requests in ${seconds.toFixed(1)} s.${dry}`;
}
