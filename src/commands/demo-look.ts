import { quoteIdentifier, type Database } from '../load/database.js';
import { DEMO_REGIONS } from './demo-world.js';
import { table } from './table.js';
import { cut } from './width.js';

/** A question that people have, put to every region. */
interface Look {
  readonly title: string;
  readonly head: readonly string[];
  /** SQL for a region; `$schema` stands for its schema. */
  readonly sql: string;
}

const LOOKS: readonly Look[] = [
  {
    title: 'Sold against capacity and price trigger',
    head: ['region', 'event', 'group', 'sold', 'capacity', 'full', 'last day'],
    sql: `
      select event_name as event, ticket_group as "group", sold, capacity, round(percent) || ' %' as full, last_day as "last day"
      from $schema.v_sales_summary where sold > 0 and ticket_group in ('Total_athletes', 'spectators')`,
  },
  {
    title: 'The fullest divisions',
    head: ['region', 'division', 'day', 'sold', 'left', 'full'],
    sql: `
      select division, initcap(event_day) as day, sold, remaining as left, round(percent) || ' %' as full
      from $schema.v_division_day_capacity where not is_total order by percent desc nulls last limit 2`,
  },
  {
    title: 'Coupons',
    head: ['region', 'coupons', 'used', 'redemptions'],
    sql: `
      select sum(total)::int as coupons, sum(used)::int as used, sum(redemptions)::int as redemptions
      from $schema.v_coupon_usage`,
  },
  {
    title: 'Tickets that somebody should look at before the event',
    head: ['region', 'problem', 'tickets'],
    sql: `
      select problem, count(*)::int as tickets from $schema.v_data_quality
      where problem in ('details_required', 'incomplete_team') group by problem order by problem`,
  },
  {
    title: 'Set aside with the reason, not lost: tickets that cannot be stored as they are',
    head: ['region', 'field', 'reason'],
    sql: `select field, reason from vivenu_ingest.rejected_records
      where schema_name = '$name' and stream = 'tickets' and closed_at is null order by reject_id`,
  },
];

type Cells = (string | number | null)[];

/** A few lines of what is in the database, as tables. */
export async function lookInside(db: Database): Promise<string> {
  const texts: string[] = [];
  for (const { title, head, sql } of LOOKS) {
    const rows: Cells[] = [];
    for (const { name, schema } of DEMO_REGIONS) {
      const text = sql.replaceAll('$schema', quoteIdentifier(schema)).replaceAll('$name', schema);
      const found = await db.query<Record<string, string | number>>(text);
      rows.push(...found.map((row) => [name, ...head.slice(1).map((column) => row[column] ?? null)]));
    }
    if (rows.length > 0) texts.push(`${title}\n${shown(table(head, rows))}\n`);
  }
  return texts.join('\n');
}

/** Indented, and each line cut at the end of the terminal's. */
const shown = (text: string) =>
  text
    .split('\n')
    .map((line) => cut(`  ${line}`, process.stdout.isTTY ? process.stdout.columns : Infinity))
    .join('\n');
