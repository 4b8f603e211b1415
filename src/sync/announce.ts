import { quoteIdentifier, type Database } from '../load/client.js';
import { escaped, message, post } from '../reports/post.js';
import { reasonsOf, type RegionReport, type Report } from './report.js';
import { messageOf } from './tally.js';

/**
 * Tells a chat how a run ended: what is sold when a complete run found sales, edits or cancellations, or the one before had failed; what
 * failed when it is not complete. Returns a warning when the chat did not take it, else null; never throws.
 */
export async function announce(url: string, report: Report, db: Database): Promise<string | null> {
  try {
    if (report.dry_run || report.status === 'interrupted') return null;
    if (report.status !== 'complete') return warning(await post(url, failure(report)));
    if (!report.regions.some(changed) && !(await failedBefore(db, report))) return null;
    return warning(await post(url, await sales(report, db)));
  } catch (error) {
    return warning(`the message could not be made: ${messageOf(error)}`);
  }
}

/** Tells a chat that a run could not be carried out at all. Returns a warning when it was not taken, else null; never throws. */
export async function announceError(url: string, error: unknown): Promise<string | null> {
  const title = 'vivenu-ingest: the run could not be carried out';
  return warning(await post(url, message(title, [`*${title}*`, escaped(messageOf(error))])));
}

const warning = (why: string | null) =>
  why === null ? null : `the chat of REPORT_WEBHOOK_URL was not told: ${why}`;

const changed = ({ streams }: RegionReport) =>
  streams.some(
    ({ stream, inserted, updated, deleted }) => stream === 'tickets' && inserted + updated + deleted > 0,
  );

/** Whether the run before this one of any of its regions was not complete. */
async function failedBefore(
  db: Database,
  { run_id: runId, started_at: startedAt, regions }: Report,
): Promise<boolean> {
  const rows = await db.query<{ status: string }>(
    `select status from vivenu_ingest.runs
     where run_id <> $1 and started_at <= $2 and options->'regions' ?| $3::text[]
     order by started_at desc limit 1`,
    [runId, startedAt, regions.map(({ region }) => region)],
  );
  return rows[0] !== undefined && rows[0].status !== 'complete';
}

function failure({ status, regions }: Report): object {
  const title = `vivenu-ingest: the run is ${status}`;
  const lines = regions
    .filter((region) => region.status !== 'complete')
    .map(
      (region) =>
        `*${escaped(region.region)}*: ${region.status}\n${reasonsOf(region).map(escaped).join('\n')}`,
    );
  const whole = regions.filter((region) => region.status === 'complete').map(({ region }) => escaped(region));
  const others = whole.length > 0 ? [`Complete and proven: ${whole.join(', ')}.`] : [];
  return message(title, [`*${title}*`, ...lines, ...others]);
}

interface Sold {
  readonly event_name: string | null;
  readonly ticket_group: string;
  readonly sold: number;
  readonly capacity: number | null;
  readonly percent: string | null;
  readonly trigger: number | null;
  readonly trigger_percent: string | null;
  readonly change: number | null;
}

/** What each group has sold, and how many more that is than at the run before. */
const soldSql = (schema: string) => `
select event_name, ticket_group, sold, capacity, round(percent)::text as percent, trigger,
  round(trigger_percent)::text as trigger_percent, sold - before.total_count as change
from ${quoteIdentifier(schema)}.v_sales_summary as summary
left join lateral (
  select total_count from ${quoteIdentifier(schema)}.summary_report as report
  where report.event_id = summary.event_id and report.ticket_group = summary.ticket_group
  order by created_at desc, id desc offset 1 limit 1
) as before on true
where sold > 0
order by summary.start, summary.event_id, summary.position`;

async function sales(report: Report, db: Database): Promise<object> {
  const title = 'vivenu-ingest: what is sold';
  const paragraphs: string[] = [];
  for (const { region, schema } of report.regions)
    paragraphs.push(salesText(region, await db.query<Sold>(soldSql(schema))));
  const at = new Date(Date.parse(report.started_at)).toISOString().slice(0, 16).replace('T', ' ');
  const proof = `Complete and proven, as vivenu had it at ${at} UTC.`;
  return message(title, [`*${title}*`, ...paragraphs, proof]);
}

function salesText(region: string, rows: readonly Sold[]): string {
  if (rows.length === 0) return `*${escaped(region)}*: nothing sold yet`;
  const events = [...new Set(rows.map(({ event_name: name }) => name))];
  return events
    .map((name) => {
      const lines = rows.filter((row) => row.event_name === name).map(soldText);
      return [`*${escaped(region)} · ${escaped(name ?? 'without a name')}*`, ...lines].join('\n');
    })
    .join('\n');
}

const number = (value: number) => value.toLocaleString('en');

function soldText({ ticket_group: group, sold, change, ...of }: Sold): string {
  const more =
    change === null || change === 0 ? '' : ` (${change > 0 ? '+' : '−'}${number(Math.abs(change))})`;
  const capacity = of.capacity === null ? '' : ` of ${number(of.capacity)}, ${of.percent ?? '0'} % full`;
  const trigger =
    of.trigger === null
      ? ''
      : `; price trigger ${number(of.trigger)}, ${of.trigger_percent ?? '0'} % reached`;
  return `• ${escaped(group)}: ${number(sold)}${more}${capacity}${trigger}`;
}
