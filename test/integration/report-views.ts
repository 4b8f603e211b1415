import type { FreshDatabase } from './database-fixture.js';

/** Views as the engine makes them, over made-up values, in a schema; with these further columns of tickets sold. */
export async function makeViews(
  database: FreshDatabase,
  schema: string,
  { event = 'Race', own = '' }: { event?: string; own?: string } = {},
): Promise<void> {
  await database.query(`
    create schema "${schema}"; set search_path = "${schema}";
    create view v_sales_summary as
      select 'e1' as event_id, '${event}' as event_name, ticket_group, sold, trigger, capacity, percent
      from (values ('All singles', 420, 500, 1000, 42.0), ('Total athletes', 1234, null, 5000, 24.68)) as made
        (ticket_group, sold, trigger, capacity, percent);
    comment on view v_sales_summary is 'How many are sold of each group, against trigger and capacity?';
    create view v_sales_daily as
      select 'e1' as event_id, '${event}' as event_name, date '2026-03-01' + n as day,
        (n * n) % 17 as sold, sum((n * n) % 17) over (order by n) as running_total, round(n * 1.5, 2) as revenue
      from generate_series(0, 39) as n where n % 5 <> 3 order by n;
    comment on view v_sales_daily is 'How many are sold each day, in the zone of the event?';
    create view v_division_day_capacity as
      select 'e1' as event_id, '${event}' as event_name, division, event_day, sold, capacity, capacity - sold as remaining,
        round(100.0 * sold / capacity, 1) as percent
      from (values ('HYROX MEN', 'SATURDAY', 250, 500), ('HYROX WOMEN', 'SATURDAY', 475, 500), ('HYROX PRO MEN', 'SUNDAY', 505, 500),
        ('SPECTATOR', 'ALL', 80, null)) as made (division, event_day, sold, capacity);
    comment on view v_division_day_capacity is 'Which division is full on which day?';
    create view v_data_quality as
      select 't' || n as ticket_id, timestamptz '2026-03-01 10:00:30.25+00' + n * interval '1 hour' as created_at,
        timestamp '2026-03-01 23:00:00' + n * interval '1 hour' as local_time, n % 2 = 0 as minor, problem
      from (values (1, '=HYPERLINK("http://x.invalid","prize")'), (2, '+49 30 1234'), (3, '-1+1'), (4, '@sum(a1)'), (5, E'\\tcmd'), (6, E'\\rcmd'),
        (7, 'constructor'), (8, E'bell \\x07 and _x0041_'), (9, ' 漢字, "quoted"'), (10, '__proto__'), (11, repeat('ä', 40000)), (12, null)) as made (n, problem);
    comment on view v_data_quality is 'Which tickets have something to mend?';
    create view v_tickets_sold as
      select 't' || n as id, 12345678901234567890.10 as long_number, n::bigint as n, 'person' || n || '@example.invalid' as email ${own}
      from generate_series(1, 1200) as n;
    comment on view v_tickets_sold is 'Which tickets are sold?';`);
}
