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
    title: 'Sold against capacity, by day',
    head: ['region', 'day', 'sold', 'capacity', 'full'],
    sql: `
      with types as (
        select id, event_id, amount, regexp_replace(name, '^.*\\| ', '') as day from $schema.ticket_types where deleted_at is null
      ), sold as (
        select ticket_type_id as id, event_id, count(*)::int as tickets from $schema.tickets
        where status in ('VALID', 'DETAILSREQUIRED') and deleted_at is null group by 1, 2
      )
      select initcap(day) as day, coalesce(sum(tickets), 0)::int as sold, sum(amount)::int as capacity,
        round(100.0 * coalesce(sum(tickets), 0) / greatest(sum(amount), 1))::text || ' %' as full
      from types left join sold using (id, event_id) group by day order by position(left(day, 2) in 'FRSASU')`,
  },
  {
    title: 'Coupons',
    head: ['region', 'coupons', 'used', 'redemptions'],
    sql: `select count(*)::int as coupons, (count(*) filter (where used > 0))::int as used, coalesce(sum(used), 0)::int as redemptions
      from $schema.coupons where deleted_at is null`,
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
