import type { RegionReport, Report, StreamReport } from '../sync/report.js';
import { count, table } from './table.js';

/** The report as people read it: one line a region and stream that was asked for, then what is wrong, then the verdict. */
export function reportText(report: Report): string {
  const rows = report.regions.flatMap((region) =>
    region.streams
      .filter(({ mode, status }) => mode !== 'skipped' || status !== 'skipped')
      .map((stream) => row(region, stream)),
  );
  const head = [
    'region',
    'stream',
    'read',
    'vivenu',
    'stored',
    'set aside',
    'new',
    'changed',
    'deleted',
    'rows/s',
    'result',
  ];
  const problems = report.regions.flatMap(problemsOf);
  return [
    ...(rows.length > 0 ? [table(head, rows)] : []),
    ...(problems.length > 0 ? ['', ...problems] : []),
    '',
    verdict(report),
    '',
  ].join('\n');
}

const row = (region: RegionReport, stream: StreamReport) => [
  region.region,
  stream.stream,
  stream.mode,
  stream.api_total,
  stream.stored_total,
  stream.rejected,
  stream.inserted,
  stream.updated,
  stream.deleted,
  stream.rows_per_second,
  stream.proven ? `${stream.status}, proven by ${stream.proof === 'ids' ? 'ids' : 'counts'}` : stream.status,
];

function problemsOf(region: RegionReport): string[] {
  const own = region.error === undefined ? [] : [`${region.region}: ${region.error}`];
  const streams = region.streams.flatMap(({ stream, error, warnings, rejected }) => [
    ...(error === undefined || region.error?.includes(error) ? [] : [`${region.region}/${stream}: ${error}`]),
    ...(warnings ?? []).map((warning) => `${region.region}/${stream}: ${warning}`),
    ...(rejected > 0
      ? [`${region.region}/${stream}: ${count(rejected)} set aside; see: vivenu-ingest rejects list`]
      : []),
  ]);
  return [...own, ...streams];
}

const VERDICTS = {
  complete: 'Complete: everything that vivenu lists is in the database, and it was counted.',
  incomplete: 'INCOMPLETE: something is missing; it is named above. The next run goes on from here.',
  failed: 'FAILED: at least one region could not be read; it is named above.',
  interrupted: 'INTERRUPTED: what was read is kept; the next run goes on from here.',
};

function verdict({ status, dry_run: dryRun, seconds, requests, regions }: Report): string {
  const streams = regions.flatMap((region) => region.streams);
  const sum = (of: (stream: StreamReport) => number) =>
    count(streams.reduce((total, stream) => total + of(stream), 0));
  const work = `${sum(({ fetched }) => fetched)} rows read, ${sum(({ inserted }) => inserted)} new, ${sum(({ updated }) => updated)} changed`;
  const dry = dryRun ? '\nThis was a dry run: nothing was written.' : '';
  return `${VERDICTS[status]}\n${work}; ${count(requests)} requests in ${seconds.toFixed(1)} s.${dry}`;
}
